"""Marks that a file brings along: read, taken out of the picture of its pages, bounded."""

import dataclasses
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from annotations.ink import decode_ink, ink_from_text
from server.sandbox.events import MarksRead, PageReady
from server.sandbox.export import export_pdf
from server.sandbox.ingest import ingest
from server.sandbox.ladder import Sandbox
from server.sandbox.tiles import TileRenderer
from tests.integration.sandbox.marks import AUTHORS, LAYERS, one_of_each
from tests.integration.sandbox.test_export import reddish, rotated

Write = Callable[..., Path]
Name = pikepdf.Name


async def read(sandbox: Sandbox, path: Path) -> tuple[MarksRead, list[PageReady]]:
    events = [event async for event in ingest(sandbox, path)]
    (brought,) = [event for event in events if isinstance(event, MarksRead)]
    return brought, [event for event in events if isinstance(event, PageReady)]


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def write_annotations(
    path: Path, build: Callable[[Any, Any], list[Any]], pages: int = 1, **page_entries: Any
) -> Path:
    """A PDF with the annotations that `build(pdf, page)` gives for each page."""
    pdf = pikepdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(400, 500))
        page.obj.Annots = pikepdf.Array(build(pdf, page))
        for key, value in page_entries.items():
            page.obj["/" + key] = value
    pdf.save(path)
    return path


def annotation(subtype: str, **entries: Any) -> Any:
    found = pikepdf.Dictionary(
        Type=Name.Annot, Subtype=Name("/" + subtype), Rect=[60, 400, 160, 450]
    )
    for key, value in entries.items():
        found["/" + key] = value
    return found


@pytest.mark.parametrize(
    ("rotation", "crop", "unit"),
    [(0, False, False), (90, True, False), (180, True, True), (270, True, True)],
)
async def test_our_own_export_comes_back_as_it_was(
    sandbox: Sandbox, write_pdf: Write, tmp_path: Path, rotation: int, crop: bool, unit: bool
) -> None:
    wanted = one_of_each(rotate=-rotation % 360)
    wanted[2]["resolved"] = True
    path = tmp_path / "marked.pdf"
    source = write_pdf(rotated(rotation, crop, unit))
    async with export_pdf(
        sandbox, source, "annotations", wanted, layers=LAYERS, authors=AUTHORS
    ) as made:
        path.write_bytes(b"".join([chunk async for chunk in made.chunks()]))
    brought, pages = await read(sandbox, path)
    assert brought.left == {"Stamp": 1}  # drawn with the page; its words are its picture
    for ours, theirs in zip(wanted, brought.marks, strict=False):
        kind = "ink" if ours["kind"] == "highlighter" else ours["kind"]
        assert (theirs.kind, theirs.body) == (kind, ours.get("body", ""))
        assert theirs.resolved == ours.get("resolved", False)
        assert (theirs.created, theirs.modified) == (ours["created"], ours["modified"])
        assert theirs.foreign_props["by"] == "Nguyễn Thị Ấn"
        assert theirs.foreign_props["nm"] == ours["id"]
        assert theirs.style["color"] == ours["style"]["color"]
        for key, value in ours["geometry"].items():
            assert flat(theirs.geometry.get(key, 0)) == pytest.approx(flat(value), abs=1), kind
        if theirs.ink:
            a, b = decode_ink(theirs.ink), decode_ink(ink_from_text(ours["ink"]))
            assert a.xs == pytest.approx(b.xs, abs=0.1)
    shown = reddish(picture(pages[0].image))
    stamped = reddish(await only(sandbox, source, wanted[-1], tmp_path))
    assert shown == pytest.approx(stamped, abs=2)


def flat(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for one in value for number in flat(one)]
    return [value]


async def only(sandbox: Sandbox, source: Path, one: dict[str, Any], tmp_path: Path) -> Image.Image:
    """The page's image with this mark drawn into it."""
    path = tmp_path / "one.pdf"
    async with export_pdf(sandbox, source, "flattened", [one]) as made:
        path.write_bytes(b"".join([chunk async for chunk in made.chunks()]))
    _, pages = await read(sandbox, path)
    return picture(pages[0].image)


