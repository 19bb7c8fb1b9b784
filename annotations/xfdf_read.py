"""XFDF read (ISO 19444-1): its annotations as entries of a PDF, for `annotations.pdf_import`. Pure.

The parser knows no document types: a file that declares one, and with it entities, is refused
before anything of it is expanded or fetched. Size, depth and number of annotations are bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from annotations.errors import XfdfError
from annotations.limits import MAX_COORDINATE, MAX_XFDF_BYTES, MAX_XFDF_DEPTH
from annotations.pdf_drawing import PageFrame
from annotations.pdf_import import RawMark
from annotations.pdf_values import PdfName, PdfRef, PdfValue, text_of
from annotations.xfdf import (
    BORDERS,
    CHILDREN,
    COLORS,
    FLAGS,
    LISTS,
    NAMESPACE,
    NUMBERS,
    OURS,
    TEXTS,
)

_SUBTYPES: Final = {
    name.lower(): name
    for name in (
        *("Text", "Highlight", "Underline", "StrikeOut", "Squiggly", "Square", "Circle", "Line"),
        *("Ink", "FreeText", "Stamp", "Caret", "Polygon", "PolyLine", "FileAttachment", "Link"),
        *("Sound", "Redact", "Projection"),
    )
}
_NAMED: Final = frozenset({"Name", "IT"})
_STYLES: Final = {word: name for name, word in BORDERS.items()}
_PARAGRAPHS: Final = frozenset({"p", "br", "div", "li"})


@dataclass(slots=True)
class _Element:
    """An annotation being read: its attributes, and the text of its children."""

    tag: str
    attributes: dict[str, str]
    texts: dict[str, list[str]] = field(default_factory=dict)
    gestures: list[list[str]] = field(default_factory=list)


def read_xfdf(data: bytes) -> list[RawMark]:
    """The annotations of an XFDF file, in its order. Raises XfdfError: `too_large`,
    `bad_xml` for what is none or declares a document type, `not_xfdf` for XML of another kind."""
    if len(data) > MAX_XFDF_BYTES:
        raise XfdfError("too_large")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, XfdfError):
            raise
        raise XfdfError("bad_xml") from None
    numbers_of = {
        name: number
        for number, one in enumerate(reader.found, 1)
        if (name := one.attributes.get("name"))
    }
    return [_raw(one, number, numbers_of) for number, one in enumerate(reader.found, 1)]


class _Reader:
    """Collects the children of <annots>."""

    def __init__(self) -> None:
        self.found: list[_Element] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._sink: list[str] | None = None

    def _refuse(self, *_: object) -> int:
        raise XfdfError("bad_xml")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if not self._path and name != f"{NAMESPACE} xfdf":
            raise XfdfError("not_xfdf")
        if len(self._path) >= MAX_XFDF_DEPTH:
            raise XfdfError("bad_xml")
        self._path.append(tag)
        inside = self._path[:2] == ["xfdf", "annots"]
        match len(self._path):
            case 3 if inside:
                self.found.append(_Element(tag, attributes))
            case 4 if inside:
                self._sink = self.found[-1].texts.setdefault(tag, [])
            case depth if depth > 4 and inside:
                if tag == "gesture":
                    self.found[-1].gestures.append([])
                    self._sink = self.found[-1].gestures[-1]
                elif tag in _PARAGRAPHS and self._sink:
                    self._sink.append("\n")

    def _end(self, name: str) -> None:
        self._path.pop()
        if len(self._path) < 4:
            self._sink = None

    def _text(self, text: str) -> None:
        if self._sink is not None:
            self._sink.append(text)


def _raw(one: _Element, number: int, numbers_of: dict[str, int]) -> RawMark:
    said = one.attributes
    entries: dict[str, PdfValue] = {}
    for sources, read in _ATTRIBUTES:
        for key, name in sources.items():
            if name in said:
                entries[key] = read(said[name])
    for key in _NAMED & entries.keys():
        entries[key] = PdfName(entries[key])
    for key, name in CHILDREN.items():
        if name in one.texts:
            entries[key] = text_of("".join(one.texts[name]))
    if not entries.get("Contents") and "contents-richtext" in one.texts:
        entries["Contents"] = "".join(one.texts["contents-richtext"]).strip()
    entries["BS"] = _border(said)
    if "start" in said and "end" in said:
        entries["L"] = _floats(said["start"]) + _floats(said["end"])
        entries["LE"] = [PdfName(said.get("head", "None")), PdfName(said.get("tail", "None"))]
    if one.gestures:
        entries["InkList"] = [_floats("".join(stroke).replace(";", ",")) for stroke in one.gestures]
    flags = (FLAGS.get(flag.strip(), 0) for flag in said.get("flags", "").split(","))
    entries["F"] = sum(set(flags))
    if "inreplyto" in said:
        entries["IRT"] = PdfRef(numbers_of.get(said["inreplyto"], 0))
        entries["RT"] = PdfName("Group" if said.get("replyType") == "group" else "R")
    page = said.get("page", "")
    index = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else -1
    return RawMark(
        index,
        None,
        number,
        _SUBTYPES.get(one.tag, "?"),
        entries,
        frame=_frame(said.get(f"{OURS} top", "")),
        highlighter=said.get(f"{OURS} kind") == "highlighter",
    )


def _frame(top: str) -> PageFrame | None:
    height = _float(top)
    inside = height is not None and 0 < height <= MAX_COORDINATE
    return PageFrame(0.0, height) if inside and height is not None else None


def _border(said: dict[str, str]) -> dict[str, PdfValue]:
    style: dict[str, PdfValue] = {}
    if "width" in said:
        style["W"] = _float(said["width"])
    if said.get("style") in _STYLES:
        style["S"] = PdfName(_STYLES[said["style"]])
    if "dashes" in said:
        style["D"] = _floats(said["dashes"])
    return style


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _floats(text: str) -> list[float | None]:
    return [_float(part) for part in text.split(",")]


def _color(text: str) -> list[float] | None:
    digits = text.removeprefix("#")
    try:
        return [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    except ValueError:
        return None


_ATTRIBUTES: Final[tuple[tuple[dict[str, str], Callable[[str], PdfValue]], ...]] = (
    (LISTS, _floats),
    (COLORS, _color),
    (NUMBERS, _float),
    (TEXTS, text_of),
)
