"""Tables inside the sixty-page report; figures come from the report's hand, sums are true sums."""

from __future__ import annotations

from collections.abc import Sequence

from server.demo.papers.figures import Hand, number
from server.demo.papers.flow import Flow
from server.demo.papers.key_figures import CUSTOMS_PLAN, DOMESTIC_PLAN, REVENUES, KeyFigures
from server.demo.papers.prose import Insertion
from server.demo.papers.tables import Head, Table, column_numbers, set_table, simple_head

# How far an indicator is in the year: what adds up over months, what stands, what lags behind.
PACE = {
    "sum": (0.86, 0.94, 0.99, 1.05),
    "state": (0.985, 1.0, 0.995, 1.02),
    "late": (0.74, 0.79, 0.93, 0.97),
}
INDICATORS = (
    ("Tốc độ tăng tổng sản phẩm trên địa bàn (GRDP)", "%", 8.0, 1, "grdp"),
    ("GRDP bình quân đầu người", "Triệu đồng", 78.0, 1, "state"),
    ("Tổng vốn đầu tư toàn xã hội", "Tỷ đồng", 28400, 0, "sum"),
    ("Thu ngân sách nhà nước trên địa bàn", "Tỷ đồng", 9794, 0, "revenue"),
    ("Kim ngạch xuất khẩu", "Triệu USD", 850, 0, "sum"),
    ("Tỷ lệ giải ngân vốn đầu tư công", "%", 95, 1, "late"),
    ("Sản lượng lương thực có hạt", "Nghìn tấn", 342, 1, "state"),
    ("Tỷ lệ che phủ rừng", "%", 57.5, 1, "state"),
    ("Số xã đạt chuẩn nông thôn mới lũy kế", "Xã", 112, 0, "late"),
    ("Tỷ lệ đô thị hóa", "%", 38, 1, "state"),
    ("Mức giảm tỷ lệ hộ nghèo đa chiều", "Điểm %", 1.5, 2, "sum"),
    ("Tỷ lệ lao động qua đào tạo có bằng cấp, chứng chỉ", "%", 31, 1, "state"),
    ("Số giường bệnh trên một vạn dân", "Giường", 34, 1, "state"),
    ("Tỷ lệ dân số tham gia bảo hiểm y tế", "%", 95.5, 1, "state"),
    ("Tỷ lệ hồ sơ trực tuyến toàn trình", "%", 75, 1, "state"),
)

CROPS = (
    ("Lúa cả năm", 60.1, 56.0),
    ("Ngô", 11.8, 46.2),
    ("Lạc", 8.9, 25.1),
    ("Sắn", 9.6, 214.0),
    ("Rau, đậu các loại", 14.2, 118.0),
    ("Cam, quýt, bưởi", 7.4, 96.0),
    ("Chè búp", 2.8, 104.0),
)

SCHOOLS = (
    ("Mầm non", 212, 71_400),
    ("Tiểu học", 224, 128_900),
    ("Trung học cơ sở", 158, 86_300),
    ("Trung học phổ thông", 41, 42_800),
    ("Giáo dục thường xuyên", 9, 6_100),
)

PROJECTS = (
    ("Đường ven biển đoạn Hải Triều - Điền Hải", 2_480, 36),
    ("Cầu Thạch Cầu 2 và đường hai đầu cầu", 915, 30),
    ("Đường nối cao tốc với khu kinh tế", 1_760, 42),
    ("Kè chống sạt lở bờ sông Trạch", 340, 24),
    ("Hồ chứa nước Khe Ngang", 620, 36),
    ("Bệnh viện Sản - Nhi tỉnh, giai đoạn 2", 585, 30),
    ("Trường phổ thông dân tộc nội trú Mường Lạn", 128, 18),
    ("Trung tâm dữ liệu và điều hành thông minh", 96, 15),
    ("Hạ tầng khu neo đậu tàu thuyền Cửa Lạch", 275, 24),
)

INVESTORS = (
    "Ban Quản lý dự án công trình giao thông",
    "Ban Quản lý dự án công trình nông nghiệp",
    "Ban Quản lý dự án công trình dân dụng",
    "Ban Quản lý Khu kinh tế và các khu công nghiệp",
    "Sở Y tế",
    "Sở Giáo dục và Đào tạo",
    "Sở Nông nghiệp và Môi trường",
    "Sở Khoa học và Công nghệ",
)


