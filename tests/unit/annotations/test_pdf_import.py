"""Marks of other programs, read: kinds, places on turned and cut pages, threads, hostile values."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.checks import check_body, check_geometry, check_style
from annotations.imported import Imported, ImportedMark
from annotations.ink import decode_ink
from annotations.limits import MAX_BODY, MAX_POINTS
from annotations.pdf_drawing import PageFrame
from annotations.pdf_import import CUT, PagePlace, RawMark, count_rest, import_marks
from annotations.pdf_values import PdfName, PdfRef

FRAME = PageFrame(left=30, top=470)
"""User (x, y) is page (x - 30, 470 - y)."""
N = PdfName
RECT = [40, 400, 90, 460]
"""Page space: 10, 10, 60, 70."""


class Monospace:
    """A typeface of half ems."""

    def glyphs(self, text: str) -> str:
        return ""

    def width(self, text: str) -> float:
        return 0.5 * len(text)


def raw(subtype: str, number: int = 0, index: int = 0, **entries: Any) -> RawMark:
    return RawMark(0, index, number, subtype, {"Rect": RECT, **entries})


def read(*raws: RawMark, rotation: int = 0, unit: float = 1.0, most: int = 1000) -> Imported:
    place = PagePlace(PageFrame(30, 470, unit), rotation)
    rest = iter(raws)
    found = import_marks(rest, {0: place}, Monospace(), most)
    count_rest(found, (one.subtype for one in rest))
    return found


def one(subtype: str, rotation: int = 0, unit: float = 1.0, **entries: Any) -> ImportedMark:
    found = read(raw(subtype, **entries), rotation=rotation, unit=unit)
    assert not found.left
    (mark,) = found.marks
    return mark


def test_what_every_kind_has() -> None:
    mark = one(
        "Square",
        T="Sở Tài chính",
        Contents="Rà soát lại",
        C=[1, 0, 0],
        CA=0.5,
        M="D:20251122082820Z",
        CreationDate="D:20251121082820Z",
        NM="abc",
        Subj="Rectangle",
        BE={"S": N("C")},
        AP=PdfRef(9),
    )
    assert (mark.kind, mark.body) == ("rectangle", "Rà soát lại")
    assert mark.style == {"color": "#ff0000", "opacity": 0.5, "width": 1.0}
    assert (mark.created, mark.modified) == (1763713700000, 1763800100000)
    assert mark.foreign_props == {
        "index": 0,
        "by": "Sở Tài chính",
        "nm": "abc",
        "pdf": {"Subj": "Rectangle", "BE": {"d": {"S": {"n": "C"}}}},
    }


def test_a_silent_mark_says_nothing() -> None:
    mark = one("Circle", M="D:20251122082820Z")
    assert (mark.kind, mark.body, mark.created) == ("ellipse", "", 1763800100000)
    assert (mark.style, mark.foreign_props) == ({"width": 1.0}, {"index": 0, "pdf": {}})
    assert one("Circle").modified is None
    assert one("Circle", CreationDate="D:1970").modified == 0


@pytest.mark.parametrize(
    ("entries", "rect", "width"),
    [
        ({}, [10.5, 10.5, 59.5, 69.5], 1),
        ({"BS": {"W": 4}}, [12, 12, 58, 68], 4),
        ({"BS": {"W": -4}}, [10.5, 10.5, 59.5, 69.5], 1),
        ({"BS": {}}, [10.5, 10.5, 59.5, 69.5], 1),
        ({"Border": [0, 0, 6]}, [13, 13, 57, 67], 6),
        ({"Border": [0]}, [10.5, 10.5, 59.5, 69.5], 1),
        ({"BS": {"W": 2}, "RD": [1, 2, 3, 4]}, [11, 14, 57, 68], 2),
        ({"RD": [40, 0, 40, 0]}, [10, 10, 60, 70], 1),
        ({"RD": [-5, 0, 0, 0]}, [10, 10, 60, 70], 1),
        ({"Rect": [90, 460, 40, 400], "RD": [0, 0, 0, 0]}, [10, 10, 60, 70], 1),
    ],
)
def test_boxes_less_their_border(entries: Any, rect: list[float], width: float) -> None:
    mark = one("Square", **entries)
    assert mark.geometry == {"rect": rect}
    assert mark.style["width"] == width


def test_a_unit_scales_places_and_widths() -> None:
    mark = one("Square", unit=2, BS={"W": 3}, IC=[0, 1, 0], RD=[1, 1, 1, 1])
    assert mark.geometry == {"rect": [22, 22, 118, 138]}
    assert mark.style == {"width": 6, "fill": "#00ff00"}


ADOBE = [50, 450, 90, 450, 50, 438, 90, 438]
AROUND = [50, 438, 90, 438, 90, 450, 50, 450]
UPRIGHT = [20, 20, 60, 20, 20, 32, 60, 32]


def corners(flat: list[float], order: tuple[int, ...]) -> list[float]:
    return [flat[2 * corner + axis] for corner in order for axis in (0, 1)]


@pytest.mark.parametrize(
    "quad",
    [
        ADOBE,
        AROUND,
        corners(ADOBE, (2, 3, 0, 1)),  # from the bottom up
        corners(ADOBE, (1, 0, 3, 2)),  # from the right
        *(corners(AROUND, (k, (k + 1) % 4, (k + 2) % 4, (k + 3) % 4)) for k in range(4)),
        *(corners(AROUND, (k, (k - 1) % 4, (k - 2) % 4, (k - 3) % 4)) for k in range(4)),
    ],
)
def test_quads_in_any_order(quad: list[float]) -> None:
    assert one("Highlight", QuadPoints=quad).geometry == {"quads": [UPRIGHT]}


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_quads_on_turned_pages(rotation: int) -> None:
    """Text that is read across the page as shown, in Adobe's order and around."""
    spots = {
        0: [(0, 0), (40, 0), (0, 12), (40, 12)],
        90: [(0, 0), (0, -40), (12, 0), (12, -40)],
        180: [(0, 0), (-40, 0), (0, -12), (-40, -12)],
        270: [(0, 0), (0, 40), (-12, 0), (-12, 40)],
    }[rotation]
    page = [(100 + x, 100 + y) for x, y in spots]
    user = [(x + 30, 470 - y) for x, y in page]
    wanted = [value for spot in page for value in spot]
    for order in ((0, 1, 2, 3), (2, 3, 0, 1), (2, 3, 1, 0), (0, 2, 3, 1), (3, 1, 0, 2)):
        quad = [value for at in order for value in user[at]]
        got = one("Underline", rotation, QuadPoints=quad).geometry["quads"]
        assert got == [wanted], order


