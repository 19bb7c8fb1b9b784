"""A printed list of notes: made in the sandbox, read by others than those that wrote it."""

from __future__ import annotations

import copy
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pymupdf
import pytest
from PIL import Image

from server.sandbox.child.notes_job import SAMPLE
from server.sandbox.child.sketch_picture import as_png, picture_of
from server.sandbox.export import TooManyMarks
from server.sandbox.ladder import Sandbox
from server.sandbox.limits import SandboxLimits
from server.sandbox.notes import NotesForm, print_notes

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRANGE = "<b>đậm</b> & \"ngoặc\"\nẤ ữ ợ ẵ 漢字 😀 </p><img src='/etc/passwd'/>"


def content(**more: Any) -> dict[str, Any]:
    made = copy.deepcopy(SAMPLE)
    note = made["groups"][0]["documents"][0]["pages"][0]["notes"][0]
    note |= more
    return made


async def printed(sandbox: Sandbox, what: dict[str, Any], form: NotesForm) -> bytes:
    async with print_notes(sandbox, what, form) as made:
        parts = [part async for part in made.chunks()]
    assert sum(map(len, parts)) == made.size
    return b"".join(parts)


async def test_a_pdf_has_every_letter_a_drawing_and_an_outline(sandbox: Sandbox) -> None:
    made = await printed(sandbox, content(body=STRANGE), "pdf")
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert str(pdf.docinfo["/Title"]) == "Ghi chú của tôi"
        with pdf.open_outline() as outline:
            assert [one.title for one in outline.root] == ["Phiên họp"]
            assert [one.title for one in outline.root[0].children] == ["Tờ trình"]
    document = pymupdf.open("pdf", made)
    text = document[0].get_text()
    for line in ("Ghi chú của tôi", "Bà Nguyễn Thị Ấu", '<b>đậm</b> & "ngoặc"', "Trang 1"):
        assert line in text
    assert "ữ ợ ẵ 漢字" in text
    seen = document[0].get_pixmap(dpi=150)
    assert bytes((27, 79, 191)) in seen.color_count(colors=True)
    assert len(document[0].get_images()) == 1


async def test_a_word_file_has_the_same_words_and_a_picture(sandbox: Sandbox) -> None:
    made = await printed(sandbox, content(body=STRANGE + "\x00\x0b\ufffe", quote="Trích"), "docx")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        tree = ElementTree.fromstring(archive.read("word/document.xml"))
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
        image = Image.open(io.BytesIO(archive.read(pictures[0])))
    text = "\n".join("".join(part.itertext()) for part in tree.iter(f"{WORD}p"))
    for line in ("Ghi chú của tôi", "Phiên họp", "Tờ trình", "Trang 1", "Trích", "😀", "<b>đậm"):
        assert line in text
    assert (len(pictures), image.format) == (1, "PNG")
    assert (27, 79, 191) in {color for _, color in image.convert("RGB").getcolors(100_000)}
    bars = [bar.get(f"{WORD}color") for bar in tree.iter(f"{WORD}left")]
    assert bars == ["1b4fbf"]


@pytest.mark.parametrize("form", ["pdf", "docx"])
async def test_long_and_many(sandbox: Sandbox, form: NotesForm) -> None:
    what = content(body="x" * 20_000 + " " + "từ " * 3_000, quote="")
    page = what["groups"][0]["documents"][0]["pages"][0]
    page["notes"] += page["notes"] * 40
    made = await printed(sandbox, what, form)
    assert len(made) > 10_000
    if form == "pdf":
        assert pymupdf.open("pdf", made).page_count > 40


async def test_more_than_is_bearable_is_refused(sandbox: Sandbox) -> None:
    small = Sandbox(SandboxLimits(max_marks_bytes=2_000), sandbox.rung, (), ())
    with pytest.raises(TooManyMarks):
        await printed(small, content(body="x" * 3_000), "pdf")


async def test_where_no_rung_holds_our_own_words_are_printed_all_the_same() -> None:
    bare = Sandbox(SandboxLimits(), None, (), (("bubblewrap", "not here"),))
    assert (await printed(bare, content(), "pdf")).startswith(b"%PDF-")


@pytest.mark.parametrize("color", ["", "red", "#12", "url(x)", "#1B4FBF"])
def test_a_colour_that_is_none_is_ours(color: str) -> None:
    picture = picture_of(content(color=color)["groups"][0]["documents"][0]["pages"][0]["notes"][0])
    assert picture is not None
    assert picture.color == "#1d2733"


def test_a_drawing_never_outgrows_the_page() -> None:
    sketch = {"width": 5_000.0, "height": 9_000.0, "lines": [[0, 0, 555, 1000]]}
    note = content(sketch=sketch)["groups"][0]["documents"][0]["pages"][0]["notes"][0]
    picture = picture_of(note)
    assert picture is not None
    assert picture.height < 220
    assert Image.open(io.BytesIO(as_png(picture))).height < 700
