"""The list of notes as a PDF: A4, one column, an outline of meetings and documents."""

import functools
import io
import re
from html import escape
from pathlib import Path
from typing import Any

from server.sandbox.child.mupdf import pymupdf
from server.sandbox.child.sketch_picture import as_png, picture_of

_FONTS = Path(__file__).parent / "fonts"
_COLOR = re.compile(r"#[0-9a-f]{6}")
A4 = (595.0, 842.0)
SIDE, TOP, BOTTOM = 62.0, 54.0, 66.0
STYLE = """
@font-face { font-family: sans; src: url(sans.ttf); }
@font-face { font-family: sans; font-weight: bold; src: url(sans-bold.ttf); }
body { font-family: sans; font-size: 10.5pt; line-height: 1.35; color: #1b2330; }
h1 { font-size: 20pt; margin: 0 0 4pt 0; }
.who { font-size: 10pt; color: #4c5462; margin: 0; }
h2 { font-size: 14pt; margin: 20pt 0 0 0; }
.when { font-size: 9pt; color: #4c5462; margin: 1pt 0 2pt 0; }
h3 { font-size: 11.5pt; margin: 12pt 0 0 0; border-top: 0.6pt solid #cfc9bc; padding-top: 6pt; }
.number { font-size: 9pt; color: #4c5462; margin: 1pt 0 0 0; }
.page { font-size: 9pt; font-weight: bold; color: #1c4f8c; margin: 9pt 0 1pt 0; }
.quote { color: #4c5462; margin: 3pt 0 0 0; padding-left: 7pt; border-left: 2.4pt solid #d8b400; }
.body { margin: 3pt 0 0 0; }
.about { font-size: 8pt; color: #6a7180; margin: 1pt 0 5pt 0; }
.foot { font-size: 8pt; color: #6a7180; text-align: center; margin: 0; }
"""


@functools.cache
def _fonts() -> dict[str, bytes]:
    return {name: (_FONTS / name).read_bytes() for name in ("sans.ttf", "sans-bold.ttf")}


def _archive() -> Any:
    archive = pymupdf.Archive()
    for name, content in _fonts().items():
        archive.add(content, name)
    return archive


def _words(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def _note(note: dict[str, Any], archive: Any, number: int) -> str:
    parts = []
    color = note["color"] if _COLOR.fullmatch(note["color"]) else "#d8b400"
    if note["quote"]:
        quote = _words(note["quote"])
        parts.append(f'<p class="quote" style="border-left-color:{color}">{quote}</p>')
    if note["body"]:
        parts.append(f'<p class="body">{_words(note["body"])}</p>')
    picture = picture_of(note)
    if picture is not None:
        name = f"{number}.png"
        archive.add(as_png(picture), name)
        size = f'width="{picture.width:.1f}" height="{picture.height:.1f}"'
        parts.append(f'<p class="body"><img src="{name}" {size}/></p>')
    parts.append(f'<p class="about">{_words(note["about"])}</p>')
    return "".join(parts)


def _html(content: dict[str, Any], archive: Any) -> str:
    parts = [f"<h1>{_words(content['title'])}</h1>"]
    parts += [f'<p class="who">{_words(line)}</p>' for line in content["lines"]]
    number = 0
    for group in content["groups"]:
        parts.append(f"<h2>{_words(group['title'])}</h2>")
        parts.append(f'<p class="when">{_words(group["when"])}</p>')
        for document in group["documents"]:
            parts.append(f"<h3>{_words(document['title'])}</h3>")
            if document["number"]:
                parts.append(f'<p class="number">{_words(document["number"])}</p>')
            for page in document["pages"]:
                parts.append(f'<p class="page">{_words(page["label"])}</p>')
                for note in page["notes"]:
                    number += 1
                    parts.append(_note(note, archive, number))
    return "".join(parts)


def make(content: dict[str, Any]) -> bytes:
    """Set the list on pages."""
    archive = _archive()
    story = pymupdf.Story(_html(content, archive), STYLE, archive=archive)
    paper = pymupdf.Rect(0, 0, *A4)
    column = pymupdf.Rect(SIDE, TOP, A4[0] - SIDE, A4[1] - BOTTOM)
    foot = pymupdf.Rect(SIDE, A4[1] - BOTTOM + 18, A4[0] - SIDE, A4[1] - 20)
    headings: list[tuple[int, str, int]] = []
    out = io.BytesIO()
    writer = pymupdf.DocumentWriter(out)
    page, more = 0, True

    def note_heading(at: Any) -> None:
        if at.heading in (2, 3) and at.open_close & 1:
            headings.append((at.heading - 1, at.text or "", page))

    while more:
        page += 1
        device = writer.begin_page(paper)
        more, _ = story.place(column)
        story.element_positions(note_heading)
        story.draw(device)
        words = f"{content['footer']} · {content['page']} {page}"
        under = pymupdf.Story(f'<p class="foot">{_words(words)}</p>', STYLE, archive=archive)
        under.place(foot)
        under.draw(device)
        writer.end_page()
    writer.close()
    return _finished(out.getvalue(), content["title"], headings)


def _finished(made: bytes, title: str, headings: list[tuple[int, str, int]]) -> bytes:
    document = pymupdf.open("pdf", made)
    if headings:
        document.set_toc([[level, words, page] for level, words, page in headings])
    document.set_metadata({"title": title, "producer": "", "creator": ""})
    document.xref_set_key(document.pdf_catalog(), "Lang", "(vi-VN)")
    document.subset_fonts()
    data: bytes = document.tobytes(garbage=3, deflate=True, use_objstms=True)
    document.close()
    return data