def test_text_marks_without_quads_mean_their_box() -> None:
    for subtype, kind in (("StrikeOut", "strikeout"), ("Squiggly", "squiggly")):
        mark = one(subtype, Contents="x")
        assert (mark.kind, mark.body) == (kind, "x")
        assert mark.geometry == {"quads": [[10, 10, 60, 10, 10, 70, 60, 70]]}
        assert mark.style == {"width": 1}
    two = one("Highlight", QuadPoints=ADOBE + AROUND + [1, 2, 3])
    assert two.geometry == {"quads": [UPRIGHT, UPRIGHT]}
    assert two.style == {}


@pytest.mark.parametrize(
    ("rotation", "point"), [(0, [20, 22]), (90, [22, 0]), (180, [0, -2]), (270, [-2, 20])]
)
def test_a_note_stands_upright_about_its_corner(rotation: int, point: list[float]) -> None:
    mark = one("Text", rotation, Rect=[40, 436, 60, 460], Contents="x")
    assert mark.geometry["point"] == point
    assert mark.geometry.get("rotate", 0) == -rotation % 360


def test_lines_and_arrows() -> None:
    ends = [40, 460, 90, 400]
    assert one("Line", L=ends).geometry == {"from": [10, 10], "to": [60, 70]}
    assert one("Line", L=ends, LE=[N("None"), N("Butt")]).kind == "line"
    head = one("Line", L=ends, LE=[N("None"), N("OpenArrow")])
    assert (head.kind, head.geometry["to"]) == ("arrow", [60, 70])
    tail = one("Line", L=ends, LE=[N("ClosedArrow"), N("None")])
    assert (tail.kind, tail.geometry["to"]) == ("arrow", [10, 10])


