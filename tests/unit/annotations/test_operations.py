"""The only door for what a client sends: everything within bounds passes, nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.errors import AnnotationError
from annotations.limits import MAX_BODY, MAX_OPS, MAX_QUADS
from annotations.operations import Delete, Patch, Put, Restore, parse_operation, parse_push

from .samples import ANCHOR, INK, LAYER, delete, ink_put, mark_id, patch, push, put, restore

QUAD = [72, 200, 180, 200, 72, 214, 180, 214]
DOCS = Path(__file__).parents[3] / "docs" / "wire-annotations.md"


@pytest.mark.parametrize(
    "op",
    [
        put(),
        put(body="Cần làm rõ", reply_to=mark_id(9)),
        put(geometry={"point": [1.5, -2], "rotate": 90}),
        ink_put(),
        ink_put(kind="highlighter", geometry={"rect": [0, 0, 1, 1], "matrix": [1, 0, 0, 1, 5, 5]}),
        put(kind="highlight", geometry={"quads": [QUAD]}, anchor=ANCHOR),
        put(kind="underline", geometry={"quads": [QUAD] * MAX_QUADS}),
        put(kind="free_text", geometry={"rect": [0, 0, 9, 9], "rotate": 270}, body="đ" * 9_000),
        put(kind="stamp", geometry={"rect": [0, 0, 9, 9]}, style={"stamp": "dong_y"}),
        put(kind="ellipse", geometry={"rect": [0, 0, 0, 0]}, style={"fill": "#00ff00"}),
        put(kind="arrow", geometry={"from": [0, 0], "to": [20_000, -20_000]}, style={}),
    ],
)
def test_valid_puts_pass(op: dict[str, Any]) -> None:
    parsed, weight = parse_operation(op)
    assert isinstance(parsed, Put)
    assert parsed.kind == op["kind"]
    assert 0.3 < weight / len(json.dumps(op)) < 4


def test_valid_patches_deletes_and_restores_pass() -> None:
    every = {
        "page": 2,
        "geometry": {"quads": [QUAD]},
        "anchor": ANCHOR,
        "style": {"width": 2.5, "opacity": 0, "font_size": 12, "icon": "star"},
        "body": "",
        "resolved": True,
    }
    assert parse_operation(patch(**every))[0] == Patch(mark_id(1), 1, **every)
    assert parse_operation(patch(geometry={"rect": [0, 0, 1, 1]}))[1] > 0
    assert parse_operation(delete())[0] == Delete(mark_id(1), 1)
    assert parse_operation(restore())[0] == Restore(mark_id(1), 1)


BAD_OPERATIONS: list[tuple[Any, str, str]] = [
    ("put", "wrong_type", "op"),
    ({}, "unknown_op", "op"),
    ({"op": "drop"}, "unknown_op", "op"),
    ({"op": ["put"]}, "unknown_op", "op"),
    (put(extra=1), "unknown_field", "op"),
    (put(author="someone"), "unknown_field", "op"),
    (put(kind="laser"), "unknown_kind", "kind"),
    (put(kind=["note"]), "unknown_kind", "kind"),
    (put(kind=None), "missing", "kind"),
    (put(id=None), "missing", "id"),
    (put(id="0196f3a1-0000-4000-8000-000000000001"), "bad_id", "id"),
    (put(id=mark_id(1).upper()), "bad_id", "id"),
    (put(id=7), "bad_id", "id"),
    (put(version="v1"), "bad_id", "version"),
    (put(version=None), "missing", "version"),
    (put(page=-1), "out_of_range", "page"),
    (put(page=True), "wrong_type", "page"),
    (put(page=1.0), "wrong_type", "page"),
    (put(created="now"), "wrong_type", "created"),
    (put(created=2**60), "out_of_range", "created"),
    (put(geometry=[1]), "wrong_type", "geometry"),
    (put(geometry={}), "missing", "geometry.point"),
    (put(geometry={"point": [1]}), "wrong_type", "geometry.point"),
    (put(geometry={"point": (1, 2)}), "wrong_type", "geometry.point"),
    (put(geometry={"point": ["1", 2]}), "wrong_type", "geometry.point"),
    (put(geometry={"point": [True, 2]}), "wrong_type", "geometry.point"),
    (put(geometry={"point": [float("nan"), 2]}), "out_of_range", "geometry.point"),
    (put(geometry={"point": [float("inf"), 2]}), "out_of_range", "geometry.point"),
    (put(geometry={"point": [10**400, 2]}), "out_of_range", "geometry.point"),
    (put(geometry={"point": [1, 2], "rect": [0, 0, 1, 1]}), "unknown_field", "geometry"),
    (put(geometry={"point": [1, 2], "rotate": 45}), "out_of_range", "geometry.rotate"),
    (put(geometry={"point": [1, 2], "rotate": 90.0}), "out_of_range", "geometry.rotate"),
    (put(kind="stamp", geometry={"rect": [5, 0, 0, 5]}), "out_of_range", "geometry.rect"),
    (put(kind="line", geometry={"from": [0, 0]}), "missing", "geometry.to"),
    (put(kind="line", geometry={"from": [0], "to": [0, 0]}), "wrong_type", "geometry.from"),
    (put(kind="highlight", geometry={"quads": []}), "missing", "geometry.quads"),
    (put(kind="highlight", geometry={"quads": {}}), "missing", "geometry.quads"),
    (put(kind="highlight", geometry={"quads": [[1]]}), "wrong_type", "geometry.quads"),
    (
        put(kind="highlight", geometry={"quads": [QUAD] * (MAX_QUADS + 1)}),
        "too_large",
        "geometry.quads",
    ),
    (
        ink_put(geometry={"rect": [0, 0, 1, 1], "matrix": [1, 1, 1, 1, 0, 0]}),
        "out_of_range",
        "geometry.matrix",
    ),
    (put(style=None), "missing", "style"),
    (put(style="red"), "wrong_type", "style"),
    (put(style={"blink": True}), "unknown_field", "style"),
    (put(style={"color": "red"}), "wrong_type", "style.color"),
    (put(style={"color": 3}), "wrong_type", "style.color"),
    (put(style={"width": "2"}), "wrong_type", "style.width"),
    (put(style={"width": -1}), "out_of_range", "style.width"),
    (put(style={"opacity": float("nan")}), "out_of_range", "style.opacity"),
    (put(style={"stamp": "Đồng ý"}), "wrong_type", "style.stamp"),
    (put(style={"icon": None}), "wrong_type", "style.icon"),
    (put(body=5), "wrong_type", "body"),
    (put(body="x" * (MAX_BODY + 1)), "too_large", "body"),
    (put(body="a\0b"), "bad_text", "body"),
    (put(body="half \ud800 pair"), "bad_text", "body"),
    (put(anchor={}), "wrong_type", "anchor"),
    (put(anchor=[]), "wrong_type", "anchor"),
    (put(anchor=["x"]), "wrong_type", "anchor.type"),
    (put(anchor=[{"type": "CssSelector"}]), "wrong_type", "anchor.type"),
    (put(anchor=[{"type": ["x"]}]), "wrong_type", "anchor.type"),
    (put(anchor=[ANCHOR[2], ANCHOR[2]]), "wrong_type", "anchor.type"),
    (put(anchor=[{"type": "FragmentSelector"}]), "unknown_field", "anchor"),
    (put(anchor=[{"type": "FragmentSelector", "value": "page=0"}]), "wrong_type", "anchor.value"),
    (put(anchor=[{"type": "FragmentSelector", "value": 4}]), "wrong_type", "anchor.value"),
    (
        put(anchor=[{"type": "TextPositionSelector", "start": 9, "end": 3}]),
        "out_of_range",
        "anchor.end",
    ),
    (put(anchor=[{**ANCHOR[0], "prefix": "x" * 65}]), "too_large", "anchor.prefix"),
    (ink_put(ink=None), "missing", "ink"),
    (ink_put(ink=5), "wrong_type", "ink"),
    (ink_put(ink="!!!!"), "bad_ink", "ink"),
    (ink_put(ink="AAAA"), "bad_ink", "ink"),
    (put(ink=INK), "unknown_field", "ink"),
    (put(body="ế" * 20_000, anchor=[{**ANCHOR[0], "exact": "ế" * 4_000}]), "too_large", "op"),
    (put(reply_to="x"), "bad_id", "reply_to"),
    (ink_put(reply_to=mark_id(2)), "unknown_field", "reply_to"),
    (patch(), "missing", "op"),
    (patch(colour=1), "unknown_field", "op"),
    (patch(ink=INK), "unknown_field", "op"),
    (patch(body=None), "wrong_type", "op"),
    (patch(geometry=[]), "wrong_type", "geometry"),
    (patch(resolved="yes"), "wrong_type", "resolved"),
    (patch(base_rev=-1, body=""), "out_of_range", "base_rev"),
    (patch(page=-1), "out_of_range", "page"),
    (patch(geometry={"quads": [QUAD] * 1_100}), "too_large", "op"),
    ({"op": "patch", "body": "x"}, "missing", "id"),
    ({"op": "delete", "id": mark_id(1)}, "missing", "base_rev"),
    ({**delete(), "body": "x"}, "unknown_field", "op"),
]


@pytest.mark.parametrize(("op", "code", "field"), BAD_OPERATIONS)
def test_bad_operations_are_refused_with_code_field_and_place(
    op: Any, code: str, field: str
) -> None:
    with pytest.raises(AnnotationError) as caught:
        parse_push(push(3, put(2), op))
    assert (caught.value.code, caught.value.field, caught.value.index) == (code, field, 1)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"extra": 1}, "unknown_field", "push"),
        ({"op_no": 0}, "out_of_range", "op_no"),
        ({"op_no": "1"}, "wrong_type", "op_no"),
        ({"outbox": "tablet"}, "bad_id", "outbox"),
        ({"layer": 5}, "bad_id", "layer"),
        ({"ops": []}, "wrong_type", "ops"),
        ({"ops": {}}, "wrong_type", "ops"),
        ({"ops": [delete()] * (MAX_OPS + 1)}, "too_many", "ops"),
        ({"ops": [put(i, body="x" * 20_000) for i in range(30)]}, "too_large", "ops"),
    ],
)
def test_bad_pushes_are_refused_whole(change: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        parse_push({**push(3, put()), **change})
    assert (caught.value.code, caught.value.field, caught.value.index) == (code, field, None)


def test_a_push_without_its_parts_is_refused() -> None:
    for key in ("op_no", "outbox", "layer", "ops"):
        message = push(3, put())
        del message[key]
        with pytest.raises(AnnotationError, match=f"missing: {key}"):
            parse_push(message)


def test_the_fingerprint_tells_pushes_apart_but_not_a_rebased_repeat() -> None:
    first = parse_push(push(3, patch(base_rev=1, body="x"))).fingerprint
    assert parse_push(push(3, patch(base_rev=9, body="x"))).fingerprint == first
    assert parse_push(push(3, patch(2, body="x"))).fingerprint != first
    assert parse_push(push(3, delete())).fingerprint != first
    assert parse_push(push(3, patch(body="y"))).fingerprint != first
    turned = dict(reversed(patch(base_rev=1, body="x").items()))
    assert parse_push(push(3, turned)).fingerprint == first
    other = LAYER.replace("1111", "2222")
    assert parse_push(push(3, patch(body="x"), layer=other)).fingerprint != first


def test_the_documented_push_is_a_valid_push() -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    pushes = [m for m in map(json.loads, blocks) if m["t"] == "ann.push"]
    assert [len(parse_push(m).ops) for m in pushes] == [6]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["op", "id", "version", "page", "kind", "geometry", "style", "created", "body", "anchor"]
)


@given(KEYS, json_values)
def test_any_json_in_any_field_is_accepted_or_refused(key: str, value: Any) -> None:
    code = "accepted"
    try:
        parse_operation({**put(), key: value})
    except AnnotationError as error:
        code = error.code
    assert re.fullmatch(r"[a-z_]+", code)
