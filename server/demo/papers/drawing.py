"""Which function draws which paper. Imports PyMuPDF: for child processes and tests only."""

from __future__ import annotations

from collections.abc import Callable

from server.demo.papers import letters, other_letters
from server.demo.papers.land_review import land_review
from server.demo.papers.report import report
from server.demo.papers.setting import Setting
from server.demo.papers.wide_tables import wide_tables

DRAWN_BY: dict[str, Callable[[Setting], bytes]] = {
    "giay-moi": letters.invitation,
    "to-trinh-ngan-sach": letters.budget,
    "bao-cao-tham-tra": letters.appraisal,
    "du-thao-nghi-quyet": letters.resolution,
    "bao-cao-khieu-nai": letters.petitions,
    "bieu-so-lieu": wide_tables,
    "bao-cao-kinh-te-xa-hoi": report,
    "ra-soat-dat-dai": land_review,
    "thong-bao-ket-luan": other_letters.conclusion,
    "bien-ban": other_letters.minutes,
    "giay-moi-giao-ban": other_letters.storm_invitation,
    "bao-cao-mua-lu": other_letters.disaster,
    "giay-moi-chuyen-de": other_letters.digital_invitation,
    "ke-hoach-chuyen-doi-so": other_letters.digital_plan,
}


def draw(key: str, setting: Setting) -> bytes:
    """The bytes of one paper; the same setting gives the same bytes."""
    return DRAWN_BY[key](setting)