def test_every_stroke_is_one_mark_and_the_words_stand_once() -> None:
    found = read(
        raw("Ink", InkList=[[40, 460, 50, 450], [60, 460], "x", [70]], BS={"W": 2}, T="Lan",
            Contents="Ky", NM="n", Subj="s"),
    )  # fmt: skip
    assert [mark.kind for mark in found.marks] == ["ink", "ink"]
    assert [mark.body for mark in found.marks] == ["Ky", ""]
    assert found.marks[0].geometry == {"rect": [10, 10, 20, 20]}
    assert found.marks[1].foreign_props == {"index": 0, "by": "Lan"}
    stroke = decode_ink(found.marks[0].ink or "")
    assert (stroke.xs, stroke.ys) == ((10.0, 20.0), (10.0, 20.0))
    assert found.taken == {(0, 0)}


def test_a_stroke_that_is_too_long_goes_on_in_a_second() -> None:
    points = [40 + (i % 100) / 10 for i in range(2 * (MAX_POINTS + 500))]
    first, second = read(raw("Ink", InkList=[points])).marks
    a, b = decode_ink(first.ink or ""), decode_ink(second.ink or "")
    assert (len(a.xs), len(b.xs)) == (MAX_POINTS, 501)
    assert (a.xs[-1], a.ys[-1]) == pytest.approx((b.xs[0], b.ys[0]), abs=0.01)


def test_free_text_is_broken_into_lines_that_fit() -> None:
    mark = one("FreeText", Contents="aaaa bbbb cc", DA="1 0 0 rg /Helv 10 Tf")
    assert mark.body == "aaaa bbbb\ncc"
    assert mark.style == {"font_size": 10, "color": "#ff0000"}
    assert mark.geometry == {"rect": [10, 10, 60, 70]}
    assert mark.foreign_props["pdf"] == {"DA": "1 0 0 rg /Helv 10 Tf"}


@pytest.mark.parametrize(
    ("look", "size", "color"),
    [
        ("0.5 g /F1 9 Tf", 9, "#808080"),
        ("0 0 0 1 k /F1 0 Tf", 12, "#000000"),
        ("/F1 -4 Tf 1 rg", 12, None),
        ("/F1 1e999 Tf", 12, None),
        ("Tf g", 12, None),
        ("", 12, None),
        ("/F1 9000 Tf", 400, None),
    ],
)
def test_sizes_and_colours_of_free_text(look: bytes, size: float, color: str | None) -> None:
    mark = one("FreeText", Contents="a", DA=look)
    assert (mark.style["font_size"], mark.style.get("color")) == (size, color)


@pytest.mark.parametrize(
    ("turn", "rect", "rotate"),
    [
        (90, [5, 15, 65, 65], 270),
        (270, [5, 15, 65, 65], 90),
        (180, [10, 10, 60, 70], 180),
        (17, [10, 10, 60, 70], None),
    ],
)
def test_turned_free_text(turn: int, rect: list[float], rotate: int | None) -> None:
    mark = one("FreeText", Contents="a", Rotate=turn)
    assert mark.geometry["rect"] == rect
    assert mark.geometry.get("rotate") == rotate


def test_what_we_cannot_draw_stays_and_its_words_are_read() -> None:
    found = read(
        raw("Polygon", index=0, Contents="Xem lai"),
        raw("Caret", index=1, RC="<p>thay b&#x1eb1;ng</p>"),
        raw("Stamp", index=2, Name=N("Approved"), Contents="approved"),
        raw("Link", index=3),
        raw("Widget", index=4, FT=N("Sig")),
        raw("Popup", index=5),
        RawMark(0, 6, 0, "?", {}),
    )
    assert [(m.kind, m.body, m.foreign_props["subtype"]) for m in found.marks] == [
        ("note", "Xem lai", "Polygon"),
        ("note", "thay bằng", "Caret"),
    ]
    assert found.marks[0].geometry == {"point": [60, 10]}
    assert found.taken == set()
    assert found.left == {"Stamp": 1, "Link": 1, "Widget": 1, "?": 1}


