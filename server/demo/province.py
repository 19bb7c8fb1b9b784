"""The organisations of the demo province, in three tiers or in the two tiers since 1 July 2025."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from server.demo.localities import DISTRICTS, KINDS

PROVINCE = "truong-son"
PROVINCE_NAME = "Trường Sơn"

LEVEL_NAMES = {
    "province": "Tỉnh",
    "authority": "Cơ quan cấp tỉnh",
    "agency": "Sở, ban, ngành",
    "district": "Huyện, thị xã, thành phố",
    "commune": "Xã, phường, thị trấn, đặc khu",
}


class Profile(StrEnum):
    """How many tiers of local government the demo shows."""

    THREE_TIER = "three-tier"
    TWO_TIER = "two-tier"


@dataclass(frozen=True)
class DemoOrganisation:
    """One node of the tree; `level` is a key of LEVEL_NAMES, parents come before children."""

    key: str
    parent_key: str | None
    name: str
    level: str


AUTHORITIES = (
    ("ubnd", "Ủy ban nhân dân tỉnh Trường Sơn"),
    ("hdnd", "Hội đồng nhân dân tỉnh Trường Sơn"),
    ("doan-dbqh", "Đoàn đại biểu Quốc hội tỉnh Trường Sơn"),
    ("mat-tran", "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh Trường Sơn"),
)

AGENCIES = (
    ("van-phong", "Văn phòng Ủy ban nhân dân tỉnh"),
    ("so-noi-vu", "Sở Nội vụ"),
    ("so-tu-phap", "Sở Tư pháp"),
    ("so-tai-chinh", "Sở Tài chính"),
    ("so-cong-thuong", "Sở Công Thương"),
    ("so-nong-nghiep", "Sở Nông nghiệp và Môi trường"),
    ("so-xay-dung", "Sở Xây dựng"),
    ("so-khoa-hoc", "Sở Khoa học và Công nghệ"),
    ("so-van-hoa", "Sở Văn hóa, Thể thao và Du lịch"),
    ("so-giao-duc", "Sở Giáo dục và Đào tạo"),
    ("so-y-te", "Sở Y tế"),
    ("so-dan-toc", "Sở Dân tộc và Tôn giáo"),
    ("thanh-tra", "Thanh tra tỉnh"),
    ("cong-an", "Công an tỉnh"),
    ("quan-su", "Bộ Chỉ huy Quân sự tỉnh"),
    ("thue", "Thuế tỉnh"),
    ("kho-bac", "Kho bạc Nhà nước khu vực"),
    ("thong-ke", "Thống kê tỉnh"),
    ("bql-kinh-te", "Ban Quản lý Khu kinh tế và các khu công nghiệp"),
    ("bao-chi", "Báo và Phát thanh, Truyền hình Trường Sơn"),
    ("trung-tam-so", "Trung tâm Chuyển đổi số tỉnh"),
)


def slug(name: str) -> str:
    """ASCII words of a Vietnamese name, joined by hyphens: "Đồng Mạ" -> "dong-ma"."""
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return "-".join("".join(letters).lower().split())


def _commune(parent: str, entry: str) -> DemoOrganisation:
    kind, name = entry.split(" ", 1)
    return DemoOrganisation(f"{parent}/{slug(name)}", parent, f"{KINDS[kind]} {name}", "commune")


@lru_cache
def organisations(profile: Profile = Profile.TWO_TIER) -> tuple[DemoOrganisation, ...]:
    """The whole tree, parents first."""
    found = [DemoOrganisation(PROVINCE, None, f"Tỉnh {PROVINCE_NAME}", "province")]
    for level, entries in (("authority", AUTHORITIES), ("agency", AGENCIES)):
        parent = PROVINCE if level == "authority" else f"{PROVINCE}/ubnd"
        found += [
            DemoOrganisation(f"{PROVINCE}/{key}", parent, name, level) for key, name in entries
        ]
    for district in DISTRICTS:
        if profile is Profile.TWO_TIER:
            found += [_commune(PROVINCE, entry) for entry in district.after]
            continue
        key = f"{PROVINCE}/{slug(district.name)}"
        found.append(
            DemoOrganisation(key, PROVINCE, f"{district.kind} {district.name}", "district")
        )
        found += [_commune(key, entry) for entry in district.before]
    return tuple(found)
