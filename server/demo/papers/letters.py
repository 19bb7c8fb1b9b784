"""The short papers of the session in session: letters, submissions, drafts, two to six pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.demo.agenda import SESSION
from server.demo.calendar import in_words
from server.demo.papers.binding import bind
from server.demo.papers.figures import Hand
from server.demo.papers.flow import Flow
from server.demo.papers.forms import (
    Header,
    Signature,
    write_addressees,
    write_header,
    write_signature,
    write_title,
)
from server.demo.papers.letter_tables import (
    adjustment_table,
    cases_table,
    levels_table,
    moves_table,
    opinions_table,
)
from server.demo.papers.prose import Insertion, capitalised, flow_text
from server.demo.papers.setting import CAPITAL, Setting
from server.demo.papers.tables import Table, set_table, simple_head

OFFICE = "VĂN PHÒNG"
PROVINCE_OFFICE = "UBND TỈNH TRƯỜNG SƠN"


def write_letter(
    flow: Flow,
    hand: Hand,
    header: Header,
    kind: str,
    abstract: str,
    text: str,
    signature: Signature,
    *,
    addressees: Sequence[str] = (),
    insertions: Mapping[str, Insertion] | None = None,
    extra: Mapping[str, str] | None = None,
    note: str = "",
) -> None:
    """A whole paper: header, title, addressees, text, signature."""
    write_header(flow, header)
    write_title(flow, kind, hand.fill(abstract), note)
    if addressees:
        write_addressees(flow, [hand.fill(addressee) for addressee in addressees])
    flow.space(4)
    flow_text(flow, text, hand, insertions, extra, keep_last=150)
    filled = tuple(capitalised(hand.fill(receiver)) for receiver in signature.receivers)
    write_signature(flow, replace(signature, receivers=filled))


def _bound(flow: Flow, title: str, author: str) -> bytes:
    outline = flow.outline if len(flow.outline) > 1 else ()
    return bind(flow.sheets, title, author, outline)


def invitation(setting: Setting) -> bytes:
    """Giấy mời of the session, with its programme as an annex."""
    hand, flow = setting.hand("invitation"), Flow(size=13.5, leading=1.22)
    extra = {
        "chủ trì": setting.name("chutich"),
        "giờ họp": setting.starts.strftime("%H giờ %M"),
        "ngày họp": in_words(setting.today),
    }
    write_letter(
        flow,
        hand,
        Header(OFFICE, "187/GM-VPUBND", CAPITAL, setting.before(6), parent=PROVINCE_OFFICE),
        "Giấy mời",
        "Dự Phiên họp thường kỳ Ủy ban nhân dân tỉnh {tháng năm}",
        "invitation",
        Signature(
            ("CHÁNH VĂN PHÒNG",),
            setting.name("cvp"),
            (
                "Như thành phần mời;",
                "Chủ tịch, các Phó Chủ tịch UBND tỉnh;",
                "Trung tâm Chuyển đổi số tỉnh;",
                "Lưu: VT, TH.",
            ),
        ),
        extra=extra,
    )
    flow.new_sheet()
    flow.entry(1, "Chương trình phiên họp")
    write_title(flow, "Chương trình", hand.fill("Phiên họp thường kỳ Ủy ban nhân dân tỉnh "
                                                "{tháng năm}"))  # fmt: skip
    flow.paragraph("(Kèm theo Giấy mời số 187/GM-VPUBND của Văn phòng Ủy ban nhân dân tỉnh)",
                   italic=True, align="centre", size=13)  # fmt: skip
    rows, minute = [], setting.starts.hour * 60 + setting.starts.minute
    for line in SESSION:
        begin, end = minute, minute + line.minutes
        minute = end
        presenter = setting.person(line.presenter)
        rows.append(
            [
                f"{begin // 60 % 24:02d}h{begin % 60:02d} - {end // 60 % 24:02d}h{end % 60:02d}",
                f"*Nội dung {line.number}.* {hand.fill(line.title)}",
                f"{presenter.full_name}, {presenter.position}",
            ]
        )
    last = f"{minute // 60 % 24:02d}h{minute % 60:02d}"
    rows.append([last, "Chủ tịch Ủy ban nhân dân tỉnh kết luận, bế mạc phiên họp", ""])
    head = simple_head("Thời gian", "Nội dung", "Người trình bày")
    set_table(flow, Table((1.9, 5.2, 3), "cll", head, rows, size=12.5, row_padding=6))
    flow.paragraph(
        "Mỗi ý kiến phát biểu không quá 05 phút; đại biểu đăng ký trên hệ thống phòng họp không "
        "giấy. Báo cáo được trình bày tóm tắt không quá 10 phút.",
        italic=True,
        size=13,
    )
    return _bound(
        flow, hand.fill("Giấy mời Phiên họp thường kỳ {tháng năm}"), "Văn phòng UBND tỉnh"
    )


def budget(setting: Setting) -> bytes:
    """Tờ trình of the Department of Finance."""
    hand, flow = setting.hand("budget"), Flow()
    moves, moved = moves_table(hand)
    write_letter(
        flow,
        hand,
        Header("SỞ TÀI CHÍNH", "2318/TTr-STC", CAPITAL, setting.before(5), parent=PROVINCE_OFFICE),
        "Tờ trình",
        "Về việc điều chỉnh dự toán thu, chi ngân sách địa phương và phân bổ vốn đầu tư công "
        "năm {năm}",
        "budget",
        Signature(
            ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
            setting.name("pgd.taichinh"),
            (
                "Như trên;",
                "Ban Kinh tế - Ngân sách HĐND tỉnh;",
                "Sở Tư pháp;",
                "Kho bạc Nhà nước khu vực;",
                "Giám đốc, các Phó Giám đốc Sở;",
                "Lưu: VT, QLNS.",
            ),
        ),
        addressees=("Ủy ban nhân dân tỉnh Trường Sơn",),
        insertions={"table adjustment": adjustment_table(hand), "table moves": moves},
        extra={"ngày tỉnh ủy": in_words(setting.before(9)), "giảm vốn": moved},
    )
    return _bound(
        flow, hand.fill("Tờ trình điều chỉnh dự toán ngân sách năm {năm}"), "Sở Tài chính"
    )


def appraisal(setting: Setting) -> bytes:
    """Báo cáo thẩm tra of the council's committee."""
    hand, flow = setting.hand("appraisal"), Flow()
    write_letter(
        flow,
        hand,
        Header(
            "BAN KINH TẾ - NGÂN SÁCH",
            "64/BC-KTNS",
            CAPITAL,
            setting.before(2),
            parent="HỘI ĐỒNG NHÂN DÂN\nTỈNH TRƯỜNG SƠN",
        ),
        "Báo cáo thẩm tra",
        "Sơ bộ về điều chỉnh dự toán ngân sách địa phương và kế hoạch vốn đầu tư công năm {năm}",
        "appraisal",
        Signature(
            ("TM. BAN KINH TẾ - NGÂN SÁCH", "TRƯỞNG BAN"),
            setting.name("khach.ktns"),
            (
                "Thường trực HĐND tỉnh;",
                "UBND tỉnh;",
                "Sở Tài chính;",
                "Thành viên Ban;",
                "Lưu: VT, KTNS.",
            ),
        ),
        addressees=("Thường trực Hội đồng nhân dân tỉnh", "Ủy ban nhân dân tỉnh"),
        insertions={"table opinions": opinions_table(hand)},
    )
    return _bound(flow, "Báo cáo thẩm tra sơ bộ điều chỉnh dự toán", "Ban Kinh tế - Ngân sách")


