"""The land review: twenty pages of a paper that exists only as a scan, without a text layer."""

from __future__ import annotations

from collections.abc import Sequence

import pymupdf

from server.demo.localities import DISTRICTS
from server.demo.papers.binding import bind, close
from server.demo.papers.figures import Hand, number
from server.demo.papers.flow import Flow
from server.demo.papers.forms import Header, Signature
from server.demo.papers.letters import PROVINCE_OFFICE, write_letter
from server.demo.papers.prose import TEXTS, capitalised, groups
from server.demo.papers.scan import Scanner
from server.demo.papers.setting import CAPITAL, Setting
from server.demo.papers.sheet import A4_HEIGHT, A4_WIDTH
from server.demo.papers.tables import Head, Table, set_table

PAGES = 20
SUMMARY_PAGES = 2
ENTRY_HEIGHT = 330.0  # points that one project takes at most
PROJECTS = tuple(
    line.strip() for line in (TEXTS / "land-names.txt").read_text("utf-8").splitlines()
)


def land_review(setting: Setting) -> bytes:
    """The scan: images only, slightly turned, grey and noisy; page with seal in colour."""
    hand, flow = setting.hand("land"), Flow()
    write_letter(
        flow,
        hand,
        Header(
            "SỞ NÔNG NGHIỆP\nVÀ MÔI TRƯỜNG",
            "1976/BC-SNNMT",
            CAPITAL,
            setting.before(4),
            parent=PROVINCE_OFFICE,
        ),
        "Báo cáo",
        "Kết quả rà soát các dự án có sử dụng đất chậm tiến độ trên địa bàn tỉnh",
        "land",
        Signature(
            ("GIÁM ĐỐC",),
            setting.name("gd.nongnghiep"),
            (
                "Như trên;",
                "Sở Tài chính, Thuế tỉnh, Thanh tra tỉnh;",
                "{cấp cơ sở};",
                "Lưu: VT, QLĐĐ.",
            ),
            signed=True,
        ),
        addressees=("Ủy ban nhân dân tỉnh Trường Sơn",),
    )
    signed = len(flow.sheets) - 1
    _projects(flow, setting, hand)
    if len(flow.sheets) != PAGES:
        raise ValueError(f"the review has {len(flow.sheets)} pages")
    title = "Báo cáo rà soát dự án chậm tiến độ (bản chụp)"
    drawn = pymupdf.open(stream=bind(flow.sheets, title, ""))
    scanner = Scanner(f"land {setting.today.isoformat()}")
    scan = pymupdf.open()
    for index in range(PAGES):
        image = scanner.scan(drawn[index], colour=index == signed)
        page = scan.new_page(width=A4_WIDTH, height=A4_HEIGHT)
        page.insert_image(page.rect, stream=image)
    return close(scan, title, "Sở Nông nghiệp và Môi trường")


def _projects(flow: Flow, setting: Setting, hand: Hand) -> None:
    """One entry per project up to the last sheet but one, then a summary of those."""
    flow.new_sheet()
    flow.paragraph("PHỤ LỤC", bold=True, align="centre", before=0)
    flow.paragraph("Kết quả kiểm tra từng dự án", bold=True, align="centre", before=0)
    pool = groups("land-projects")
    queues: dict[str, list[str]] = {name: [] for name in pool}
    written: list[tuple[str, float, str]] = []
    for project in PROJECTS:
        if len(flow.sheets) == PAGES - SUMMARY_PAGES and flow.room < ENTRY_HEIGHT:
            break
        area, opinion = hand.between(6.1, 46.2, 1), ""
        flow.heading(2, f"{len(written) + 1}. {project}")
        extra = {"địa bàn": _place(setting, project), "diện tích": number(area, 1)}
        for name, paragraphs in pool.items():
            if not queues[name]:
                queues[name] = hand.chance.sample(paragraphs, len(paragraphs))
            opinion = capitalised(hand.fill(queues[name].pop(), extra))
            flow.paragraph(opinion)
        set_table(flow, _milestones(hand))
        written.append((project, area, _proposal(opinion)))
    flow.new_sheet()
    flow.paragraph("BIỂU TỔNG HỢP", bold=True, align="centre", before=0)
    flow.paragraph(
        "Diện tích, nghĩa vụ tài chính của các dự án", bold=True, align="centre", before=0
    )
    set_table(flow, _summary(hand, written))


def _place(setting: Setting, project: str) -> str:
    """The locality that a project's name points to."""
    for district, locality in zip(DISTRICTS, setting.localities, strict=True):
        names = [entry[2:] for entry in (*district.before, *district.after)]
        if any(project.endswith(f" {name}") for name in names):
            return locality.full
    raise ValueError(f"no commune in the name {project!r}")


def _milestones(hand: Hand) -> Table:
    year = int(hand.names["năm"])
    rows = []
    for step in ("Giải phóng mặt bằng", "Hạ tầng kỹ thuật", "Xây dựng công trình chính"):
        promised = round(hand.between(year - 4, year - 2))
        late = round(hand.between(8, 36))
        rows.append([step, f"Quý {round(hand.between(1, 4))}/{promised}", f"{late} tháng"])
    head = [[Head("Hạng mục"), Head("Tiến độ cam kết"), Head("Chậm so cam kết")]]
    return Table((4, 2.4, 2.4), "lcc", head, rows, size=12)


def _proposal(opinion: str) -> str:
    """The proposal of an entry's last paragraph, in two words."""
    for sign, proposal in (("thu hồi", "Thu hồi"), ("giảm", "Điều chỉnh"), ("hộ dân", "Đối thoại")):
        if sign in opinion:
            return proposal
    return "Gia hạn"


def _summary(hand: Hand, projects: Sequence[tuple[str, float, str]]) -> Table:
    rows, sums = [], [0.0, 0.0, 0.0]
    for index, (project, area, proposal) in enumerate(projects, 1):
        values = [area, round(area * hand.between(0.1, 0.8, 2), 1), hand.between(0.4, 9.6, 1)]
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        rows.append([str(index), project, *[number(value, 1) for value in values], proposal])
    rows.append(["=", "Cộng", *[number(value, 1) for value in sums], ""])
    titles = ("TT", "Dự án", "Diện tích (ha)", "Đã sử dụng (ha)", "Nợ (tỷ đồng)", "Đề xuất")
    return Table(
        (0.7, 4.4, 1.5, 1.5, 1.5, 1.6),
        "clrrrl",
        [[Head(title) for title in titles]],
        rows,
        size=11,
        row_padding=4,
    )
