"""The sixty-page socio-economic report, with cover, contents, outline and page labels."""

from __future__ import annotations

from server.demo.papers.binding import Labels, OutlineEntry, bind
from server.demo.papers.figures import Hand, number
from server.demo.papers.flow import Flow, Geometry, plain_number
from server.demo.papers.forms import Header, Signature, write_header, write_signature, write_title
from server.demo.papers.key_figures import KeyFigures, key_figures
from server.demo.papers.lines import space_width
from server.demo.papers.prose import capitalised, flow_text, groups
from server.demo.papers.report_annexes import write_annexes
from server.demo.papers.report_charts import chart_insertions
from server.demo.papers.report_tables import tables
from server.demo.papers.setting import CAPITAL, COUNCIL, Locality, Setting
from server.demo.papers.sheet import MM, Sheet
from server.demo.papers.tables import Table, set_table, simple_head
from server.demo.papers.typeface import Style, face

PAGES = 60
FRONT_PAGES = 4
ROMAN = ("", "ii", "iii", "iv")
NUMBER_SYMBOL = "412/BC-UBND"

ABBREVIATIONS = (
    ("ANTT", "An ninh trật tự"),
    ("BHXH", "Bảo hiểm xã hội"),
    ("BHYT", "Bảo hiểm y tế"),
    ("CCN", "Cụm công nghiệp"),
    ("DTTS", "Dân tộc thiểu số"),
    ("GPMB", "Giải phóng mặt bằng"),
    ("GRDP", "Tổng sản phẩm trên địa bàn"),
    ("HĐND", "Hội đồng nhân dân"),
    ("KCN", "Khu công nghiệp"),
    ("KT-XH", "Kinh tế - xã hội"),
    ("NSNN", "Ngân sách nhà nước"),
    ("NTM", "Nông thôn mới"),
    ("OCOP", "Chương trình mỗi xã một sản phẩm"),
    ("TTHC", "Thủ tục hành chính"),
    ("UBND", "Ủy ban nhân dân"),
    ("XKLĐ", "Xuất khẩu lao động"),
)

SUBJECT = (
    "Tình hình phát triển kinh tế - xã hội, bảo đảm quốc phòng, an ninh {tháng}, {lũy kế} "
    "và nhiệm vụ, giải pháp trọng tâm {tháng sau}"
)


def report(setting: Setting) -> bytes:
    """The whole report: four pages numbered in Roman, then 1 to 56."""
    hand = setting.hand("report")
    key = key_figures(hand)
    hand.names = {**hand.names, **key.names()}
    body = _body(setting, hand, key)
    front = _front(setting, hand, body)
    outline = [OutlineEntry(1, "Mục lục", 1), OutlineEntry(1, "Danh mục từ viết tắt", 3)]
    outline += [OutlineEntry(e.level, e.title, e.page + FRONT_PAGES) for e in body.outline]
    return bind(
        [*front.sheets, *body.sheets],
        f"Báo cáo {hand.fill(SUBJECT)}",
        "Ủy ban nhân dân tỉnh Trường Sơn",
        outline,
        [Labels(0, "r"), Labels(FRONT_PAGES, "D")],
    )


def _body(setting: Setting, hand: Hand, key: KeyFigures) -> Flow:
    flow = Flow(number=plain_number)
    write_header(flow, Header(COUNCIL, NUMBER_SYMBOL, CAPITAL, setting.before(3)))
    write_title(flow, "Báo cáo", hand.fill(SUBJECT))
    insertions = {**tables(hand, key), **chart_insertions(hand, key)}
    flow_text(flow, "report-general", hand, insertions)
    flow_text(flow, "report-sectors", hand, insertions)
    _localities(flow, setting, hand)
    flow_text(flow, "report-outlook", hand, keep_last=180)
    write_signature(
        flow,
        Signature(
            ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
            setting.name("chutich"),
            (
                "Thường trực Tỉnh ủy;",
                "Thường trực HĐND tỉnh;",
                "Chủ tịch, các Phó Chủ tịch UBND tỉnh;",
                "Các sở, ban, ngành cấp tỉnh;",
                f"{hand.names['UBND cơ sở'].replace('Ủy ban nhân dân', 'UBND')};",
                "Lưu: VT, TH.",
            ),
        ),
    )
    write_annexes(flow, setting, hand, NUMBER_SYMBOL, PAGES - FRONT_PAGES)
    return flow


def _localities(flow: Flow, setting: Setting, hand: Hand) -> None:
    flow.heading(1, "Phần thứ ba. Tình hình tại các địa phương")
    flow.paragraph(
        hand.fill(
            "Trong {lũy kế}, các địa phương đã bám sát chỉ đạo của tỉnh, chủ động tháo gỡ khó "
            "khăn từ cơ sở. Tình hình cụ thể tại 15 địa bàn trọng điểm như sau:"
        )
    )
    pool = groups("report-localities")
    queues: dict[str, list[str]] = {}
    for index, locality in enumerate(setting.localities, 1):
        flow.heading(2, f"{index}. {capitalised(locality.area)}")
        chosen = [name for name in pool if name != "kiến nghị"]
        hand.chance.shuffle(chosen)
        twice = chosen[:3]  # three subjects get two paragraphs, so that no two areas read alike
        for name in [*sorted([*chosen, *twice], key=chosen.index), "kiến nghị"]:
            queue = queues.setdefault(name, [])
            if not queue:
                queue += hand.chance.sample(pool[name], len(pool[name]))
            first, second = hand.chance.sample(
                [entry[2:] for entry in locality.communes if entry[0] != "D"] or ["Bãi Đông"] * 2,
                2,
            )
            extra = {"địa bàn": locality.area, "xã một": first, "xã hai": second}
            flow.paragraph(capitalised(hand.fill(queue.pop(), extra)))
        _locality_table(flow, hand, locality)