@pytest.mark.parametrize(
    ("turn", "rect", "rotate"), [(0, [10, 10, 60, 70], None), (90, [5, 15, 65, 65], 270)]
)
def test_our_own_stamps_are_ours_again(turn: int, rect: list[float], rotate: int | None) -> None:
    found = read(raw("Stamp", Name=N("dong_y"), Rotate=turn, BS={"W": 2}))
    (mark,) = found.marks
    assert (mark.kind, mark.geometry["rect"]) == ("stamp", rect)
    assert mark.geometry.get("rotate") == rotate
    height = rect[3] - rect[1]
    assert mark.style == {"stamp": "dong_y", "font_size": round(height / 1.75, 3), "width": 2}
    assert found.taken == {(0, 0)}


def test_what_is_said_about_a_foreign_stamp_is_read() -> None:
    found = read(raw("Stamp", Name=N("Approved"), Contents="Chờ ý kiến"))
    assert [(mark.kind, mark.body) for mark in found.marks] == [("note", "Chờ ý kiến")]
    assert found.taken == set()


def test_hidden_marks_stay_hidden_but_hidden_replies_are_read() -> None:
    found = read(
        raw("Text", 1, 0, Contents="a"),
        raw("Text", 2, 1, Contents="", F=30, IRT=PdfRef(1)),
        raw("Text", 3, 2, Contents="c", F=2),
        raw("Text", 4, 3, Contents="d", F=32),
        RawMark(0, 4, 5, "Text", {"Rect": RECT}, shown=False),
    )
    assert [mark.body for mark in found.marks] == ["a", ""]
    assert found.left == {"Text": 3}


def test_replies_name_the_beginning_of_their_thread() -> None:
    found = read(
        raw("Text", 3, 0, Contents="second answer", IRT=PdfRef(2)),
        raw("Highlight", 1, 1, Contents="question"),
        raw("Text", 2, 2, Contents="answer", IRT=PdfRef(1), RT=N("R")),
        raw("StrikeOut", 4, 3, IRT=PdfRef(1), RT=N("Group")),
        raw("Square", 5, 4, IRT=PdfRef(1)),
        raw("Text", 6, 5, Contents="to nothing", IRT=PdfRef(99)),
        raw("Text", 0, 6, Contents="direct", IRT=PdfRef(1)),
    )
    answers = {mark.body or mark.kind: mark.reply_to for mark in found.marks}
    assert answers == {
        "second answer": 1,
        "question": None,
        "answer": 1,
        "strikeout": None,
        "rectangle": None,
        "to nothing": None,
        "direct": 1,
    }


def test_circles_of_replies_answer_nobody() -> None:
    found = read(
        raw("Text", 1, 0, Contents="a", IRT=PdfRef(2)),
        raw("Text", 2, 1, Contents="", IRT=PdfRef(1)),
        raw("Text", 3, 2, Contents="c", IRT=PdfRef(3)),
        raw("Text", 4, 3, Contents="d", IRT=PdfRef(1)),
    )
    assert [mark.reply_to for mark in found.marks] == [None] * 4


def test_a_chain_of_thousands_replies_is_walked_once() -> None:
    count = 6_000
    found = read(
        raw("Text", 1, 0, Contents="x"),
        *(raw("Text", n, n, Contents="x", IRT=PdfRef(n - 1)) for n in range(2, count)),
        most=count,
    )
    assert found.marks[0].reply_to is None
    assert {mark.reply_to for mark in found.marks[1:]} == {0}


def state(number: int, target: int, word: str, at: str, model: str = "Review") -> RawMark:
    return raw("Text", number, number, IRT=PdfRef(target), StateModel=model, State=word, M=at, F=30)


@pytest.mark.parametrize(
    ("states", "resolved"),
    [
        ([("Completed", "D:2024")], True),
        ([("Rejected", "D:2024")], False),
        ([("Completed", "D:2024"), ("None", "D:2025")], False),
        ([("None", "D:2025"), ("Completed", "D:2026")], True),
        ([("Completed", "never"), ("None", "D:2025")], False),
    ],
)
def test_the_newest_word_on_a_thread_holds(states: Any, resolved: bool) -> None:
    chain = [state(10 + at, 1 if at == 0 else 9 + at, *one) for at, one in enumerate(states)]
    found = read(raw("Text", 1, 1, Contents="q"), *chain)
    assert [mark.resolved for mark in found.marks] == [resolved]
    assert len(found.taken) == 1 + len(states)


