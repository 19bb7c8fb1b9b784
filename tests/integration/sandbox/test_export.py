"""Exported PDFs as other programs read and draw them: PyMuPDF, pikepdf, poppler."""

import io
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
import pytest
from PIL import Image

from server.sandbox.export import ExportMode, export_pdf
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused
from tests.integration.sandbox.marks import (
    AUTHORS,
    LAYERS,
    SUBTYPES,
    box,
    mark,
    one_of_each,
    quad,
    stroke,
)

Write = Callable[..., Path]


async def export(
    sandbox: Sandbox,
    path: Path,
    mode: ExportMode = "annotations",
    marks: Sequence[dict[str, Any]] = (),
) -> bytes:
    async with export_pdf(sandbox, path, mode, marks, layers=LAYERS, authors=AUTHORS) as exported:
        data = b"".join([chunk async for chunk in exported.chunks()])
        assert len(data) == exported.size
    return data


def two_pages(document: Any) -> None:
    for number in range(2):
        document.new_page(width=400, height=500).insert_text((40, 130), f"Trang so {number}")


def draw(data: bytes, page: int = 0, zoom: float = 1) -> Image.Image:
    shown = pymupdf.open(stream=data)[page].get_pixmap(matrix=pymupdf.Matrix(zoom, zoom))
    return Image.frombytes("RGB", (shown.width, shown.height), shown.samples)


