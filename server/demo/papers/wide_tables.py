"""The annex of budget tables: lying, turned and cropped pages, as they come from many desks."""

from __future__ import annotations

from collections.abc import Sequence

from server.demo.papers import charts
from server.demo.papers.binding import OutlineEntry, bind
from server.demo.papers.charts import Series
from server.demo.papers.figures import Hand, number
from server.demo.papers.flow import Flow, Geometry
from server.demo.papers.forms import Header, Signature, write_header, write_signature, write_title
from server.demo.papers.letters import PROVINCE_OFFICE
from server.demo.papers.prose import capitalised
from server.demo.papers.report_tables import INVESTORS, PROJECTS
from server.demo.papers.setting import CAPITAL, Setting
from server.demo.papers.sheet import A4_HEIGHT, Sheet, mounted, turned
from server.demo.papers.tables import Head, Table, set_table, simple_head

PAGES = 8
A3_WIDTH = 1190.55
TITLES = (
    "Thu ngân sách nhà nước theo địa phương và khoản thu",
    "Chi ngân sách địa phương theo lĩnh vực",
    "Kế hoạch và giải ngân vốn đầu tư công theo dự án",
    "Kế hoạch cân đối ngân sách từng địa phương theo tháng",
    "Nguồn cải cách tiền lương và dự phòng",
    "Kế hoạch vốn theo chủ đầu tư và nguồn vốn",
)


def wide_tables(setting: Setting) -> bytes:
    """Eight pages: cover, lying A4, /Rotate 90, /Rotate 270, A3, CropBox, both, signature."""
    hand = setting.hand("wide")
    lying = Geometry().landscape()
    sheets = [_cover(setting, hand)]
    sheets.append(_page(lying, 2, 1, _revenue_by_place(hand)))
    sheets.append(turned(_page(lying, 3, 2, _spending(hand)), 90))
    sheets.append(turned(_page(lying, 4, 3, _projects(hand)), 270))
    a3 = Geometry(A3_WIDTH, A4_HEIGHT, 50, 50, 70, 50)
    sheets.append(_page(a3, 5, 4, _monthly(hand)))
    sheets.append(mounted(_page(Geometry(), 6, 5, _reserve(hand)), 42, 64))
    sheets.append(turned(mounted(_page(lying, 7, 6, _investors(hand)), 36, 28), 90))
    sheets.append(_last(setting, hand))
    outline = [OutlineEntry(1, "Danh mục biểu", 0)]
    outline += [
        OutlineEntry(1, f"Biểu số {place:02d}. {title}", place)
        for place, title in enumerate(TITLES, 1)
    ]
    outline.append(OutlineEntry(1, "Biểu đồ tổng hợp", PAGES - 1))
    return bind(sheets, hand.fill("Biểu số liệu ngân sách và đầu tư công năm {năm}"),
                "Sở Tài chính", outline)  # fmt: skip


def _cover(setting: Setting, hand: Hand) -> Sheet:
    flow = Flow()
    write_header(
        flow,
        Header("SỞ TÀI CHÍNH", "2318/TTr-STC", CAPITAL, setting.before(5), parent=PROVINCE_OFFICE),
    )
    write_title(flow, "Danh mục biểu số liệu", hand.fill(
        "Kèm theo Tờ trình điều chỉnh dự toán ngân sách và kế hoạch đầu tư công năm {năm}"
    ))  # fmt: skip
    flow.paragraph(
        hand.fill(
            "Số liệu thu, chi lấy từ hệ thống thông tin quản lý ngân sách và kho bạc, khóa sổ "
            "ngày 15 {tháng}; số liệu đầu tư công theo báo cáo của chủ đầu tư đã đối chiếu với "
            "Kho bạc Nhà nước khu vực. Số làm tròn có thể lệch một đơn vị ở hàng cuối."
        )
    )
    rows = [[f"{place:02d}", title, str(place + 1)] for place, title in enumerate(TITLES, 1)]
    rows.append(["", "Biểu đồ tổng hợp và chữ ký", str(PAGES)])
    table = Table((1.2, 7, 1.2), "clc", simple_head("Biểu", "Nội dung", "Trang"), rows, size=13,
                  row_padding=7)  # fmt: skip
    set_table(flow, table)
    return flow.sheet


def _page(geometry: Geometry, page: int, place: int, table: Table, unit: str = "tỷ đồng") -> Sheet:
    flow = Flow(geometry=geometry, number=lambda _: str(page))
    flow.paragraph(f"BIỂU SỐ {place:02d}", bold=True, align="centre", size=13, before=0)
    flow.paragraph(TITLES[place - 1].upper(), bold=True, align="centre", size=13, before=0)
    flow.paragraph(f"Đơn vị tính: {unit}", italic=True, align="right", size=11.5, before=2)
    set_table(flow, table)
    if len(flow.sheets) > 1:
        raise ValueError(f"table {place} does not fit its sheet")
    return flow.sheet


def _wide(
    hand: Hand,
    names: Sequence[str],
    groups: Sequence[tuple[str, Sequence[str]]],
    low: float,
    high: float,
    label: str,
    size: float = 10.5,
    padding: float = 3.2,
    label_width: float = 3.0,
) -> Table:
    """Rows by name, columns in groups; the last row and a first column "Tổng" are true sums."""
    columns = [column for _, group in groups for column in group]
    rows, sums = [], [0.0] * (len(columns) + 1)
    for index, name in enumerate(names, 1):
        values = [hand.between(low, high, 1) for _ in columns]
        values = [round(sum(values), 1), *values]
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        rows.append([str(index), name, *[number(value, 1) for value in values]])
    rows.append(["=", "Tổng cộng", *[number(value, 1) for value in sums]])
    first = [Head("TT", rows=2), Head(label, rows=2), Head("Tổng", rows=2)]
    first += [Head(title, columns=len(group)) for title, group in groups]
    return Table(
        (0.7, label_width, 1.5, *([1.3] * len(columns))),
        "cl" + "r" * (len(columns) + 1),
        [first, [Head(column) for column in columns]],
        rows,
        size=size,
        row_padding=padding,
    )


