"""The parts of an administrative paper after NĐ 30/2020/NĐ-CP, Phụ lục I and III.

Header (agency, Quốc hiệu and tiêu ngữ, number and symbol, place and date), kind and abstract,
addressees, signature block and the list of receivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from server.demo.calendar import in_words
from server.demo.papers.flow import Flow
from server.demo.papers.lines import broken, natural_width, words, write_line
from server.demo.papers.sheet import Colour, Sheet
from server.demo.papers.typeface import Style, face

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
SEAL: Colour = (0.82, 0.13, 0.15)
INK: Colour = (0.12, 0.19, 0.55)


@dataclass(frozen=True)
class Header:
    """Who issues a paper, its number and symbol, place and day."""

    agency: str
    number_symbol: str
    place: str
    day: date
    parent: str = ""
    subject: str = ""  # the abstract under the number, for letters only


@dataclass(frozen=True)
class Signature:
    """Lines of authority ("TM. …", "KT. …"), the signer's name, and the receivers."""

    lines: Sequence[str]
    name: str
    receivers: Sequence[str]
    signed: bool = False


def centred(
    sheet: Sheet, x: float, y: float, text: str, size: float, style: Style, width: float
) -> float:
    """Write a text centred on x, broken at \\n and at the width; returns the last baseline."""
    number = 0
    for part in text.split("\n"):
        measured = words(part, size, "Bold" in style.value, "Italic" in style.value)
        for line in broken(measured, size, width, width):
            y += size * 1.22 if number else 0
            number += 1
            write_line(sheet, line, x - natural_width(line, size) / 2, y, size)
    return y


def write_header(flow: Flow, header: Header) -> None:
    """The first lines of a paper, over two columns."""
    sheet, column = flow.sheet, flow.geometry.column
    left_width, right_width = column * 0.42, column * 0.58
    left, right = flow.left + left_width / 2, flow.right - right_width / 2
    y = flow.y + 12
    agency_y = y
    if header.parent:
        agency_y = centred(sheet, left, y, header.parent, 12.5, Style.REGULAR, left_width) + 16
    agency_y = centred(sheet, left, agency_y, header.agency, 12.5, Style.BOLD, left_width)
    sheet.line(left - left_width * 0.2, agency_y + 5, left + left_width * 0.2, agency_y + 5, 0.7)
    sheet.text(right, y, NATION, 12.5, Style.BOLD, align="centre")
    sheet.text(right, y + 17, MOTTO, 13.5, Style.BOLD, align="centre")
    half = face(Style.BOLD).width(MOTTO, 13.5) / 2
    sheet.line(right - half, y + 22, right + half, y + 22, 0.7)
    row = max(agency_y, y + 17) + 24
    sheet.text(left, row, f"Số: {header.number_symbol}", 13, align="centre")
    place = f"{header.place}, {in_words(header.day)}"
    sheet.text(right, row, place, 13.5, Style.ITALIC, align="centre")
    if header.subject:
        row = centred(sheet, left, row + 16, header.subject, 12, Style.REGULAR, left_width - 14)
    flow.y = row + 14


def write_title(flow: Flow, kind: str, abstract: str, note: str = "") -> None:
    """Kind of paper, abstract and the line below; `note` is the italic line of a draft."""
    flow.paragraph(kind.upper(), size=14, bold=True, align="centre", before=8)
    flow.paragraph(abstract, size=14, bold=True, align="centre", before=1, left=30, right=30)
    middle, half = flow.left + flow.geometry.column / 2, flow.geometry.column * 0.11
    flow.sheet.line(middle - half, flow.y + 3, middle + half, flow.y + 3, 0.7)
    flow.y += 10
    if note:
        flow.paragraph(note, size=13, italic=True, align="centre", before=2)


def write_addressees(flow: Flow, addressees: Sequence[str]) -> None:
    """Kính gửi: one on the same line, several in a list."""
    if len(addressees) == 1:
        flow.paragraph(f"Kính gửi: {addressees[0]}", align="centre", before=8)
        return
    flow.paragraph("Kính gửi:", left=110, indent=0, before=8)
    for number, addressee in enumerate(addressees, 1):
        end = "." if number == len(addressees) else ";"
        flow.paragraph(f"- {addressee}{end}", left=150, indent=0, before=1, align="left")