def _indicators(hand: Hand, key: KeyFigures) -> Insertion:
    def insert(flow: Flow) -> None:
        rows = []
        for index, (name, unit, plan, decimals, pace) in enumerate(INDICATORS, 1):
            low, high, year_low, year_high = PACE.get(pace, PACE["sum"])
            reached = plan * hand.between(low, high, 3)
            year = plan * hand.between(year_low, year_high, 3)
            if pace == "grdp":
                reached, year = key.growth, key.growth + 0.1
            elif pace == "revenue":
                reached = key.revenue
            rows.append(
                [
                    str(index),
                    name,
                    unit,
                    number(plan, decimals),
                    number(reached, decimals),
                    number(year, decimals),
                    number(100 * year / plan, 1),
                ]
            )
        table = Table(
            (0.7, 4.6, 1.5, 1.3, 1.4, 1.4, 1.3),
            "clcrrrr",
            [
                [
                    Head("TT", rows=2),
                    Head("Chỉ tiêu", rows=2),
                    Head("Đơn vị tính", rows=2),
                    Head(f"Năm {hand.names['năm']}", columns=3),
                    Head("Ước cả năm so kế hoạch (%)", rows=2),
                ],
                [Head("Kế hoạch"), Head("Đã thực hiện"), Head("Ước cả năm")],
                column_numbers(7),
            ],
            rows,
        )
        set_table(flow, table, "Kết quả thực hiện các chỉ tiêu chủ yếu")

    return insert


def _crops(hand: Hand) -> Insertion:
    def insert(flow: Flow) -> None:
        rows = []
        for name, area, crop in CROPS:
            a, b = area * hand.between(0.95, 1.02, 3), crop * hand.between(0.96, 1.05, 3)
            rows.append(
                [name, number(a, 1), number(b, 1), number(a * b / 10, 1),
                 number(hand.between(97.5, 104.5, 1), 1)]
            )  # fmt: skip
        head = simple_head(
            "Cây trồng",
            "Diện tích (nghìn ha)",
            "Năng suất (tạ/ha)",
            "Sản lượng (nghìn tấn)",
            "So cùng kỳ (%)",
        )
        set_table(
            flow,
            Table((3.2, 2, 2, 2, 1.8), "lrrrr", head, rows),
            "Diện tích, năng suất, sản lượng một số cây trồng chính",
        )

    return insert


def _by_place(
    hand: Hand,
    caption: str,
    heads: Sequence[str],
    bounds: Sequence[tuple[float, float, int]],
    sums: Sequence[bool],
    unit: str = "",
) -> Insertion:
    """A table over all localities; columns marked in `sums` get a true total."""

    def insert(flow: Flow) -> None:
        rows, totals = [], [0.0] * len(bounds)
        for index, place in enumerate(hand.places, 1):
            values = [hand.between(*bound) for bound in bounds]
            totals = [total + value for total, value in zip(totals, values, strict=True)]
            rows.append(
                [str(index), place[:1].upper() + place[1:]]
                + [number(v, b[2]) for v, b in zip(values, bounds, strict=True)]
            )
        last = [
            number(total if is_sum else total / len(rows), bound[2])
            for total, is_sum, bound in zip(totals, sums, bounds, strict=True)
        ]
        rows.append(["=", "Tổng số / bình quân", *last])
        table = Table(
            (0.7, 3.2, *([1.5] * len(heads))),
            "cl" + "r" * len(heads),
            [[Head("TT"), Head("Địa phương"), *[Head(text) for text in heads]]],
            rows,
        )
        set_table(flow, table, caption, unit)

    return insert


def _budget(hand: Hand, key: KeyFigures) -> Insertion:
    def insert(flow: Flow) -> None:
        rows = [
            [str(index), name, number(plan), number(done), number(100 * done / plan, 1),
             number(hand.between(88, 126, 1), 1)]
            for index, ((name, plan), done) in enumerate(
                zip(REVENUES, key.domestic_parts, strict=True), 1
            )
        ]  # fmt: skip
        sums = (
            ("=A", "Tổng thu nội địa", DOMESTIC_PLAN, key.domestic),
            ("=B", "Thu từ hoạt động xuất nhập khẩu", CUSTOMS_PLAN, key.customs),
        )
        total, border = (
            [sign, name, number(plan), number(done), number(100 * done / plan, 1),
             number(hand.between(104, 111, 1), 1)]
            for sign, name, plan, done in sums
        )  # fmt: skip
        head = simple_head(
            "TT", "Nội dung", "Dự toán", "Thực hiện", "So dự toán (%)", "So cùng kỳ (%)"
        )
        set_table(
            flow,
            Table((0.7, 4.8, 1.5, 1.5, 1.4, 1.4), "clrrrr", head, [total, *rows, border]),
            "Thu ngân sách nhà nước trên địa bàn",
            "tỷ đồng",
        )

    return insert


