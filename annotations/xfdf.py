"""Marks as XFDF (ISO 19444-1), the exchange format of PDF editors. Pure.

Lossy by its nature: no pressure, no layers, no appearance. Coordinates are user space, as in the
PDF; so a mark goes through `annotations.pdf` and its entries become attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from annotations.pdf import PdfMark
from annotations.pdf_values import PdfName, PdfValue, color_of, numbers, text_of

NAMESPACE: Final = "http://ns.adobe.com/xfdf/"
OURS: Final = "urn:x-phonghop:xfdf"
"""Of what XFDF has no word for, on an annotation: `kind`, the one of ours that others have no
annotation for (highlighter), and `top`, how high its page was taken to be by a tablet that knows
neither CropBox nor UserUnit: then the origin is the page's lower left corner, one unit one point.
The tablet writes both (client annotating/xfdf)."""
MEDIA_TYPE: Final = "application/vnd.adobe.xfdf"
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document holds."""
FLAGS: Final = {
    "invisible": 1,
    "hidden": 2,
    "print": 4,
    "nozoom": 8,
    "norotate": 16,
    "noview": 32,
    "readonly": 64,
    "locked": 128,
}
TEXTS: Final = {
    "T": "title",
    "Subj": "subject",
    "NM": "name",
    "M": "date",
    "CreationDate": "creationdate",
    "Name": "icon",
    "IT": "IT",
    "State": "state",
    "StateModel": "statemodel",
}
"""Entry of a PDF → attribute of the same text."""
LISTS: Final = {"Rect": "rect", "QuadPoints": "coords", "RD": "fringe"}
COLORS: Final = {"C": "color", "IC": "interior-color"}
NUMBERS: Final = {"CA": "opacity", "Rotate": "rotation"}
CHILDREN: Final = {"Contents": "contents", "DA": "defaultappearance", "DS": "defaultstyle"}
BORDERS: Final = {"S": "solid", "D": "dash", "B": "bevelled", "I": "inset", "U": "underline"}


def write_xfdf(marks: Iterable[PdfMark], href: str) -> bytes:
    """A whole XFDF file; `href` names the PDF it belongs to."""
    written = list(marks)
    names = {mark.id: text_of(mark.entries["NM"]) for mark in written}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xfdf xmlns="{NAMESPACE}" xmlns:phonghop="{OURS}" xml:space="preserve">',
        f"<f href={_quoted(href)}/>",
        "<annots>",
        *(line for mark in written for line in _elements(mark, names)),
        "</annots>",
        "</xfdf>",
        "",
    ]
    return "\n".join(lines).encode("utf-8")


def _elements(mark: PdfMark, names: Mapping[str, str]) -> list[str]:
    lines = [_element(mark, names)]
    if mark.state is not None:
        said = {key: _words(mark.state[name]) for name, key in TEXTS.items() if name in mark.state}
        said |= {"page": str(mark.page), "flags": "hidden,print,nozoom,norotate"}
        said |= {"inreplyto": names[mark.id], "replyType": "reply"}
        lines.append(f"<text{_said(said)}/>")
    return lines


def _said(attributes: Mapping[str, str]) -> str:
    return "".join(f" {key}={_quoted(value)}" for key, value in attributes.items())


def _element(mark: PdfMark, names: Mapping[str, str]) -> str:
    entries = mark.entries
    attributes: dict[str, str] = {"page": str(mark.page)}
    for key, name in LISTS.items():
        values = numbers(entries.get(key), 1, 1_000_000)
        if values is not None:
            attributes[name] = ",".join(f"{value:g}" for value in _exact(values))
    for key, name in COLORS.items():
        color = color_of(entries.get(key))
        if color is not None:
            attributes[name] = color
    for key, name in NUMBERS.items():
        if key in entries:
            attributes[name] = f"{entries[key]:g}"
    for key, name in TEXTS.items():
        text = _words(entries.get(key))
        if text:
            attributes[name] = text
    attributes["flags"] = "print"
    if mark.appearance.multiply and entries["Subtype"] == "Ink":
        attributes["phonghop:kind"] = "highlighter"
    attributes |= _border(entries) | _ends(entries)
    parent = names.get(mark.reply_to or "")
    if parent is not None:
        attributes |= {"inreplyto": parent, "replyType": "reply"}
    children = [
        f"<{name}>{escape(_xml(_words(entries[key])))}</{name}>"
        for key, name in CHILDREN.items()
        if key in entries
    ]
    if "InkList" in entries:
        children.append(_gestures(entries["InkList"]))
    if mark.popup is not None:
        box = ",".join(f"{value:g}" for value in mark.popup)
        children.append(f'<popup page="{mark.page}" rect="{box}" open="no"/>')
    tag = str(entries["Subtype"]).lower()
    return f"<{tag}{_said(attributes)}>{''.join(children)}</{tag}>"


def _exact(values: list[float]) -> list[float]:
    return [round(value, 3) for value in values]


def _words(value: PdfValue) -> str:
    return str(value) if isinstance(value, PdfName) else text_of(value)


def _border(entries: Mapping[str, PdfValue]) -> dict[str, str]:
    style = entries.get("BS")
    if not isinstance(style, dict):
        return {}
    said = {"width": f"{style['W']:g}"} if "W" in style else {}
    if style.get("S") in BORDERS:
        said["style"] = BORDERS[str(style["S"])]
    dashes = numbers(style.get("D"), 1, 10)
    return said if dashes is None else said | {"dashes": ",".join(f"{one:g}" for one in dashes)}


def _ends(entries: Mapping[str, PdfValue]) -> dict[str, str]:
    line = numbers(entries.get("L"), 4, 4)
    if line is None:
        return {}
    x0, y0, x1, y1 = line
    heads = [str(one) for one in entries["LE"]]
    return {
        "start": f"{x0:g},{y0:g}",
        "end": f"{x1:g},{y1:g}",
        "head": heads[0],
        "tail": heads[1],
    }


def _gestures(strokes: list[list[float]]) -> str:
    written = "".join(
        "<gesture>"
        + ";".join(f"{x:g},{y:g}" for x, y in zip(stroke[::2], stroke[1::2], strict=True))
        + "</gesture>"
        for stroke in strokes
    )
    return f"<inklist>{written}</inklist>"


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)


def _quoted(text: str) -> str:
    return quoteattr(_xml(text))
