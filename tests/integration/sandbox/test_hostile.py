"""Files that want to break, fill or stall the machine: one clear code each, and nothing lingers."""

import dataclasses
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server.sandbox.check_documents import check_document, check_folder
from server.sandbox.ingest import ingest
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import REFUSAL_CODES, DocumentRefused

Write = Callable[..., Path]
BLANK = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of objects 1, 2, 3 …; the first is the catalog."""
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return out.getvalue()


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(body), body)


def page_with(content: bytes, resources: bytes = b"") -> tuple[bytes, ...]:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<<%s>>>>"
    return CATALOG, PAGES, page % resources, content


async def refusal(sandbox: Sandbox, path: Path) -> str:
    with pytest.raises(DocumentRefused) as caught:
        async for _ in ingest(sandbox, path):
            pass
    assert caught.value.code in REFUSAL_CODES
    return caught.value.code


def one_page(document: Any) -> None:
    document.new_page(width=200, height=200).insert_text((20, 50), "mot trang")


WRONG_OUTSIDE = {
    "empty": (b"", "empty_file"),
    "text": (b"Kinh gui: UBND", "not_a_pdf"),
    "late header": (b"\n" + raw_pdf(CATALOG, PAGES, BLANK), "not_a_pdf"),
    "html": (b"<!DOCTYPE html><html><script>alert(1)</script>", "disguised"),
    "html with bom": (b"\xef\xbb\xbf  <html>", "disguised"),
    "zip": (b"PK\x03\x04" + bytes(40), "disguised"),
    "html under a header": (b"%PDF-1.7\n<html><script>alert(1)</script></html>", "disguised"),
    "zip tail": (
        raw_pdf(CATALOG, PAGES, BLANK) + b"PK\x05\x06" + bytes(18),
        "disguised",
    ),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "disguised"),
    "header only": (b"%PDF-1.7\n", "damaged"),
    "noise": (b"%PDF-1.4\n" + bytes(range(256)) * 8, "damaged"),
    "cut in half": (raw_pdf(CATALOG, PAGES, BLANK)[:60], "damaged"),
    "no pages": (raw_pdf(CATALOG, b"<</Type/Pages/Kids[]/Count 0>>"), "damaged"),
}


@pytest.mark.parametrize("name", WRONG_OUTSIDE)
async def test_what_is_no_readable_pdf(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    data, code = WRONG_OUTSIDE[name]
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert await refusal(sandbox, path) == code


async def test_zip_letters_inside_a_stream_are_no_archive(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(raw_pdf(*page_with(stream(b"% PK\x05\x06 and twenty-two bytes more here"))))
    assert await check_document(sandbox, path) == "ok"


async def test_a_password_is_named(sandbox: Sandbox, write_pdf: Write) -> None:
    locked = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "x", "owner_pw": "y"}
    assert await refusal(sandbox, write_pdf(one_page, **locked)) == "encrypted"
    open_to_all = {**locked, "user_pw": ""}
    assert await check_document(sandbox, write_pdf(one_page, "b.pdf", **open_to_all)) == "ok"


async def test_bounds_of_size_and_pages(sandbox: Sandbox, write_pdf: Write) -> None:
    path = write_pdf(one_page)
    tight = dataclasses.replace(sandbox.limits, max_file_bytes=100)
    assert await refusal(dataclasses.replace(sandbox, limits=tight), path) == "too_large"

    def many(document: Any) -> None:
        for _ in range(5_001):
            document.new_page(width=50, height=50)

    assert await refusal(sandbox, write_pdf(many, "many.pdf")) == "too_many_pages"


@pytest.mark.parametrize("box", [(50_000, 50_000), (14_000, 20), (100, 15_000)])
async def test_a_page_no_screen_can_show(
    sandbox: Sandbox, tmp_path: Path, box: tuple[int, int]
) -> None:
    path = tmp_path / "huge.pdf"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]>>" % box
    path.write_bytes(raw_pdf(CATALOG, PAGES, page))
    assert await refusal(sandbox, path) == "page_too_large"


def picture(width: int, height: int) -> bytes:
    packed = zlib.compress(zlib.compress(bytes(4_000_000), 9), 9)
    entries = (
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8"
        b"/ColorSpace/DeviceRGB/Filter[/FlateDecode/FlateDecode]" % (width, height)
    )
    return stream(packed, entries)


async def test_a_picture_bomb(hasty: Sandbox, tmp_path: Path) -> None:
    shown = stream(b"200 0 0 200 0 0 cm /I Do")
    for size in ((60_000, 60_000), (16_000, 16_000)):
        path = tmp_path / "picture.pdf"
        objects = page_with(shown, b"/XObject<</I 5 0 R>>")
        path.write_bytes(raw_pdf(*objects, picture(*size)))
        assert await check_document(hasty, path) in ("too_complex", "ok")


async def test_content_that_never_ends(hasty: Sandbox, tmp_path: Path) -> None:
    """Forms that call each other ten times, ten deep: 10¹⁰ drawings."""
    forms = []
    for depth in range(10):
        box = b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]"
        inner = b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + depth)
        forms.append(stream(b"/F Do " * 10, box + inner))
    last = stream(b"0 0 9 9 re f " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]")
    path = tmp_path / "endless.pdf"
    objects = page_with(stream(b"/F Do"), b"/XObject<</F 5 0 R>>")
    path.write_bytes(raw_pdf(*objects, *forms, last))
    assert await refusal(hasty, path) == "too_complex"


async def test_a_page_tree_deeper_than_any_stack(hasty: Sandbox, tmp_path: Path) -> None:
    depth = 20_000
    nodes = [CATALOG]
    nodes += [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (3 + n) for n in range(depth)]
    nodes.append(b"<</Type/Page/MediaBox[0 0 9 9]>>")
    path = tmp_path / "deep.pdf"
    path.write_bytes(raw_pdf(*nodes))
    assert await check_document(hasty, path) in {"ok", "damaged", "too_complex", "crashed"}


async def test_a_page_tree_that_bites_its_tail(hasty: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "loop.pdf"
    path.write_bytes(raw_pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"))
    assert await refusal(hasty, path) == "damaged"


async def test_a_count_that_lies(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "count.pdf"
    path.write_bytes(raw_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", BLANK))
    assert await refusal(sandbox, path) in ("too_many_pages", "damaged")


async def test_a_deflate_bomb(hasty: Sandbox, tmp_path: Path) -> None:
    packed = zlib.compress(zlib.compress(b"q " * 40_000_000, 9), 9)
    path = tmp_path / "deflate.pdf"
    bomb = stream(packed, b"/Filter[/FlateDecode/FlateDecode]")
    path.write_bytes(raw_pdf(*page_with(bomb)))
    assert await check_document(hasty, path) in ("too_complex", "damaged", "ok")


async def test_two_hundred_thousand_objects(hasty: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "objects.pdf"
    path.write_bytes(raw_pdf(CATALOG, PAGES, BLANK, *[b"[1 2 3]"] * 200_000))
    assert await check_document(hasty, path) == "ok"


async def test_a_folder_is_checked_to_its_end(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "good.pdf").write_bytes(raw_pdf(CATALOG, PAGES, BLANK))
    (tmp_path / "bad.pdf").write_bytes(b"PK\x03\x04")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "empty.pdf").write_bytes(b"")
    found = {path.name: code async for path, code in check_folder(sandbox, tmp_path, 2)}
    assert found == {"good.pdf": "ok", "bad.pdf": "disguised", "empty.pdf": "empty_file"}


@pytest.fixture(scope="module")
def seed_pdf() -> bytes:
    document = pymupdf.open()
    page = document.new_page(width=200, height=200)
    page.insert_text((20, 50), "hat giong")
    page.draw_rect((10, 60, 90, 90), fill=(1, 0, 0))
    document.set_toc([[1, "a", 1]])
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document.tobytes())) as pdf:
        pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=20))
async def test_any_damage_gives_pages_or_one_code(
    hasty: Sandbox, seed_pdf: bytes, tmp_path: Path, changes: list[tuple[float, bytes]]
) -> None:
    data = bytearray(seed_pdf)
    for place, junk in changes:
        at = 8 + int(place * (len(data) - 8))
        data[at : at + len(junk)] = junk
    path = tmp_path / "fuzz.pdf"
    path.write_bytes(data)
    assert await check_document(hasty, path) in {"ok", *REFUSAL_CODES} - {"timed_out"}
