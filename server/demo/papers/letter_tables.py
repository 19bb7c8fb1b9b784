"""Tables of the short papers."""

from __future__ import annotations

from collections.abc import Sequence

from server.demo.papers.figures import Hand, number
from server.demo.papers.flow import Flow
from server.demo.papers.prose import Insertion
from server.demo.papers.tables import Table, set_table, simple_head


def _insert(table: Table, caption: str, unit: str = "") -> Insertion:
    def insert(flow: Flow) -> None:
        set_table(flow, table, caption, unit)

    return insert


def _listed(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[str(index), *row] for index, row in enumerate(rows, 1)]


def adjustment_table(hand: Hand) -> Insertion:
    """Revenue before and after; the total stays."""
    land = int(hand.names["hụt đất"])
    shares = (0.46, 0.27, 0.15)
    parts = [round(land * share) for share in shares]
    parts.append(land - sum(parts))
    names = (
        ("Khu vực kinh tế ngoài quốc doanh", 1_860),
        ("Thuế thu nhập cá nhân", 540),
        ("Lệ phí trước bạ", 430),
        ("Thu khác ngân sách", 245),
    )
    rows = [["Tiền sử dụng đất", number(1_900), f"-{number(land)}", number(1_900 - land)]]
    rows += [
        [name, number(plan), f"+{number(part)}", number(plan + part)]
        for (name, plan), part in zip(names, parts, strict=True)
    ]
    total = 1_900 + sum(plan for _, plan in names)
    table = Table(
        (0.7, 4.4, 1.6, 1.6, 1.8),
        "clrrr",
        simple_head("TT", "Khoản thu", "Dự toán", "Tăng, giảm", "Sau điều chỉnh"),
        [*_listed(rows), ["=", "Cộng", number(total), "0", number(total)]],
        size=12,
    )
    return _insert(table, "Điều chỉnh dự toán thu ngân sách", "tỷ đồng")


def moves_table(hand: Hand) -> tuple[Insertion, str]:
    """Projects that give and take investment money; both sides are equal, and given back."""
    givers = [
        (name, round(hand.between(18, 62)))
        for name in (
            "Kè chống sạt lở bờ sông Trạch, giai đoạn 2",
            "Trung tâm văn hóa thể thao vùng ven biển",
            "Đường vào cụm công nghiệp Bình Cốc",
            "Hệ thống thoát nước khu vực Cửa Bắc",
        )
    ]
    given = sum(amount for _, amount in givers)
    takers = (
        ("Đường nối cao tốc với khu kinh tế", 0.41),
        ("Cầu Thạch Cầu 2 và đường hai đầu cầu", 0.28),
        ("Trường phổ thông dân tộc nội trú Mường Lạn", 0.12),
    )
    taken = [(name, round(given * share)) for name, share in takers]
    taken.append(
        ("Khắc phục sạt lở tuyến Khe Sim - Pa Tầng", given - sum(amount for _, amount in taken))
    )
    rows = [["=I", "Điều chỉnh giảm", f"-{number(given)}", ""]]
    rows += [
        [str(i), name, f"-{number(amount)}", "Vướng mặt bằng"]
        for i, (name, amount) in enumerate(givers, 1)
    ]
    rows.append(["=II", "Điều chỉnh tăng", f"+{number(given)}", ""])
    rows += [
        [str(i), name, f"+{number(amount)}", "Có khối lượng"]
        for i, (name, amount) in enumerate(taken, 1)
    ]
    head = simple_head("TT", "Dự án", "Tăng, giảm", "Lý do")
    table = Table((0.7, 5.2, 1.6, 2.4), "clrl", head, rows, size=12)
    return _insert(table, "Điều chỉnh kế hoạch vốn đầu tư công", "tỷ đồng"), number(given)


def opinions_table(hand: Hand) -> Insertion:
    """What the members of the committee said."""
    rows = _listed(
        [
            ["Cơ cấu thu", "Thống nhất", f"{round(hand.between(9, 11))}/11"],
            ["Tiết kiệm chi thường xuyên", "Thống nhất, đề nghị công khai", "11/11"],
            [
                "Giảm vốn dự án kè",
                "Đề nghị cân nhắc, chỉ giảm phần không giải ngân được",
                f"{round(hand.between(7, 9))}/11",
            ],
            ["Trách nhiệm chủ đầu tư", "Bổ sung vào dự thảo nghị quyết", "10/11"],
        ]
    )
    head = simple_head("TT", "Nội dung", "Ý kiến của thành viên Ban", "Số phiếu")
    return _insert(Table((0.7, 3, 4.6, 1.4), "cllc", head, rows, size=12), "Tổng hợp ý kiến")


