"""Charts inside the sixty-page report."""

from __future__ import annotations

from server.demo.papers import charts
from server.demo.papers.charts import Series
from server.demo.papers.figures import Hand
from server.demo.papers.flow import Flow
from server.demo.papers.key_figures import KeyFigures
from server.demo.papers.prose import Insertion
from server.demo.papers.sheet import Sheet

MONTHS = tuple(f"T{month}" for month in range(1, 13))


def _values(hand: Hand, count: int, low: float, high: float, decimals: int = 1) -> list[float]:
    return [hand.between(low, high, decimals) for _ in range(count)]


def _rising(hand: Hand, count: int, start: float, step: float) -> list[float]:
    value, found = start, []
    for _ in range(count):
        value += step * hand.between(0.35, 1.6, 2)
        found.append(round(value, 1))
    return found


def _short(hand: Hand) -> list[str]:
    """Names of the localities without their kind."""
    kinds = ("thành phố ", "thị xã ", "huyện đảo ", "huyện ", "phường ", "xã ", "đặc khu ")
    found = []
    for place in hand.places:
        kind = next(k for k in kinds if place.startswith(k))
        found.append(place.removeprefix(kind))
    return found


def _columns(
    caption: str, labels: list[str], rows: list[Series], unit: str, decimals: int = 0
) -> Insertion:
    def draw(sheet: Sheet, x: float, y: float, width: float) -> None:
        charts.columns(sheet, x, y, width, 210, labels, rows, unit, decimals)

    return lambda flow: flow.drawing(210, draw, caption)


def _lines(caption: str, labels: list[str], rows: list[Series], unit: str) -> Insertion:
    def draw(sheet: Sheet, x: float, y: float, width: float) -> None:
        charts.lines(sheet, x, y, width, 205, labels, rows, unit)

    return lambda flow: flow.drawing(205, draw, caption)


def _bars(caption: str, labels: list[str], values: list[float], unit: str) -> Insertion:
    def draw(sheet: Sheet, x: float, y: float, width: float) -> None:
        charts.bars(sheet, x, y, width, 20 + 17 * len(labels) + 10, labels, values, unit)

    return lambda flow: flow.drawing(30 + 17 * len(labels), draw, caption)


def _ring(caption: str, parts: list[tuple[str, float]]) -> Insertion:
    def draw(sheet: Sheet, x: float, y: float, width: float) -> None:
        rows = [Series(name, (value,)) for name, value in parts]
        charts.ring(sheet, x, y, width, 165, rows)

    def insert(flow: Flow) -> None:
        flow.drawing(165, draw, caption)

    return insert


def chart_insertions(hand: Hand, key: KeyFigures) -> dict[str, Insertion]:
    """The "!chart …" lines of the report's texts."""
    year = int(hand.names["năm"])
    years = [str(y) for y in range(year - 4, year + 1)]
    now, last = f"Năm {year}", f"Năm {year - 1}"
    months = list(MONTHS)
    passed = int(hand.names["số tháng"])  # this year has no figures for months to come
    return {
        "chart growth": _columns(
            "Tốc độ tăng GRDP theo khu vực kinh tế",
            years,
            [
                Series("Nông nghiệp", [*_values(hand, 4, 2.8, 4.2), key.sectors[0]]),
                Series("Công nghiệp, xây dựng", [*_values(hand, 4, 7.9, 11), key.sectors[1]]),
                Series("Dịch vụ", [*_values(hand, 4, 5.6, 8.0), key.sectors[2]]),
            ],
            "%",
            1,
        ),
        "chart structure": _ring(
            "Cơ cấu kinh tế của tỉnh",
            [
                ("Nông, lâm nghiệp, thủy sản", key.shares[0]),
                ("Công nghiệp và xây dựng", key.shares[1]),
                ("Dịch vụ", key.shares[2]),
                ("Thuế sản phẩm trừ trợ cấp", key.shares[3]),
            ],
        ),
        "chart monthly": _lines(
            "Chỉ số sản xuất công nghiệp các tháng so với bình quân năm gốc",
            months,
            [
                Series(now, _rising(hand, 12, 104, 1.9)[:passed]),
                Series(last, _rising(hand, 12, 97, 1.3)),
            ],
            "%",
        ),
        "chart harvest": _columns(
            "Sản lượng thủy sản qua các năm",
            years,
            [
                Series("Khai thác", _values(hand, 5, 39, 48)),
                Series("Nuôi trồng", _values(hand, 5, 14, 22)),
            ],
            "nghìn tấn",
            1,
        ),
        "chart industry": _bars(
            "Tốc độ tăng sản lượng một số sản phẩm công nghiệp",
            ["May mặc", "Gỗ, viên nén", "Thủy sản", "Điện", "Phân bón", "Bia", "Gạch không nung"],
            _values(hand, 7, 2.1, 15.8),
            "%",
        ),
        "chart trade": _lines(
            "Kim ngạch xuất khẩu, nhập khẩu theo tháng",
            months,
            [
                Series("Xuất khẩu", _values(hand, 12, 58, 84)[:passed]),
                Series("Nhập khẩu", _values(hand, 12, 41, 62)[:passed]),
            ],
            "triệu USD",
        ),
        "chart revenue": _columns(
            "Thu nội địa và thu xuất nhập khẩu qua các năm",
            years,
            [
                Series("Thu nội địa", [*_rising(hand, 4, 5_300, 430), key.domestic]),
                Series("Xuất nhập khẩu", [*_rising(hand, 4, 1_150, 130), key.customs]),
            ],
            "tỷ đồng",
        ),
        "chart disbursement": _bars(
            "Tỷ lệ giải ngân vốn đầu tư công theo địa phương",
            _short(hand),
            _values(hand, len(hand.places), 46, 93),
            "%",
        ),
        "chart land": _ring(
            "Cơ cấu sử dụng đất của tỉnh",
            [
                ("Đất trồng lúa", hand.between(9, 11, 1)),
                ("Đất nông nghiệp khác", hand.between(14, 17, 1)),
                ("Đất lâm nghiệp", hand.between(57, 60, 1)),
                ("Đất ở", hand.between(3, 4, 1)),
                ("Đất phi nông nghiệp khác", hand.between(7, 9, 1)),
                ("Đất chưa sử dụng", hand.between(2, 3, 1)),
            ],
        ),
        "chart health": _lines(
            "Số ca sốt xuất huyết theo tháng",
            months,
            [
                Series(now, _values(hand, 12, 28, 190, 0)[:passed]),
                Series(last, _values(hand, 12, 40, 240, 0)),
            ],
            "ca",
        ),
        "chart digital": _columns(
            "Tỷ lệ hồ sơ trực tuyến và thanh toán trực tuyến",
            years,
            [
                Series("Hồ sơ trực tuyến", _rising(hand, 5, 22, 11)),
                Series("Thanh toán trực tuyến", _rising(hand, 5, 14, 10)),
            ],
            "%",
            1,
        ),
        "chart petitions": _ring(
            "Nội dung đơn thư tiếp nhận",
            [
                ("Bồi thường, tái định cư", hand.between(34, 39, 1)),
                ("Cấp giấy chứng nhận", hand.between(24, 29, 1)),
                ("Chế độ, chính sách", hand.between(12, 16, 1)),
                ("Môi trường, xây dựng", hand.between(9, 13, 1)),
                ("Nội dung khác", hand.between(8, 11, 1)),
            ],
        ),
    }