async def test_a_reviewed_draft(sandbox: Sandbox, tmp_path: Path) -> None:
    """As Acrobat writes one: text in UTF-16, rich text, replies, states, groups, popups."""

    def build(pdf: Any, page: Any) -> list[Any]:
        first = pdf.make_indirect(
            annotation(
                "Highlight", T="Sở Tài chính", Contents="Đề nghị làm rõ nguồn vốn", C=[1, 1, 0],
                QuadPoints=[60, 450, 160, 450, 60, 436, 160, 436], NM="a-1",
                M="D:20251122152820+07'00'",
                RC="<body><p>Đề nghị làm rõ nguồn vốn</p></body>", Subj="Highlight",
                AP=pikepdf.Dictionary(N=pdf.make_stream(b"", BBox=[0, 0, 1, 1])),
            )
        )  # fmt: skip
        popup = pdf.make_indirect(annotation("Popup", Parent=first))
        first.Popup = popup
        reply = pdf.make_indirect(
            annotation("Text", IRT=first, T="Sở Xây dựng", Contents="Đã bổ sung", F=30)
        )
        state = pdf.make_indirect(
            annotation("Text", IRT=first, F=30, StateModel="Review", State="Completed", M="D:2025")
        )
        caret = annotation("Caret", RC="<p>thay bằng <b>2026</b></p>", T="Văn phòng")
        link = annotation("Link", A=pikepdf.Dictionary(S=Name.URI, URI="https://example.org/"))
        return [first, popup, reply, state, caret, link, annotation("Widget", FT=Name.Tx)]

    brought, _ = await read(sandbox, write_annotations(tmp_path / "draft.pdf", build))
    said = [(m.kind, m.foreign_props["by"], m.body, m.reply_to, m.resolved) for m in brought.marks]
    assert said == [
        ("highlight", "Sở Tài chính", "Đề nghị làm rõ nguồn vốn", None, True),
        ("note", "Sở Xây dựng", "Đã bổ sung", 0, False),
        ("note", "Văn phòng", "thay bằng 2026", None, False),
    ]
    assert brought.marks[0].modified == 1763800100000
    assert brought.marks[0].geometry == {"quads": [[60, 50, 160, 50, 60, 64, 160, 64]]}
    assert brought.marks[0].foreign_props["pdf"] == {
        "RC": "<body><p>Đề nghị làm rõ nguồn vốn</p></body>",
        "Subj": "Highlight",
    }
    assert (brought.left, brought.over) == ({"Link": 1, "Widget": 1}, 0)


async def test_what_is_taken_is_drawn_neither_in_images_nor_in_tiles(
    sandbox: Sandbox, write_pdf: Write
) -> None:
    def build(document: Any) -> None:
        page = document.new_page(width=400, height=500)
        square = page.add_rect_annot((60, 80, 160, 110))
        square.set_colors(stroke=(0.8, 0.1, 0.1), fill=(0.8, 0.1, 0.1))
        square.update()
        polygon = page.add_polygon_annot([(300, 300), (340, 300), (340, 340)])
        polygon.set_colors(stroke=(0.8, 0.1, 0.1), fill=(0.8, 0.1, 0.1))
        polygon.update()

    path = write_pdf(build)
    brought, (page,) = await read(sandbox, path)
    assert [one.kind for one in brought.marks] == ["rectangle"]
    assert brought.left == {"Polygon": 1}
    factor = page.image_w / 400
    assert reddish(picture(page.image)) == pytest.approx(
        [300 * factor, 300 * factor, 340 * factor, 340 * factor], abs=3
    )
    tiles = TileRenderer(sandbox)
    try:
        at = (0, 2, 0, 0)
        assert reddish(picture(await tiles.render_tile("a", path, *at))) is None
        drawn = await tiles.render_tile("a", path, *at, marks_drawn=True)
        assert reddish(picture(drawn)) is not None
    finally:
        await tiles.aclose()