def levels_table(hand: Hand) -> tuple[Insertion, str]:
    """Whom the resolution helps and what that costs; the total in billions of đồng."""
    wanted = (
        ("Ăn trưa trẻ mầm non", "trẻ", 7_200, 9_800, 2.1),
        ("Học sinh bán trú", "học sinh", 4_800, 6_400, 4.9),
        ("Giáo viên dạy liên trường", "giáo viên", 180, 260, 24.0),
        ("Bác sĩ, viên chức trạm y tế", "người", 620, 780, 25.0),
        ("Nhân viên y tế thôn, bản", "người", 1_050, 1_240, 9.4),
    )
    rows, total = [], 0.0
    for name, unit, low, high, cost in wanted:
        count = round(hand.between(low, high))
        amount = round(count * cost / 1_000, 1)
        total += amount
        rows.append([name, unit, number(count), number(amount, 1)])
    head = simple_head("TT", "Chính sách", "Đơn vị", "Số đối tượng", "Kinh phí (tỷ đồng/năm)")
    table = Table(
        (0.7, 4.2, 1.6, 1.8, 2.2),
        "clcrr",
        head,
        [*_listed(rows), ["=", "Cộng", "", "", number(total, 1)]],
        size=12,
    )
    return _insert(table, "Dự kiến đối tượng và kinh phí hằng năm"), number(total, 1)


def cases_table(hand: Hand, places: Sequence[str]) -> Insertion:
    """The petitions that last longest; `places` are theirs, six."""
    subjects = (
        ("Giá bồi thường đất ao, vườn", "Đối thoại lần 2"),
        ("Ranh giới đất rừng hai thôn", "Đo đạc lại"),
        ("Chế độ giáo viên mầm non hợp đồng", "Chờ ý kiến Trung ương"),
        ("Ô nhiễm cơ sở chế biến bột cá", "Tạm dừng một phần"),
        ("Tái định cư đường ven biển", "Bố trí lô đất mới"),
        ("Thu hồi đất công ích", "Thi hành bản án"),
    )
    rows = [
        [
            subject,
            _first_large(place),
            number(hand.between(3, 48)),
            f"{round(hand.between(2, 7))} năm",
            state,
        ]
        for (subject, state), place in zip(subjects, places, strict=True)
    ]
    head = simple_head("TT", "Nội dung", "Địa bàn", "Số hộ, người", "Kéo dài", "Hiện trạng")
    return _insert(
        Table((0.7, 3.4, 2.5, 1.3, 1.3, 2.3), "cllrcl", head, _listed(rows), size=12),
        "Các vụ việc kéo dài",
    )


def damage_table(hand: Hand) -> tuple[Insertion, dict[str, str]]:
    """What the flood did, by area, and the sums that the text names."""
    rows, sums = [], [0, 0, 0]
    for _ in range(6):
        values = [round(hand.between(*b)) for b in ((22, 140), (35, 260), (120, 980))]
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        rows.append([_first_large(hand.place()), *[number(value) for value in values]])
    head = simple_head("TT", "Địa phương", "Nhà bị ngập", "Rau màu (ha)", "Thiệt hại (triệu đồng)")
    table = Table(
        (0.7, 3.6, 1.7, 1.7, 2.2),
        "clrrr",
        head,
        [*_listed(rows), ["=", "Cộng", *[number(value) for value in sums]]],
        size=12,
    )
    named = {"nhà ngập": number(sums[0]), "rau màu": number(sums[1])}
    return _insert(table, "Thiệt hại ban đầu tại các địa bàn bị ảnh hưởng"), named


def tasks_table(hand: Hand) -> Insertion:
    """Tasks of the digital plan, with owners and deadlines."""
    year = hand.names["năm sau"]
    rows = [
        ["Nâng cấp trung tâm dữ liệu, sao lưu", "Trung tâm Chuyển đổi số tỉnh", f"30/6/{year}"],
        ["Thiết bị điểm cầu cấp xã", "Sở Khoa học và Công nghệ", f"30/4/{year}"],
        ["Chuẩn hóa dữ liệu đất đai", "Sở Nông nghiệp và Môi trường", f"30/9/{year}"],
        ["Học bạ số, bệnh án điện tử", "Sở Giáo dục và Đào tạo, Sở Y tế", f"31/8/{year}"],
        ["Tập huấn cán bộ cơ sở", "Sở Nội vụ", f"31/5/{year}"],
        ["Diễn tập ứng cứu sự cố", "Công an tỉnh", f"31/10/{year}"],
    ]
    head = simple_head("TT", "Nhiệm vụ", "Chủ trì", "Hoàn thành")
    return _insert(
        Table((0.7, 4, 3.6, 1.7), "cllc", head, _listed(rows), size=12), "Phân công nhiệm vụ"
    )


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]
