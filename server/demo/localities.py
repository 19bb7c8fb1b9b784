"""Names of the districts and communes of the invented province of Trường Sơn.

Each district lists its communes before the reform of 1 July 2025 (three tiers) and those that
follow it (two tiers). The first letter of an entry says what the commune is:
P phường, X xã, T thị trấn, D đặc khu.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {"P": "Phường", "X": "Xã", "T": "Thị trấn", "D": "Đặc khu"}


@dataclass(frozen=True)
class District:
    """A district of the old three tiers, with its communes before and after the reform."""

    kind: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split(","))


DISTRICTS: tuple[District, ...] = (
    District(
        "Thành phố",
        "Tân Lộc",
        _split("""P Hưng Thịnh, P Bến Thóc, P Nguyễn Cư Trinh, P Cửa Bắc, P Đồng Xoan, P Lò Vôi,
        P Thạch Cầu, P Vạn Xuân, P Trường Thi, P Chợ Sắt, P Kim Bồng, P Quán Gió, X Tân Hòa,
        X Lộc Điền, X Bãi Trầu, X Nghĩa Lộc"""),
        _split("""P Hưng Thịnh, P Tân Lộc, P Cửa Bắc, P Thạch Cầu, P Trường Thi, P Kim Bồng,
        P Lộc Điền, X Nghĩa Lộc"""),
    ),
    District(
        "Thị xã",
        "Phú Khê",
        _split("""P Khê Hạ, P Khê Thượng, P Phú Đình, P An Tảo, P Cầu Đất, P Bạch Vân,
        P Mỹ Hào Đông, X Phú Lạc, X Phú Nghĩa, X Khê Sơn, X Đại Nẫm, X Giao Long, X Gò Mây"""),
        _split("""P Phú Khê, P Phú Đình, P An Tảo, P Bạch Vân, X Phú Lạc, X Khê Sơn,
        X Giao Long"""),
    ),
    District(
        "Thị xã",
        "Hải Giang",
        _split("""P Cửa Lạch, P Hải Hòa Nam, P Ngư Lộc, P Bến Đò, P Xuân Hải, P Giang Tiên,
        X Hải Bằng, X Hải Triều, X Cồn Nhạn, X Diêm Phố, X Lạch Trường, X Quỳnh Giang"""),
        _split("""P Hải Giang, P Ngư Lộc, P Xuân Hải, X Hải Triều, X Cồn Nhạn, X Diêm Phố,
        X Quỳnh Giang"""),
    ),
    District(
        "Huyện",
        "An Thượng",
        _split("""T An Thượng, X An Lễ, X An Ninh Tây, X Bồ Điền, X Cao Xá, X Đồng Mạ, X Hạ Bằng,
        X Lai Trạch, X Minh Tảo, X Ngọc Trạo, X Thượng Đình, X Vân Tập, X Yên Trị"""),
        _split("""X An Thượng, X An Lễ, X Bồ Điền, X Đồng Mạ, X Lai Trạch, X Ngọc Trạo,
        X Vân Tập"""),
    ),
    District(
        "Huyện",
        "Bình Lâm",
        _split("""T Bình Lâm, T Ga Sim, X Bình Cốc, X Bình Dã, X Chiềng Ải, X Đá Chông, X Giáp Lâm,
        X Hồng Lĩnh Tây, X Khe Ngang, X Lâm Thao Hạ, X Suối Rút, X Trại Mía, X Xuân Lâm"""),
        _split("""X Bình Lâm, X Ga Sim, X Chiềng Ải, X Đá Chông, X Khe Ngang, X Suối Rút,
        X Xuân Lâm"""),
    ),
    District(
        "Huyện",
        "Cẩm Sơn",
        _split("""T Cẩm Sơn, X Cẩm Bào, X Cẩm Đàn, X Cẩm Lĩnh Hạ, X Cẩm Nhượng, X Đan Trường,
        X Hà Lâm, X Ngũ Phúc, X Phong Vân, X Tam Đồng, X Thạch Kiệt, X Vĩnh Cẩm, X Xóm Dừa"""),
        _split("""X Cẩm Sơn, X Cẩm Bào, X Cẩm Nhượng, X Đan Trường, X Ngũ Phúc, X Thạch Kiệt,
        X Vĩnh Cẩm"""),
    ),
    District(
        "Huyện",
        "Đông Thạch",
        _split("""T Đông Thạch, X Đông Cứu, X Đông Hiển, X Đông Lĩnh Thượng, X Đông Quan Hạ,
        X Bạch Thạch, X Cự Đồng, X Gia Phố, X Kẻ Trọng, X Lương Ngạc, X Phúc Đồng, X Thạch Vĩnh,
        X Trung Chính Đông"""),
        _split("""X Đông Thạch, X Đông Cứu, X Bạch Thạch, X Gia Phố, X Kẻ Trọng, X Lương Ngạc,
        X Phúc Đồng"""),
    ),
    District(
        "Huyện",
        "Hòa Lương",
        _split("""T Hòa Lương, X Hòa Mục, X Hòa Trạch, X Lương Điền, X Lương Phúc, X Bái Đô,
        X Châu Khê, X Định Tăng, X Hạc Trì, X Nông Tiến Đông, X Tân Khoái, X Thiệu Viên,
        X Yên Phong Nam"""),
        _split("""X Hòa Lương, X Hòa Trạch, X Lương Phúc, X Châu Khê, X Định Tăng, X Hạc Trì,
        X Thiệu Viên"""),
    ),
    District(
        "Huyện",
        "Khe Sim",
        _split("""T Khe Sim, X A Lưới Hạ, X Ba Nang, X Cù Bai, X Đăk Tro, X Hướng Tân, X Khe Đá,
        X La Hót, X Pa Tầng, X Ra Mai, X Tà Long Thượng, X Tà Rụt Đông, X Xy Pa"""),
        _split("""X Khe Sim, X Ba Nang, X Cù Bai, X Hướng Tân, X La Hót, X Pa Tầng,
        X Tà Long Thượng"""),
    ),
    District(
        "Huyện",
        "Mường Lạn",
        _split("""T Mường Lạn, X Bản Chiềng, X Bản Pùng, X Chiềng Khương Hạ, X Chiềng Sơ Đông,
        X Huổi Tụ, X Mường Ải, X Mường Cang, X Mường Lèo Hạ, X Nậm Cắn Đông, X Nậm Giải,
        X Pù Nhi, X Tri Lễ Thượng"""),
        _split("""X Mường Lạn, X Bản Pùng, X Huổi Tụ, X Mường Ải, X Mường Cang, X Nậm Giải,
        X Pù Nhi"""),
    ),
    District(
        "Huyện",
        "Nam Hưng",
        _split("""T Nam Hưng, X Nam Bình, X Nam Giao, X Nam Lễ, X Hưng Nhượng, X Hưng Yên Đông,
        X Bích Triều, X Cát Văn, X Đồng Văn Hạ, X Hạnh Lâm, X Kim Liên Tây, X Thanh Chi,
        X Võ Liệt Nam"""),
        _split("""X Nam Hưng, X Nam Giao, X Hưng Nhượng, X Bích Triều, X Cát Văn, X Hạnh Lâm,
        X Thanh Chi"""),
    ),
    District(
        "Huyện",
        "Sơn Trung",
        _split("""T Sơn Trung, T Nông trường Ba Tri Đồi, X Sơn Bằng, X Sơn Hàm, X Sơn Lễ, X Sơn Mai,
        X Sơn Trà, X Ân Phú, X Đức Bồng, X Hương Thọ, X Kim Hoa Tây, X Quang Diệm, X Trung Phúc"""),
        _split("""X Sơn Trung, X Sơn Bằng, X Sơn Mai, X Ân Phú, X Đức Bồng, X Quang Diệm,
        X Trung Phúc"""),
    ),
    District(
        "Huyện",
        "Thanh Phước",
        _split("""T Thanh Phước, X Thanh Lạng, X Thanh Mai Hạ, X Phước Hậu, X Phước Lai,
        X Phước Trạch, X Bàu Sen, X Cồn Cỏ Lau, X Điền Hải, X Gò Nổi, X Lộc Trì,
        X Phong Hải Nam, X Vinh Hiền Tây"""),
        _split("""X Thanh Phước, X Thanh Lạng, X Phước Lai, X Phước Trạch, X Bàu Sen, X Điền Hải,
        X Lộc Trì"""),
    ),
    District(
        "Huyện",
        "Vĩnh Trạch",
        _split("""T Vĩnh Trạch, T Bến Quan Hạ, X Vĩnh Chấp, X Vĩnh Khê, X Vĩnh Ô, X Vĩnh Tú,
        X Trạch Lâm, X Trạch Mỹ, X Cam Nghĩa, X Gio Mai, X Hiền Thành, X Kim Thạch, X Trung Nam"""),
        _split("""X Vĩnh Trạch, X Bến Quan Hạ, X Vĩnh Khê, X Vĩnh Tú, X Trạch Mỹ, X Gio Mai,
        X Hiền Thành"""),
    ),
    District(
        "Huyện đảo",
        "Hòn Nghê",
        _split("""T Bãi Đông, X Hòn Nghê Lớn, X Hòn Nghê Nhỏ, X Cù Lao Chim"""),
        _split("""D Hòn Nghê"""),
    ),
)