def draw_with_poppler(data: bytes, tmp_path: Path) -> Image.Image:
    assert shutil.which("pdftoppm"), "install poppler-utils"
    (tmp_path / "drawn.pdf").write_bytes(data)
    options = ["-cropbox", "-r", "72", "-png", "-f", "1", "-l", "1"]
    command = ["pdftoppm", *options, "drawn.pdf", "drawn"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return Image.open(next(tmp_path.glob("drawn-*.png"))).convert("RGB")


def reddish(image: Image.Image) -> tuple[int, int, int, int] | None:
    red, green, _ = image.split()
    strong = Image.eval(red, lambda v: 255 if v > 150 else 0)
    weak = Image.eval(green, lambda v: 255 if v < 110 else 0)
    return Image.composite(strong, Image.new("L", image.size), weak).getbbox()


async def test_every_kind_is_a_real_annotation(sandbox: Sandbox, write_pdf: Write) -> None:
    marks = one_of_each(page=1)
    data = await export(sandbox, write_pdf(two_pages), marks=marks)
    wanted = {(m["id"], SUBTYPES[m["kind"]]) for m in marks}

    document = pymupdf.open(stream=data)
    assert not list(document[0].annots())
    page = document[1]  # must outlive its annotations
    seen = list(page.annots())
    assert {(a.info["id"], a.type[1]) for a in seen} == wanted
    assert {a.info["title"] for a in seen} == {"Nguyễn Thị Ấn"}
    assert [o["name"] for o in document.get_ocgs().values()] == ["Ghi chú của tôi"]
    bodies = {a.info["id"]: a.info["content"] for a in seen}
    assert {m["id"]: m.get("body", "") for m in marks} == bodies

    with pikepdf.open(io.BytesIO(data)) as pdf:
        entries = [a for a in pdf.pages[1].Annots if a.Subtype != "/Popup"]
        assert {(str(a.NM), str(a.Subtype)[1:]) for a in entries} == wanted
        for entry in entries:
            x0, y0, x1, y1 = (float(number) for number in entry.Rect)
            size = [float(number) for number in entry.AP.N.BBox]
            assert size == pytest.approx([0, 0, x1 - x0, y1 - y0], abs=0.01)
            assert str(entry.M) == "D:20251122082820Z"
            assert entry.OC.Type == "/OCG"
        noted = [a for a in entries if a.Subtype == "/Text"]
        assert noted[0].Popup.Parent.NM == noted[0].NM
        marked = next(a for a in entries if a.Subtype == "/Highlight")
        assert [float(n) for n in marked.QuadPoints][:8] == [
            40, 380, 140, 380, 40, 366, 140, 366,
        ]  # fmt: skip


def rotated(rotation: int, crop: bool, unit: bool) -> Callable[[Any], None]:
    def build(document: Any) -> None:
        page = document.new_page(width=400, height=500)
        if crop:
            page.set_cropbox(pymupdf.Rect(30, 50, 380, 470))
        if unit:
            document.xref_set_key(page.xref, "UserUnit", "2")
        page.set_rotation(rotation)

    return build


@pytest.mark.parametrize("mode", ["annotations", "flattened"])
@pytest.mark.parametrize(
    ("rotation", "crop", "unit"),
    [(0, False, False), (90, True, False), (180, True, True), (270, True, True)],
)
async def test_marks_stand_where_they_were_drawn(
    sandbox: Sandbox, write_pdf: Write, rotation: int, crop: bool, unit: bool, mode: ExportMode
) -> None:
    """A rectangle given in page space is found at that place, turned as the page is."""
    wanted = mark("rectangle", {"rect": [60, 80, 160, 110]}, style={"fill": "#c62828", "width": 0})
    path = write_pdf(rotated(rotation, crop, unit))
    data = await export(sandbox, path, mode, [wanted])
    wide, high = (350, 420) if crop else (400, 500)
    scale = 2 if unit else 1
    wide, high = wide * scale, high * scale
    expected = {
        0: (60, 80, 160, 110),
        90: (high - 110, 60, high - 80, 160),
        180: (wide - 160, high - 110, wide - 60, high - 80),
        270: (80, wide - 160, 110, wide - 60),
    }[rotation]
    assert reddish(draw(data)) == pytest.approx(expected, abs=1.5)


async def test_poppler_draws_the_same(sandbox: Sandbox, write_pdf: Write, tmp_path: Path) -> None:
    path = write_pdf(rotated(90, True, False))
    data = await export(sandbox, path, marks=one_of_each(rotate=270))
    ours, theirs = draw(data), draw_with_poppler(data, tmp_path)
    assert reddish(theirs) == pytest.approx(reddish(ours), abs=2)
    drawn = [sum(1 for p in image.convert("L").tobytes() if p < 200) for image in (ours, theirs)]
    assert drawn[0] == pytest.approx(drawn[1], rel=0.15)


@pytest.mark.parametrize("rotation", [0, 90, 270])
async def test_a_note_stays_upright_and_centred(
    sandbox: Sandbox, write_pdf: Write, tmp_path: Path, rotation: int
) -> None:
    """Viewers do not turn a text annotation with its page, but about its upper left corner."""

    def build(document: Any) -> None:
        document.new_page(width=200, height=150).set_rotation(rotation)

    note = mark("note", {"point": [60, 50], "rotate": -rotation % 360})
    data = await export(sandbox, write_pdf(build), "annotations", [note])
    x, y = {0: (60, 50), 90: (100, 60), 270: (50, 140)}[rotation]
    for image in (draw(data), draw_with_poppler(data, tmp_path)):
        assert reddish(image) == pytest.approx((x - 11, y - 11, x + 11, y + 11), abs=1.5)


async def test_pressure_shapes_the_stroke(sandbox: Sandbox, write_pdf: Write) -> None:
    points = [(50.0 + i, 100.0, i / 200) for i in range(201)]
    pen = mark("ink", {"rect": box(points)}, ink=stroke(points), style={"width": 20})
    image = draw(await export(sandbox, write_pdf(two_pages), "annotations", [pen]))

    def thickness(x: int) -> int:
        return sum(1 for y in range(60, 140) if image.getpixel((x, y))[1] < 110)  # type: ignore[index]

    # radius = 20 · (0.2 + 0.6 · pressure): 4 to 16 pt at the ends, twice that across.
    assert thickness(60) == pytest.approx(9, abs=2)
    assert thickness(150) == pytest.approx(20, abs=2)
    assert thickness(240) == pytest.approx(31, abs=2)


async def test_a_stroke_over_itself_has_no_holes(sandbox: Sandbox, write_pdf: Write) -> None:
    """Turning sharply and crossing itself, half transparent: one even area."""
    points = [(100.0, 100.0, 0.5), (200.0, 100.0, 0.5), (110.0, 104.0, 0.5), (150.0, 90.0, 0.5)]
    pen = mark(
        "ink", {"rect": box(points)}, ink=stroke(points),
        style={"width": 12, "opacity": 0.5, "color": "#000000"},
    )  # fmt: skip
    image = draw(await export(sandbox, write_pdf(two_pages), "annotations", [pen])).convert("L")
    inside = [image.getpixel((x, 100)) for x in range(105, 196)]
    assert min(inside) >= 120  # type: ignore[type-var]
    assert max(inside) <= 136  # type: ignore[type-var]


async def test_a_moved_stroke_is_drawn_where_it_went(sandbox: Sandbox, write_pdf: Write) -> None:
    points = [(50.0, 300.0), (100.0, 300.0)]
    pen = mark(
        "ink",
        {"rect": [150, 320, 200, 320], "matrix": [1, 0, 0, 1, 100, 20]},
        ink=stroke(points),
        style={"width": 6},
    )
    data = await export(sandbox, write_pdf(two_pages), "annotations", [pen])
    assert reddish(draw(data)) == pytest.approx((147, 317, 203, 323), abs=1)
    page = pymupdf.open(stream=data)[0]
    (annotation,) = page.annots()
    assert annotation.vertices[0][0] == pytest.approx((150, 320))


async def test_decoded_points_are_taken_too(sandbox: Sandbox, write_pdf: Write) -> None:
    pen = mark("ink", {"rect": [50, 300, 100, 300]}, ink=[[50, 300, 0.5], [100, 300, 0.5]])
    data = await export(sandbox, write_pdf(two_pages), "annotations", [pen])
    assert reddish(draw(data)) == pytest.approx((49, 299, 101, 301), abs=1)


async def test_a_reply_names_its_parent(sandbox: Sandbox, write_pdf: Write) -> None:
    parent = mark("note", {"point": [60, 60]}, body="Hỏi")
    answer = mark("note", {"point": [60, 60]}, body="Đáp", reply_to=parent["id"])
    lost = mark("note", {"point": [90, 60]}, body="?", reply_to=mark("note", {})["id"])
    data = await export(sandbox, write_pdf(two_pages), marks=[answer, parent, lost])
    with pikepdf.open(io.BytesIO(data)) as pdf:
        entries = {str(a.NM): a for a in pdf.pages[0].Annots if a.Subtype == "/Text"}
        assert parent["id"] == entries[answer["id"]].IRT.NM
        assert "/IRT" not in entries[lost["id"]]


async def test_text_in_marks_can_be_read_back(sandbox: Sandbox, write_pdf: Write) -> None:
    words = mark("free_text", {"rect": [60, 240, 260, 280]}, body="Đề nghị giữ ấp\nợ → ữ")
    data = await export(sandbox, write_pdf(two_pages), "flattened", [words])
    text = pymupdf.open(stream=data)[0].get_text()
    assert "Đề nghị giữ ấp" in text
    assert "ợ → ữ" in text


async def test_flattened_has_no_annotations(sandbox: Sandbox, write_pdf: Write) -> None:
    data = await export(sandbox, write_pdf(two_pages), "flattened", one_of_each())
    document = pymupdf.open(stream=data)
    assert not list(document[0].annots())
    assert reddish(draw(data)) is not None
    assert "Trang so 0" in document[0].get_text()
    assert draw(data, 1).tobytes() == draw(document.tobytes(), 1).tobytes()


async def test_flattened_prints_the_words_of_notes(sandbox: Sandbox, write_pdf: Write) -> None:
    long = "Đề nghị rà soát lại toàn bộ số liệu của kỳ trước. " * 150
    marks = [
        mark("note", {"point": [100, 100]}, page=1, body=long + "Hết."),
        mark("note", {"point": [100, 100]}, page=0, body="Thống nhất"),
        mark("highlight", {"quads": [quad(30, 110, 200, 140)]}, body="Xem lại"),
    ]
    document = pymupdf.open(stream=await export(sandbox, write_pdf(two_pages), "flattened", marks))
    printed = " ".join(" ".join(page.get_text().split()) for page in list(document)[2:])
    assert document.page_count >= 4
    assert "1. [1] · Nguyễn Thị Ấn Thống nhất 2. [1] · Nguyễn Thị Ấn Xem lại" in printed
    assert "3. [2] · Nguyễn Thị Ấn Đề nghị" in printed
    assert printed.endswith("Hết.")
    words = document[-1].get_text("words")
    assert max(word[2] for word in words) < 595 - 50
    assert "3" in document[1].get_text().split()


async def test_a_highlight_leaves_black_text_black(sandbox: Sandbox, write_pdf: Write) -> None:
    over = mark("highlight", {"quads": [quad(30, 110, 200, 140)]}, style={"color": "#ffd84d"})
    for mode in ("annotations", "flattened"):
        image = draw(await export(sandbox, write_pdf(two_pages), mode, [over]), zoom=3)  # type: ignore[arg-type]
        assert image.getpixel((100, 340)) == pytest.approx((255, 216, 77), abs=3)
        assert image.convert("L").getextrema()[0] < 30  # type: ignore[operator]


async def test_what_runs_or_hides_is_taken_out(sandbox: Sandbox, write_pdf: Write) -> None:
    def build(document: Any) -> None:
        two_pages(document)
        document.embfile_add("secret.exe", b"MZ")
        root = document.pdf_catalog()
        document.xref_set_key(root, "OpenAction", "<</S/JavaScript/JS(app.alert(1))>>")
        page = document[0]
        document.xref_set_key(page.xref, "AA", "<</O<</S/Launch/F(calc.exe)>>>>")
        link = {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(0, 0, 9, 9)}
        page.insert_link({**link, "uri": "https://example.org/"})
        page.add_file_annot((50, 50), b"MZ", "x.exe")

    data = await export(sandbox, write_pdf(build), "clean")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        plain = io.BytesIO()
        pdf.save(plain, stream_decode_level=pikepdf.StreamDecodeLevel.all,
                 object_stream_mode=pikepdf.ObjectStreamMode.disable)  # fmt: skip
    for word in (b"JavaScript", b"Launch", b"FileAttachment", b"EmbeddedFile", b"OpenAction"):
        assert word not in plain.getvalue()
    assert b"https://example.org/" in plain.getvalue()


async def test_the_original_is_only_read(sandbox: Sandbox, write_pdf: Write) -> None:
    path = write_pdf(two_pages)
    before = path.read_bytes()
    await export(sandbox, path, "annotations", one_of_each())
    assert path.read_bytes() == before


async def test_marks_beyond_the_last_page_are_counted(sandbox: Sandbox, write_pdf: Write) -> None:
    path = write_pdf(two_pages)
    marks = [mark("note", {"point": [5, 5]}, page=page) for page in (1, 2)]
    async with export_pdf(sandbox, path, "annotations", marks) as exported:
        assert (exported.written, exported.skipped) == (1, 1)


async def test_ten_thousand_marks_leave_in_one_file(sandbox: Sandbox, write_pdf: Write) -> None:
    marks = [one for number in range(770) for one in one_of_each(number % 2)]
    async with export_pdf(sandbox, write_pdf(two_pages), "annotations", marks) as exported:
        assert (exported.written, exported.skipped) == (10_010, 0)


async def test_one_bad_mark_does_not_cost_the_others(sandbox: Sandbox, write_pdf: Write) -> None:
    good = mark("note", {"point": [50, 50]})
    bad = [
        mark("ink", {"rect": [0, 0, 1, 1]}, ink="AAAA"),
        mark("note", {"point": []}),
        mark("note", {"point": [50, 50]}, style={"color": "red"}),
        mark("unheard_of", {}),
        {"id": "x", "layer": "y"},
    ]
    path = write_pdf(two_pages)
    async with export_pdf(sandbox, path, "annotations", [*bad, good]) as exported:
        assert (exported.written, exported.skipped) == (1, len(bad))


async def test_a_broken_file_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(DocumentRefused) as caught:
        await export(sandbox, path)
    assert caught.value.code == "damaged"