def _places(hand: Hand) -> list[str]:
    return [capitalised(place) for place in hand.places]


def _revenue_by_place(hand: Hand) -> Table:
    groups = (
        ("Thuế", ("Ngoài quốc doanh", "Thu nhập cá nhân", "Trước bạ", "Môi trường")),
        ("Đất đai", ("Tiền sử dụng", "Thuê đất", "Phi nông nghiệp")),
        ("Khác", ("Phí, lệ phí", "Thu phạt")),
    )
    return _wide(hand, _places(hand), groups, 1.2, 86, "Địa phương")


def _spending(hand: Hand) -> Table:
    groups = (
        ("Chi đầu tư", ("Trong nước", "Tiền đất", "Trung ương")),
        ("Chi thường xuyên", ("Giáo dục", "Y tế", "Kinh tế", "Quản lý", "An sinh")),
        ("Khác", ("Dự phòng", "Chuyển nguồn")),
    )
    return _wide(hand, _places(hand), groups, 2.1, 148, "Địa phương")


def _projects(hand: Hand) -> Table:
    rows = []
    for index, (name, total, months) in enumerate(PROJECTS, 1):
        plan = round(total * hand.between(0.22, 0.36, 3))
        parts = [round(plan * share) for share in (0.42, 0.23)]
        parts.append(plan - sum(parts))
        done = round(plan * hand.between(0.45, 0.93, 3))
        rows.append(
            [str(index), name, f"{months} tháng", number(total), number(plan),
             *[number(part) for part in parts], number(done), number(100 * done / plan, 1),
             hand.chance.choice(("Đúng tiến độ", "Vướng mặt bằng", "Chậm thủ tục"))]
        )  # fmt: skip
    head = [
        [Head("TT", rows=2), Head("Dự án", rows=2), Head("Thời gian", rows=2),
         Head("Tổng mức đầu tư", rows=2), Head("Kế hoạch năm", columns=4),
         Head("Giải ngân", columns=2), Head("Ghi chú", rows=2)],
        [Head("Tổng"), Head("Tỉnh"), Head("Đất"), Head("Trung ương"), Head("Số tiền"), Head("%")],
    ]  # fmt: skip
    return Table(
        (0.6, 4.2, 1.4, 1.4, 1.2, 1.1, 1.1, 1.2, 1.2, 1, 2), "clcrrrrrrrl", head, rows,
        size=11, row_padding=5
    )  # fmt: skip


def _monthly(hand: Hand) -> Table:
    groups = tuple(
        (f"Quý {name}", tuple(f"T{quarter * 3 + month}" for month in (1, 2, 3)))
        for quarter, name in enumerate(("I", "II", "III", "IV"))
    )
    return _wide(hand, _places(hand), groups, 3.1, 62, "Địa phương", 12.5, 7, 3.4)


def _reserve(hand: Hand) -> Table:
    groups = (("Nguồn", ("Tiền lương", "Dự phòng", "Kết dư")), ("Sử dụng", ("Đã chi", "Còn lại")))
    return _wide(hand, _places(hand), groups, 1.4, 42, "Địa phương", 11, 5)


def _investors(hand: Hand) -> Table:
    groups = (
        ("Nguồn vốn", ("Cân đối", "Đất", "Xổ số", "Trung ương", "ODA")),
        ("Kế hoạch giải ngân", ("Quý I", "Quý II", "Quý III", "Quý IV")),
    )
    return _wide(hand, INVESTORS, groups, 1.1, 74, "Chủ đầu tư", 10.5, 5, 4.2)


def _last(setting: Setting, hand: Hand) -> Sheet:
    flow = Flow(number=lambda _: str(PAGES))
    flow.paragraph("BIỂU ĐỒ TỔNG HỢP", bold=True, align="centre", before=0)
    year = setting.period.year
    labels = [str(y) for y in range(year - 4, year + 1)]
    revenue = [6_450, 7_020, 7_760, 8_610, 9_420]
    spending = [round(value * hand.between(1.32, 1.44, 3)) for value in revenue]

    def draw(sheet: Sheet, x: float, y: float, width: float) -> None:
        rows = [Series("Thu trên địa bàn", revenue), Series("Chi ngân sách địa phương", spending)]
        charts.columns(sheet, x, y, width, 240, labels, rows, "tỷ đồng")

    flow.drawing(240, draw, "Thu và chi ngân sách địa phương qua các năm")
    flow.paragraph(
        "Chi ngân sách địa phương bao gồm cả phần bổ sung có mục tiêu từ ngân sách trung ương và "
        "chi chuyển nguồn; phần chênh lệch được cân đối bằng bổ sung cân đối ổn định trong thời "
        "kỳ ổn định ngân sách."
    )
    write_signature(
        flow,
        Signature(("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), setting.name("pgd.taichinh"),
                  ("UBND tỉnh;", "Kho bạc Nhà nước khu vực;", "Lưu: VT, QLNS.")),
    )  # fmt: skip
    return flow.sheet
