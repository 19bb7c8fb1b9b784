"""Papers of the two past meetings and of the one to come."""

from __future__ import annotations

from datetime import timedelta

from server.demo.calendar import (
    coming_meeting_day,
    in_words,
    previous_session_day,
    storm_meeting_day,
)
from server.demo.papers.binding import bind
from server.demo.papers.flow import Flow
from server.demo.papers.forms import Header, Signature
from server.demo.papers.letter_tables import damage_table, tasks_table
from server.demo.papers.letters import OFFICE, PROVINCE_OFFICE, write_letter
from server.demo.papers.remarks import DIGITAL_PLAN, with_remarks
from server.demo.papers.setting import CAPITAL, COUNCIL, Setting


def _office(setting: Setting) -> Signature:
    return Signature(
        ("KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"),
        setting.name("pcvp"),
        ("Như thành phần mời;", "Chủ tịch, các Phó Chủ tịch UBND tỉnh;", "Lưu: VT, TH."),
    )


def conclusion(setting: Setting) -> bytes:
    """Thông báo kết luận of the last regular session."""
    hand, flow = setting.hand("conclusion"), Flow()
    day = previous_session_day(setting.today) + timedelta(days=2)
    previous = setting.period.previous
    write_letter(
        flow,
        hand,
        Header(OFFICE, "571/TB-VPUBND", CAPITAL, day, parent=PROVINCE_OFFICE),
        "Thông báo",
        "Kết luận của Chủ tịch Ủy ban nhân dân tỉnh tại Phiên họp thường kỳ " + previous.full,
        "conclusion",
        Signature(
            ("CHÁNH VĂN PHÒNG",),
            setting.name("cvp"),
            (
                "Thường trực Tỉnh ủy, HĐND tỉnh (để báo cáo);",
                "Chủ tịch, các Phó Chủ tịch UBND tỉnh;",
                "Các sở, ban, ngành;",
                "{cấp cơ sở};",
                "Lưu: VT, TH.",
            ),
        ),
        extra={"tháng trước năm": previous.full, "chủ trì": setting.name("chutich")},
    )
    return bind(flow.sheets, f"Thông báo kết luận Phiên họp {previous.full}", "Văn phòng UBND tỉnh")


def minutes(setting: Setting) -> bytes:
    """Biên bản of the last regular session."""
    hand, flow = setting.hand("minutes"), Flow()
    day = previous_session_day(setting.today)
    previous = setting.period.previous
    write_letter(
        flow,
        hand,
        Header(COUNCIL, "38/BB-UBND", CAPITAL, day),
        "Biên bản",
        "Phiên họp thường kỳ Ủy ban nhân dân tỉnh " + previous.full,
        "minutes",
        Signature(
            ("CHỦ TRÌ",),
            setting.name("chutich"),
            ("Thành viên UBND tỉnh;", f"Thư ký: {setting.name('thuky')};", "Lưu: VT, TH."),
        ),
        extra={
            "giờ họp": "8 giờ 00",
            "ngày họp": in_words(day),
            "chủ trì": setting.name("chutich"),
            "thư ký": setting.name("thuky"),
            "giám đốc tài chính": setting.name("gd.taichinh"),
            "giám đốc giáo dục": setting.name("gd.giaoduc"),
        },
    )
    return bind(flow.sheets, f"Biên bản Phiên họp {previous.full}", "Văn phòng UBND tỉnh")


def storm_invitation(setting: Setting) -> bytes:
    """Giấy mời of the online meeting about the storm."""
    hand, flow = setting.hand("storm invitation"), Flow()
    day = storm_meeting_day(setting.today)
    write_letter(
        flow,
        hand,
        Header(OFFICE, "179/GM-VPUBND", CAPITAL, day - timedelta(days=1), parent=PROVINCE_OFFICE),
        "Giấy mời",
        "Họp giao ban trực tuyến toàn tỉnh về phòng, chống thiên tai",
        "invitation-storm",
        _office(setting),
        extra={"giờ họp": "14 giờ 00", "ngày họp": in_words(day)},
    )
    return bind(
        flow.sheets, "Giấy mời giao ban trực tuyến phòng, chống thiên tai", "Văn phòng UBND"
    )


def disaster(setting: Setting) -> bytes:
    """Báo cáo about the flood, of the past online meeting."""
    hand, flow = setting.hand("disaster"), Flow()
    damage, sums = damage_table(hand)
    day = storm_meeting_day(setting.today)
    write_letter(
        flow,
        hand,
        Header(
            "SỞ NÔNG NGHIỆP\nVÀ MÔI TRƯỜNG", "3067/BC-SNNMT", CAPITAL, day, parent=PROVINCE_OFFICE
        ),
        "Báo cáo",
        "Công tác ứng phó với đợt mưa lũ và nhiệm vụ phòng, chống thiên tai thời gian tới",
        "disaster",
        Signature(
            ("GIÁM ĐỐC",),
            setting.name("gd.nongnghiep"),
            ("Như trên;", "Thành viên Ban Chỉ huy PTDS tỉnh;", "{cấp cơ sở};", "Lưu: VT, TL."),
        ),
        addressees=("Ủy ban nhân dân tỉnh Trường Sơn",),
        insertions={"table damage": damage},
        extra={"ngày mưa": in_words(day - timedelta(days=4)), **sums},
    )
    return bind(flow.sheets, "Báo cáo ứng phó mưa lũ", "Sở Nông nghiệp và Môi trường", flow.outline)


def digital_invitation(setting: Setting) -> bytes:
    """Giấy mời of the meeting to come."""
    hand, flow = setting.hand("digital invitation"), Flow()
    day = coming_meeting_day(setting.today)
    write_letter(
        flow,
        hand,
        Header(OFFICE, "191/GM-VPUBND", CAPITAL, setting.before(1), parent=PROVINCE_OFFICE),
        "Giấy mời",
        "Dự Phiên họp chuyên đề Ủy ban nhân dân tỉnh về chuyển đổi số",
        "invitation-digital",
        _office(setting),
        extra={"giờ họp": "14 giờ 00", "ngày họp": in_words(day)},
    )
    return bind(flow.sheets, "Giấy mời Phiên họp chuyên đề về chuyển đổi số", "Văn phòng UBND tỉnh")


def digital_plan(setting: Setting) -> bytes:
    """Draft kế hoạch of the meeting to come, with the remarks it came back with."""
    hand, flow = setting.hand("digital plan"), Flow()
    write_letter(
        flow,
        hand,
        Header(COUNCIL, "        /KH-UBND", CAPITAL, setting.before(2)),
        "Kế hoạch",
        "Chuyển đổi số tỉnh Trường Sơn năm {năm sau}",
        "digital",
        Signature(
            ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"),
            "(Dự thảo)",
            (
                "Bộ Khoa học và Công nghệ;",
                "Chủ tịch, các Phó Chủ tịch UBND tỉnh;",
                "Các sở, ban, ngành;",
                "{cấp cơ sở};",
                "Lưu: VT, KGVX.",
            ),
        ),
        insertions={"table tasks": tasks_table(hand)},
    )
    flow.sheets[0].box(flow.left, 34, 62, 19, stroke=(0, 0, 0))
    flow.sheets[0].text(flow.left + 31, 48, "DỰ THẢO", 11, align="centre")
    data = bind(flow.sheets, hand.fill("Dự thảo Kế hoạch chuyển đổi số năm {năm sau}"),
                "Sở Khoa học và Công nghệ", flow.outline)  # fmt: skip
    return with_remarks(data, DIGITAL_PLAN, setting.before(1))
