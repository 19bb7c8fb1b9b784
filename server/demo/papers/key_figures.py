"""Figures that the report names in several places, so that text, tables and charts agree."""

from __future__ import annotations

from dataclasses import dataclass

from server.demo.papers.figures import Hand, number

REVENUES = (
    ("Thu từ khu vực doanh nghiệp nhà nước trung ương", 820),
    ("Thu từ khu vực doanh nghiệp nhà nước địa phương", 145),
    ("Thu từ khu vực có vốn đầu tư nước ngoài", 690),
    ("Thu từ khu vực kinh tế ngoài quốc doanh", 1_860),
    ("Thuế thu nhập cá nhân", 540),
    ("Lệ phí trước bạ", 430),
    ("Thuế bảo vệ môi trường", 720),
    ("Thu phí, lệ phí", 210),
    ("Các khoản thu về nhà, đất", 2_150),
    ("Thu xổ số kiến thiết", 38),
    ("Thu cấp quyền khai thác khoáng sản", 96),
    ("Thu khác ngân sách", 245),
)

DOMESTIC_PLAN = sum(plan for _, plan in REVENUES)
CUSTOMS_PLAN = 1_850


@dataclass(frozen=True)
class KeyFigures:
    """Growth and shares in percent, revenue in billions of đồng."""

    growth: float
    sectors: tuple[float, float, float]  # agriculture, industry and construction, services
    shares: tuple[float, float, float, float]  # the same and taxes less subsidies
    domestic_parts: tuple[int, ...]
    customs: int

    @property
    def domestic(self) -> int:
        return sum(self.domestic_parts)

    @property
    def revenue(self) -> int:
        return self.domestic + self.customs

    def names(self) -> dict[str, str]:
        """Words for the texts."""
        return {
            "tăng trưởng": number(self.growth, 1),
            "tăng nông nghiệp": number(self.sectors[0], 1),
            "tăng công nghiệp": number(self.sectors[1], 1),
            "tăng dịch vụ": number(self.sectors[2], 1),
            "tỷ trọng nông nghiệp": number(self.shares[0], 1),
            "tổng thu": number(self.revenue),
            "thu nội địa": number(self.domestic),
            "thu hải quan": number(self.customs),
            "tỷ lệ thu": number(100 * self.revenue / (DOMESTIC_PLAN + CUSTOMS_PLAN), 1),
        }


def key_figures(hand: Hand) -> KeyFigures:
    """Figures that fit each other: growth is the weighted sum, shares add up to 100."""
    sectors = (hand.between(3.3, 4.4, 1), hand.between(9.8, 11.9, 1), hand.between(7.1, 8.4, 1))
    first, second = hand.between(19.1, 21.4, 1), hand.between(37.2, 39.6, 1)
    third = hand.between(34.8, 36.4, 1)
    shares = (first, second, third, round(100 - first - second - third, 1))
    weighted = [rate * share for rate, share in zip(sectors, shares, strict=False)]
    growth = round((sum(weighted) + 5.0 * shares[3]) / 100, 1)
    slow = {1, 8}  # local state enterprises and land: the two that the text calls slow
    parts = tuple(
        round(
            plan * (hand.between(0.71, 0.82, 3) if place in slow else hand.between(0.95, 1.14, 3))
        )
        for place, (_, plan) in enumerate(REVENUES)
    )
    customs = round(CUSTOMS_PLAN * hand.between(0.93, 1.04, 3))
    return KeyFigures(growth, sectors, shares, parts, customs)