def resolution(setting: Setting) -> bytes:
    """A draft resolution of the people's council."""
    hand, flow = setting.hand("resolution"), Flow()
    next_year = setting.period.year + 1
    levels, cost = levels_table(hand)

    def resolved(flow: Flow) -> None:
        flow.paragraph("QUYẾT NGHỊ:", bold=True, align="centre", before=10, keep=60)

    write_letter(
        flow,
        hand,
        Header(
            "HỘI ĐỒNG NHÂN DÂN\nTỈNH TRƯỜNG SƠN",
            f"        /{setting.period.year}/NQ-HĐND",
            CAPITAL,
            setting.before(4),
        ),
        "Nghị quyết",
        "Quy định chính sách hỗ trợ giáo dục mầm non, phổ thông và y tế cơ sở ở địa bàn khó khăn "
        f"giai đoạn {next_year} - {next_year + 4}",
        "resolution",
        Signature(
            ("CHỦ TỊCH",),
            "(Dự thảo)",
            (
                "Ủy ban Thường vụ Quốc hội; Chính phủ;",
                "Đoàn đại biểu Quốc hội tỉnh;",
                "UBND tỉnh; Ủy ban MTTQ Việt Nam tỉnh;",
                "Các sở, ban, ngành, đoàn thể cấp tỉnh;",
                "Công báo tỉnh;",
                "Lưu: VT.",
            ),
        ),
        insertions={"resolved": resolved, "table levels": levels},
        extra={"năm cuối": str(next_year + 4), "kinh phí": cost},
        note="HỘI ĐỒNG NHÂN DÂN TỈNH TRƯỜNG SƠN KHÓA XIX",
    )
    flow.sheets[0].box(flow.left, 34, 62, 19, stroke=(0, 0, 0))
    flow.sheets[0].text(flow.left + 31, 48, "DỰ THẢO 3", 11, align="centre")
    return _bound(flow, "Dự thảo Nghị quyết hỗ trợ giáo dục, y tế cơ sở", "Sở Giáo dục và Đào tạo")


def petitions(setting: Setting) -> bytes:
    """The restricted report of the Inspectorate."""
    hand, flow = setting.hand("petitions"), Flow()
    places = [hand.place() for _ in range(6)]
    words = ("một", "hai", "ba", "bốn")
    write_letter(
        flow,
        hand,
        Header("THANH TRA TỈNH", "95/BC-TTr", CAPITAL, setting.before(3), parent=PROVINCE_OFFICE),
        "Báo cáo",
        "Kết quả rà soát một số vụ việc khiếu nại, tố cáo kéo dài và phương án đối thoại",
        "petitions",
        Signature(
            ("CHÁNH THANH TRA",),
            setting.name("chanhthanhtra"),
            ("Như trên;", "Các đồng chí được phân công (bản điện tử);", "Lưu: VT, NV."),
        ),
        addressees=("Chủ tịch Ủy ban nhân dân tỉnh",),
        insertions={"table cases": cases_table(hand, places)},
        extra={f"nơi {word}": place for word, place in zip(words, places, strict=False)},
    )
    for sheet in flow.sheets:
        sheet.text(flow.right, sheet.height - 30, "Tài liệu nội bộ, không sao chụp", 11,
                   align="right")  # fmt: skip
    return _bound(flow, "Báo cáo rà soát khiếu nại, tố cáo kéo dài", "Thanh tra tỉnh")
