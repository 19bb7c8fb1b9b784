"""The agenda of the session in session: the meeting and the printed programme share it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AgendaLine:
    """One item; braces in the title are names of a paper's setting, `papers` their keys."""

    number: str
    title: str
    minutes: int
    presenter: str
    papers: tuple[str, ...] = ()
    internal: bool = False


SESSION: tuple[AgendaLine, ...] = (
    AgendaLine("1", "Khai mạc, thông qua chương trình phiên họp", 10, "chutich", ("giay-moi",)),
    AgendaLine(
        "2",
        "Báo cáo tình hình phát triển kinh tế - xã hội, bảo đảm quốc phòng, an ninh {tháng}, "
        "{lũy kế}; nhiệm vụ, giải pháp trọng tâm {tháng sau}",
        60,
        "gd.taichinh",
        ("bao-cao-kinh-te-xa-hoi",),
    ),
    AgendaLine(
        "3",
        "Điều chỉnh dự toán thu, chi ngân sách địa phương và phân bổ vốn đầu tư công năm {năm}",
        45,
        "pgd.taichinh",
        ("to-trinh-ngan-sach", "bieu-so-lieu", "bao-cao-tham-tra"),
    ),
    AgendaLine(
        "4",
        "Kết quả rà soát các dự án chậm tiến độ có sử dụng đất",
        40,
        "gd.nongnghiep",
        ("ra-soat-dat-dai",),
    ),
    AgendaLine(
        "5",
        "Dự thảo Nghị quyết quy định chính sách hỗ trợ giáo dục và y tế cơ sở ở địa bàn khó khăn",
        40,
        "gd.giaoduc",
        ("du-thao-nghi-quyet",),
    ),
    AgendaLine(
        "6",
        "Một số vụ việc khiếu nại, tố cáo kéo dài và phương án đối thoại (nội bộ)",
        30,
        "chanhthanhtra",
        ("bao-cao-khieu-nai",),
        internal=True,
    ),
)

# Who may read the restricted paper of the internal item, besides its author.
RESTRICTED_READERS = (
    "chutich",
    "pct.thuongtruc",
    "pct.vanxa",
    "pct.nongnghiep",
    "cvp",
    "thuky",
    "gd.noivu",
    "gd.nongnghiep",
    "gd.congan",
    "chanhthanhtra",
)