def _locality_table(flow: Flow, hand: Hand, locality: Locality) -> None:
    wanted = (
        ("Giá trị sản xuất", "Tỷ đồng", (2_100, 6_900, 0)),
        ("Thu ngân sách trên địa bàn", "Tỷ đồng", (92, 640, 0)),
        ("Giải ngân vốn đầu tư công", "%", (52, 94, 1)),
        ("Tỷ lệ hộ nghèo", "%", (2.1, 14.8, 1)),
        ("Tỷ lệ hồ sơ trực tuyến", "%", (61, 92, 1)),
    )
    rows = []
    for name, unit, (low, high, decimals) in wanted:
        now = hand.between(low, high, decimals)
        before = round(now * hand.between(0.86, 1.08, 3), decimals)
        rows.append([name, unit, number(before, decimals), number(now, decimals)])
    head = simple_head(
        "Chỉ tiêu", "Đơn vị", f"Năm {hand.names['năm trước']}", f"Năm {hand.names['năm']}"
    )
    set_table(
        flow,
        Table((4, 1.6, 1.7, 1.7), "lcrr", head, rows),
        f"Một số chỉ tiêu của {locality.area}",
    )


def _front(setting: Setting, hand: Hand, body: Flow) -> Flow:
    """Cover, two pages of contents, abbreviations."""
    flow = Flow(geometry=Geometry(), number=lambda page: ROMAN[min(page, 3)])
    _cover(flow.sheet, setting, hand)
    flow.new_sheet()
    flow.paragraph("MỤC LỤC", bold=True, align="centre", before=4)
    flow.space(6)
    for entry in body.outline:
        if entry.level <= 2 and len(flow.sheets) <= FRONT_PAGES:
            _contents_line(flow, entry)
    while len(flow.sheets) < FRONT_PAGES:
        flow.new_sheet()
    flow.paragraph("DANH MỤC TỪ VIẾT TẮT", bold=True, align="centre", before=4)
    flow.space(8)
    table = Table(
        (1.2, 2, 6), "cll", simple_head("TT", "Từ viết tắt", "Nghĩa đầy đủ"),
        [[str(i), *pair] for i, pair in enumerate(ABBREVIATIONS, 1)], size=13, row_padding=5.0
    )  # fmt: skip
    set_table(flow, table)
    return flow


def _contents_line(flow: Flow, entry: OutlineEntry) -> None:
    size, label = 12.5, str(entry.page + 1)
    style = Style.BOLD if entry.level == 1 else Style.REGULAR
    left = flow.left + (0 if entry.level == 1 else 14)
    title = entry.title
    while face(style).width(title, size) > flow.right - left - 40:
        title = title.rsplit(" ", 1)[0].rstrip(",;") + "…"
    flow.need(19)
    y = flow.y + size
    used = flow.sheet.text(left, y, title, size, style)
    flow.sheet.text(flow.right, y, label, size, style, align="right")
    step = face(Style.REGULAR).width(".", size)
    start = left + used + space_width(size)
    dots = int((flow.right - 22 - start) / step)
    flow.sheet.text(flow.right - 22 - dots * step, y, "." * dots, size)
    flow.y += 19


def _cover(sheet: Sheet, setting: Setting, hand: Hand) -> None:
    middle, margin = sheet.width / 2, 20 * MM
    sheet.box(margin, margin, sheet.width - 2 * margin, sheet.height - 2 * margin,
              stroke=(0, 0, 0), line_width=1.4)  # fmt: skip
    sheet.box(margin + 4, margin + 4, sheet.width - 2 * margin - 8,
              sheet.height - 2 * margin - 8, stroke=(0, 0, 0), line_width=0.5)  # fmt: skip
    sheet.text(middle, 118, COUNCIL.replace("\n", " "), 16, Style.BOLD, align="centre")
    sheet.line(middle - 60, 127, middle + 60, 127, 0.8)
    sheet.text(middle, 310, "BÁO CÁO", 28, Style.BOLD, align="centre")
    subject = (
        "TÌNH HÌNH PHÁT TRIỂN KINH TẾ - XÃ HỘI,",
        "BẢO ĐẢM QUỐC PHÒNG, AN NINH",
        hand.fill("{tháng}, {lũy kế}").upper(),
        hand.fill("VÀ NHIỆM VỤ TRỌNG TÂM {tháng sau}").upper(),
    )
    for index, line in enumerate(subject):
        sheet.text(middle, 356 + index * 25, line, 17, Style.BOLD, align="centre")
    sheet.text(middle, 480, f"(Số {NUMBER_SYMBOL})", 14, Style.ITALIC, align="centre")
    sheet.text(middle, 700, hand.fill("Tài liệu trình Phiên họp thường kỳ {tháng năm}"), 14,
               Style.ITALIC, align="centre")  # fmt: skip
    day = setting.before(3)
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    sheet.text(middle, 742, f"{CAPITAL}, tháng {month} năm {day.year}", 14, Style.BOLD,
               align="centre")  # fmt: skip