def _schools(hand: Hand) -> Insertion:
    def insert(flow: Flow) -> None:
        rows, sums = [], [0, 0, 0]
        for name, schools, pupils in SCHOOLS:
            s, p = schools + round(hand.between(-4, 5)), round(pupils * hand.between(0.98, 1.03, 3))
            teachers = round(p / hand.between(14, 21, 1))
            sums = [sums[0] + s, sums[1] + p, sums[2] + teachers]
            rows.append(
                [name, number(s), number(p), number(teachers), number(hand.between(58, 88, 1), 1)]
            )
        rows.append(["=Cộng", *[number(value) for value in sums], ""])
        head = simple_head(
            "Cấp học", "Số trường", "Học sinh", "Giáo viên", "Trường đạt chuẩn quốc gia (%)"
        )
        set_table(
            flow,
            Table((3, 1.6, 1.8, 1.8, 2.4), "lrrrr", head, rows),
            "Quy mô trường, lớp, học sinh và giáo viên",
        )

    return insert


def _projects(hand: Hand) -> Insertion:
    def insert(flow: Flow) -> None:
        rows = []
        for index, (name, total, months) in enumerate(PROJECTS, 1):
            plan = round(total * hand.between(0.22, 0.36, 3))
            done = round(plan * hand.between(0.45, 0.93, 3))
            rows.append(
                [str(index), name, number(total), str(months), number(plan), number(done),
                 number(100 * done / plan, 1)]
            )  # fmt: skip
        head = simple_head(
            "TT", "Công trình", "Tổng mức đầu tư", "Thời gian (tháng)", "Vốn trong năm",
            "Giải ngân", "Tỷ lệ (%)"
        )  # fmt: skip
        set_table(
            flow,
            Table((0.7, 4.2, 1.4, 1.3, 1.3, 1.3, 1.1), "clrcrrr", head, rows),
            "Tiến độ các công trình trọng điểm",
            "tỷ đồng",
        )

    return insert


def _investors(hand: Hand) -> Insertion:
    def insert(flow: Flow) -> None:
        rows = []
        for index, name in enumerate(INVESTORS, 1):
            plan = round(hand.between(48, 960))
            done = round(plan * hand.between(0.41, 0.92, 3))
            rows.append(
                [str(index), name, number(plan), number(done), number(100 * done / plan, 1)]
            )
        head = simple_head("TT", "Chủ đầu tư", "Kế hoạch vốn", "Giải ngân", "Tỷ lệ (%)")
        set_table(
            flow,
            Table((0.7, 5.4, 1.6, 1.6, 1.4), "clrrr", head, rows),
            "Giải ngân vốn đầu tư công theo chủ đầu tư",
            "tỷ đồng",
        )

    return insert


def tables(hand: Hand, key: KeyFigures) -> dict[str, Insertion]:
    """The "!table …" lines of the report's texts."""
    return {
        "table indicators": _indicators(hand, key),
        "table crops": _crops(hand),
        "table budget": _budget(hand, key),
        "table schools": _schools(hand),
        "table projects": _projects(hand),
        "table investors": _investors(hand),
        "table poverty": _by_place(
            hand,
            "Kết quả giảm nghèo và xóa nhà tạm theo địa phương",
            ("Hộ nghèo đầu năm", "Hộ nghèo hiện nay", "Tỷ lệ (%)", "Nhà đã xóa tạm"),
            ((1_900, 3_900, 0), (880, 1_860, 0), (2.1, 9.8, 1), (24, 168, 0)),
            (True, True, False, True),
            "hộ, căn",
        ),
        "table labour": _by_place(
            hand,
            "Giải quyết việc làm và an sinh xã hội theo địa phương",
            ("Việc làm mới", "Lao động đi nước ngoài", "Đối tượng trợ cấp", "Kinh phí (tỷ đồng)"),
            ((680, 2_650, 0), (140, 980, 0), (2_400, 7_800, 0), (1.6, 4.9, 1)),
            (True, True, True, True),
            "người",
        ),
    }
