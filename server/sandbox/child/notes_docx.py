"""The list of notes as a Word file, to be gone on with: headings, quotes with a bar, pictures."""

import functools
import io
import itertools
import re
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.shape import CT_Inline
from docx.shared import Cm, Pt, RGBColor

from server.sandbox.child.sketch_picture import Picture, as_png, picture_of

TYPEFACE = "Times New Roman"
"""On every office machine, with all Vietnamese letters; what NĐ 30/2020 asks of documents."""
GREY = RGBColor(0x4C, 0x54, 0x62)
BLUE = RGBColor(0x1C, 0x4F, 0x8C)
BLACK = RGBColor(0x1B, 0x23, 0x30)
_COLOR = re.compile(r"#[0-9a-f]{6}")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Letters that XML 1.0 cannot carry (https://www.w3.org/TR/xml/#charsets)."""


@functools.cache
def _template() -> bytes:
    """The empty document with its styles. python-docx reads its own templates from files, which a
    locked-down process cannot."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    for name, size, bold, color, before in (
        ("Normal", 13, False, BLACK, 0),
        ("Title", 20, True, BLACK, 0),
        ("Heading 1", 16, True, BLACK, 18),
        ("Heading 2", 14, True, BLACK, 14),
        ("Heading 3", 12, True, BLUE, 8),
    ):
        style: Any = document.styles[name]
        style.font.name, style.font.size = TYPEFACE, Pt(size)
        style.font.bold, style.font.color.rgb = bold, color
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(key), TYPEFACE)
        for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(key), None)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(3)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    document.styles["Normal"].element.get_or_add_rPr().append(language)
    document.sections[0].footer.is_linked_to_previous = False
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _words(text: str) -> str:
    return _UNFIT.sub("", text)


def _small(paragraph: Any, text: str, size: float = 10) -> None:
    run = paragraph.add_run(_words(text))
    run.font.size, run.font.color.rgb = Pt(size), GREY


def _field(paragraph: Any, code: str) -> None:
    """A field that Word works out itself (ECMA-376 17.16.18)."""
    for kind, text in (("begin", None), (None, code), ("end", None)):
        run = paragraph.add_run()
        run.font.size, run.font.color.rgb = Pt(9), GREY
        if kind is None:
            part = OxmlElement("w:instrText")
            part.text = text
        else:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)


def _bar(paragraph: Any, color: str) -> None:
    """A line in the colour of the mark, left of a quote."""
    borders = OxmlElement("w:pBdr")
    left = OxmlElement("w:left")
    for key, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", color[1:])):
        left.set(qn(f"w:{key}"), value)
    borders.append(left)
    paragraph._p.get_or_add_pPr().append(borders)


def _picture(document: Any, picture: Picture, number: int) -> None:
    """As `add_picture`, which looks through the whole document for each picture's number."""
    relation, _ = document.part.get_or_add_image(io.BytesIO(as_png(picture)))
    size = Pt(picture.width), Pt(picture.height)
    inline = CT_Inline.new_pic_inline(number, relation, f"{number}.png", *size)
    document.add_paragraph().add_run()._r.add_drawing(inline)


def _note(document: Any, note: dict[str, Any], number: int) -> None:
    if note["quote"]:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.left_indent = Cm(0.5)
        _bar(paragraph, note["color"] if _COLOR.fullmatch(note["color"]) else "#d8b400")
        run = paragraph.add_run(_words(note["quote"]))
        run.font.color.rgb = GREY
    if note["body"]:
        document.add_paragraph(_words(note["body"]))
    picture = picture_of(note)
    if picture is not None:
        _picture(document, picture, number)
    _small(document.add_paragraph(), note["about"], 9)


def make(content: dict[str, Any]) -> bytes:
    """Write the list into a Word file (ECMA-376)."""
    document = docx.Document(io.BytesIO(_template()))
    document.core_properties.title = _words(content["title"])
    document.core_properties.author = ""
    document.add_paragraph(_words(content["title"]), style="Title")
    for line in content["lines"]:
        _small(document.add_paragraph(), line, 12)
    numbers = itertools.count(1)
    for group in content["groups"]:
        document.add_heading(_words(group["title"]), 1)
        _small(document.add_paragraph(), group["when"])
        for paper in group["documents"]:
            document.add_heading(_words(paper["title"]), 2)
            if paper["number"]:
                _small(document.add_paragraph(), paper["number"])
            for page in paper["pages"]:
                document.add_heading(_words(page["label"]), 3)
                for note in page["notes"]:
                    _note(document, note, next(numbers))
    foot = document.sections[0].footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _small(foot, f"{content['footer']} · {content['page']} ", 9)
    _field(foot, "PAGE")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