def write_signature(flow: Flow, signature: Signature) -> None:
    """Receivers on the left, authority and name on the right, kept on one sheet."""
    height = max(128 + 17 * len(signature.lines), 24 + 13.4 * len(signature.receivers))
    flow.space(14)
    flow.need(height)
    sheet, column, top = flow.sheet, flow.geometry.column, flow.y
    sheet.text(flow.left, top + 12, "Nơi nhận:", 12, Style.BOLD_ITALIC)
    y = top + 12
    for receiver in signature.receivers:
        measured = words(f"- {receiver}", 11)
        for line in broken(measured, 11, column * 0.44, column * 0.44):
            y += 13.2
            write_line(sheet, line, flow.left, y, 11)
    centre, width = flow.right - column * 0.26, column * 0.52
    y_right = top + 12
    for line_number, text in enumerate(signature.lines):
        y_right += 17 if line_number else 0
        y_right = centred(sheet, centre, y_right, text, 13.5, Style.BOLD, width)
    if signature.signed:
        draw_signature(sheet, centre, y_right + 42, signature.name)
        draw_seal(sheet, centre - 62, y_right + 40)
    name_y = y_right + 88
    sheet.text(centre, name_y, signature.name, 14, Style.BOLD, align="centre")
    flow.y = max(y, name_y) + 10


def draw_seal(sheet: Sheet, x: float, y: float, radius: float = 46.0) -> None:
    """A round seal of the invented province: two rings, a star and a few words."""
    import math

    for size, width in ((radius, 2.2), (radius * 0.66, 0.9)):
        k = size * 0.5523
        sheet.curves(
            (x + size, y),
            [
                (x + size, y + k, x + k, y + size, x, y + size),
                (x - k, y + size, x - size, y + k, x - size, y),
                (x - size, y - k, x - k, y - size, x, y - size),
                (x + k, y - size, x + size, y - k, x + size, y),
            ],
            width,
            SEAL,
        )
    star = [
        (
            x + radius * (0.42 if i % 2 == 0 else 0.17) * math.sin(i * math.pi / 5),
            y - radius * (0.42 if i % 2 == 0 else 0.17) * math.cos(i * math.pi / 5),
        )
        for i in range(10)
    ]
    sheet.polygon(star, SEAL)
    motto = "TỈNH TRƯỜNG SƠN * MẪU THỬ NGHIỆM *"
    turn = 2 * math.pi / len(motto)
    for place, character in enumerate(motto):
        angle = turn * place - math.pi / 2
        cos, sin = math.cos(angle), math.sin(angle)
        px, py = x + radius * 0.76 * sin, y - radius * 0.76 * cos
        sheet.operators.append(
            f"BT {SEAL[0]} {SEAL[1]} {SEAL[2]} rg /{Style.BOLD.resource} 8 Tf "
            f"{cos:.4f} {-sin:.4f} {sin:.4f} {cos:.4f} {px - 2.6 * cos:.2f} "
            f"{sheet.height - py + 2.6 * sin:.2f} Tm "
            f"<{face(Style.BOLD).hexadecimal(character)}> Tj ET"
        )


def draw_signature(sheet: Sheet, x: float, y: float, name: str) -> None:
    """A scribble that follows the letters of a name."""
    px, py = x - 44.0, y + 6.0
    pieces = []
    for place, character in enumerate(name.split()[-1] + name[:5]):
        swing = 10 + ord(character) % 23
        step = 7 + ord(character) % 8
        up = -swing if place % 2 == 0 else swing * 0.8
        pieces.append((px + step * 0.2, py + up, px + step * 1.1, py + up * 0.7, px + step, py))
        px, py = px + step, py + (2 if place % 3 else -5)
        pieces[-1] = (*pieces[-1][:4], px, py)
    pieces.append((px + 26, py - 16, px + 10, py + 18, x - 30, y + 20))
    sheet.curves((x - 44.0, y + 6.0), pieces, 1.5, INK)
