"""What the demo's papers are called, who prepared them, what number they carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentPlan:
    """A paper before a day is known; braces in the title are names of a paper's setting."""

    key: str
    kind: str
    title: str
    number_symbol: str
    owner: str
    restricted: bool = False


DOCUMENTS: dict[str, DocumentPlan] = {
    plan.key: plan
    for plan in (
        DocumentPlan(
            "giay-moi",
            "Giấy mời",
            "Giấy mời và chương trình Phiên họp thường kỳ {tháng năm}",
            "187/GM-VPUBND",
            "thuky",
        ),
        DocumentPlan(
            "bao-cao-kinh-te-xa-hoi",
            "Báo cáo",
            "Báo cáo tình hình kinh tế - xã hội {tháng} và {lũy kế}",
            "412/BC-UBND",
            "gd.taichinh",
        ),
        DocumentPlan(
            "to-trinh-ngan-sach",
            "Tờ trình",
            "Tờ trình điều chỉnh dự toán ngân sách và vốn đầu tư công năm {năm}",
            "2318/TTr-STC",
            "pgd.taichinh",
        ),
        DocumentPlan(
            "bieu-so-lieu",
            "Phụ lục",
            "Biểu số liệu kèm theo Tờ trình số 2318/TTr-STC",
            "2318/TTr-STC",
            "pgd.taichinh",
        ),
        DocumentPlan(
            "bao-cao-tham-tra",
            "Báo cáo thẩm tra",
            "Báo cáo thẩm tra sơ bộ của Ban Kinh tế - Ngân sách",
            "64/BC-KTNS",
            "khach.ktns",
        ),
        DocumentPlan(
            "ra-soat-dat-dai",
            "Báo cáo",
            "Báo cáo rà soát các dự án có sử dụng đất chậm tiến độ (bản chụp)",
            "1976/BC-SNNMT",
            "pgd.datdai",
        ),
        DocumentPlan(
            "du-thao-nghi-quyet",
            "Dự thảo nghị quyết",
            "Dự thảo Nghị quyết hỗ trợ giáo dục và y tế cơ sở ở địa bàn khó khăn",
            "…/{năm}/NQ-HĐND",
            "gd.giaoduc",
        ),
        DocumentPlan(
            "bao-cao-khieu-nai",
            "Báo cáo",
            "Báo cáo một số vụ việc khiếu nại, tố cáo kéo dài",
            "95/BC-TTr",
            "chanhthanhtra",
            restricted=True,
        ),
        DocumentPlan(
            "thong-bao-ket-luan",
            "Thông báo kết luận",
            "Thông báo kết luận Phiên họp thường kỳ {tháng trước}",
            "571/TB-VPUBND",
            "thuky",
        ),
        DocumentPlan(
            "bien-ban",
            "Biên bản",
            "Biên bản Phiên họp thường kỳ {tháng trước}",
            "38/BB-UBND",
            "thuky",
        ),
        DocumentPlan(
            "giay-moi-giao-ban",
            "Giấy mời",
            "Giấy mời giao ban trực tuyến phòng, chống thiên tai",
            "179/GM-VPUBND",
            "thuky3",
        ),
        DocumentPlan(
            "bao-cao-mua-lu",
            "Báo cáo",
            "Báo cáo ứng phó mưa lũ và nhiệm vụ phòng, chống thiên tai",
            "3067/BC-SNNMT",
            "gd.nongnghiep",
        ),
        DocumentPlan(
            "giay-moi-chuyen-de",
            "Giấy mời",
            "Giấy mời Phiên họp chuyên đề về chuyển đổi số",
            "191/GM-VPUBND",
            "thuky",
        ),
        DocumentPlan(
            "ke-hoach-chuyen-doi-so",
            "Dự thảo kế hoạch",
            "Dự thảo Kế hoạch chuyển đổi số năm {năm sau}",
            "/KH-UBND",
            "gd.khoahoc",
        ),
    )
}