def test_other_states_are_no_marks_and_resolve_nothing() -> None:
    found = read(
        raw("Text", 1, 1, Contents="q"),
        state(2, 1, "Marked", "D:2024", "Marked"),
        state(3, 77, "Completed", "D:2024"),
        raw("Text", 4, 4, Contents="no target", StateModel="Review"),
    )
    assert [(mark.body, mark.resolved) for mark in found.marks] == [
        ("q", False),
        ("no target", False),
    ]


def test_more_than_the_bound_stay_where_they_are() -> None:
    squares = [raw("Square", n, n) for n in range(9)]
    found = read(*squares, raw("Link", 9, 9), raw("Popup", 10, 10), most=5)
    assert (len(found.marks), found.over, found.left) == (5, 4, {"Link": 1})
    assert found.taken == {(0, n) for n in range(5)}


def test_long_words_are_cut_and_say_so() -> None:
    mark = one("Text", Contents="a" * (MAX_BODY + 1))
    assert len(mark.body) == MAX_BODY
    assert mark.body.endswith(CUT)
    assert len(one("Text", Contents="a" * MAX_BODY + "  ").body) == MAX_BODY


NAN = float("nan")
NONSENSE: list[Any] = [
    None, True, 7, -1e300, NAN, float("inf"), 10**400, "\ud800", N("X"), PdfRef(1), [],
    [NAN] * 8, [1] * 8, [1e5] * 8, [[]], [[[1]]], [[1, 2, NAN]], {"W": NAN}, {"W": {}}, [0, 0, 1e9],
]  # fmt: skip
KINDS = ["Text", "Highlight", "Square", "Circle", "Line", "Ink", "FreeText", "Polygon", "Squiggly"]
KEYS = ["Rect", "QuadPoints", "InkList", "L", "LE", "C", "IC", "CA", "BS", "Border", "RD", "F", "M"]
KEYS += ["Contents", "RC", "T", "NM", "DA", "Rotate", "IRT", "RT", "StateModel", "Foo"]


@pytest.mark.parametrize("subtype", KINDS)
def test_nonsense_costs_only_itself(subtype: str) -> None:
    for key, value in itertools.product(KEYS, NONSENSE):
        entries = {"Contents": "x", "L": [1, 2, 3, 4], "InkList": [[1, 2]], key: value}
        check(read(raw(subtype, **entries), raw("Square", 9, 1)))


def check(found: Imported) -> None:
    """Whatever came in: what goes out passes the door of every push."""
    assert found.marks[-1].kind == "rectangle"
    for mark in found.marks:
        check_geometry(mark.kind, mark.geometry)
        check_style(mark.style)
        check_body(mark.body)


@given(st.dictionaries(st.sampled_from(KEYS[:-1]), st.sampled_from(NONSENSE), max_size=5))
def test_heaps_of_nonsense(entries: dict[str, Any]) -> None:
    check(read(*(raw(subtype, **entries) for subtype in KINDS), raw("Square", 9, 1)))


def test_a_page_too_far_away_is_left() -> None:
    found = read(raw("Square", Rect=[30000, 0, 30010, 10]), raw("Ink", InkList=[[9e5, 0]]))
    assert found.left == {"Square": 1, "Ink": 1}
    assert read(raw("Ink", InkList=[[1, 2]] * 1001)).left == {"Ink": 1}
    assert read(raw("FreeText")).left == {"FreeText": 1}


def test_giant_values_are_read_in_one_pass() -> None:
    word = "a" * MAX_BODY
    text = one("FreeText", Contents=word, Rect=[0, 0, 19000, 10], DA="/F 1 Tf")
    assert text.body == word
    narrow = one("FreeText", Contents=word, Rect=[0, 0, 1, 10], DA="/F 1 Tf")
    assert narrow.body == word
    giant: Any = [5] * 9_000
    found = read(*(raw(kind, **dict.fromkeys(KEYS[1:-3], giant)) for kind in KINDS))
    assert found.left == {"Ink": 1, "Line": 1, "FreeText": 1, "Polygon": 1}