async def test_fifty_thousand_marks_are_taken_up_to_the_bound(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    def build(pdf: Any, page: Any) -> list[Any]:
        return [annotation("Square", C=[1, 0, 0], Contents="x") for _ in range(10_000)]

    path = write_annotations(tmp_path / "many.pdf", build, pages=5)
    brought, pages = await read(sandbox, path)
    assert (len(brought.marks), brought.over, brought.left) == (10_000, 40_000, {})
    assert len(pages) == 5
    drawn = [reddish(picture(page.image)) is not None for page in pages]
    assert drawn == [False, True, True, True, True]


async def test_the_bound_is_a_setting(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = dataclasses.replace(sandbox.limits, max_imported_marks=3)
    small = dataclasses.replace(sandbox, limits=limits)
    path = write_annotations(
        tmp_path / "few.pdf", lambda pdf, page: [annotation("Circle") for _ in range(5)]
    )
    brought, _ = await read(small, path)
    assert (len(brought.marks), brought.over) == (3, 2)


async def test_layers_that_are_off_stay_off(sandbox: Sandbox, tmp_path: Path) -> None:
    def build(pdf: Any, page: Any) -> list[Any]:
        groups = [pdf.make_indirect(pikepdf.Dictionary(Type=Name.OCG, Name=name)) for name in "ab"]
        pdf.Root.OCProperties = pikepdf.Dictionary(
            OCGs=groups, D=pikepdf.Dictionary(ON=[groups[0]], OFF=[groups[1]])
        )
        return [annotation("Square", OC=group) for group in groups]

    brought, _ = await read(sandbox, write_annotations(tmp_path / "off.pdf", build))
    assert (len(brought.marks), brought.left) == (1, {"Square": 1})


async def test_hostile_annotations_cost_only_themselves(sandbox: Sandbox, tmp_path: Path) -> None:
    def build(pdf: Any, page: Any) -> list[Any]:
        circle = pdf.make_indirect(annotation("Square"))
        circle.Stuff = pikepdf.Array([circle, pikepdf.Dictionary(Me=circle)])
        circle.IRT = circle
        giant = pdf.make_indirect(pikepdf.Array([0.5] * 100_000))
        bomb = b"q " * 200_000 + b"0 0 100 100 re f " * 10
        drawing = pdf.make_stream(bomb, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
        nested: Any = pikepdf.Array([])
        for _ in range(200):
            nested = pikepdf.Array([nested])
        return [
            circle,
            circle,
            annotation("Ink", InkList=[giant]),
            annotation("Highlight", QuadPoints=giant),
            annotation("Square", Rect=[0, 0, 10**15, 10]),
            annotation("Square", Rect="nonsense"),
            annotation("Square", Contents=pikepdf.String(b"\xfe\xff\xd8\x00\x00")),
            annotation("Square", Deep=nested, AP=pikepdf.Dictionary(N=drawing)),
            annotation("X" * 100),
            pikepdf.Dictionary(),
            12,
            pikepdf.Array([]),
            annotation("Circle", Contents="ok"),
        ]

    brought, _ = await read(sandbox, write_annotations(tmp_path / "bad.pdf", build))
    assert brought.marks[-1].body == "ok"
    kinds = [one.kind for one in brought.marks]
    assert kinds == ["rectangle"] * 2 + ["rectangle"] * 2 + ["ellipse"]
    assert brought.left["?"] >= 1


async def test_annotations_shared_by_pages_and_annots_that_are_none(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write_annotations(tmp_path / "a.pdf", lambda pdf, page: [annotation("Square")], 3)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[1].obj.Annots = pdf.make_indirect(pdf.pages[0].obj.Annots)
        pdf.pages[0].obj.Annots = pdf.pages[1].obj.Annots
        pdf.pages[2].obj.Annots = pikepdf.Dictionary(Kids=12)
        pdf.save(path)
    brought, pages = await read(sandbox, path)
    assert [one.page for one in brought.marks] == [0, 1]
    assert len(pages) == 3


async def test_replies_in_a_circle(sandbox: Sandbox, tmp_path: Path) -> None:
    def build(pdf: Any, page: Any) -> list[Any]:
        notes = [pdf.make_indirect(annotation("Text", Contents=str(n))) for n in range(300)]
        for one, other in itertools.pairwise([*notes, notes[0]]):
            one.IRT = other
        return notes

    brought, _ = await read(sandbox, write_annotations(tmp_path / "circle.pdf", build))
    assert len(brought.marks) == 300
    assert all(one.reply_to is None for one in brought.marks)


async def test_a_file_without_marks_says_so(sandbox: Sandbox, write_pdf: Write) -> None:
    brought, _ = await read(sandbox, write_pdf(lambda document: document.new_page()))
    assert brought == MarksRead((), {}, 0)
