"""The ink format: exact, bounded, and the same in both languages."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.errors import AnnotationError
from annotations.ink import check_ink, decode_ink, encode_ink, ink_from_text, ink_to_text
from annotations.limits import MAX_COORDINATE, MAX_INK_BYTES, MAX_POINTS

VECTORS = Path(__file__).parents[2] / "contract" / "vectors" / "ink.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_vectors_shared_with_typescript(case: dict[str, Any]) -> None:
    data = encode_ink(case["xs"], case["ys"], case["pressure"], case["times"])
    assert ink_to_text(data) == case["ink"]
    stroke = decode_ink(ink_from_text(case["ink"]))
    decoded = case["decoded"]
    assert list(stroke.xs) == decoded["xs"]
    assert list(stroke.ys) == decoded["ys"]
    assert stroke.pressure == (decoded["pressure"] and tuple(decoded["pressure"]))
    assert stroke.times == (decoded["times"] and tuple(decoded["times"]))


# Half a unit of the largest step is 16 points.
coordinate = st.floats(-MAX_COORDINATE + 16, MAX_COORDINATE - 16, width=32)


@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=30))
def test_a_decoded_point_is_off_by_half_a_unit_of_its_own_step(
    points: list[tuple[float, float]],
) -> None:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    data = encode_ink(xs, ys)
    stroke = decode_ink(ink_from_text(ink_to_text(data)))
    for wanted, got in ((xs, stroke.xs), (ys, stroke.ys)):
        before = got[0]
        assert abs(wanted[0] - before) <= max(abs(wanted[0]) * 2**-23, 2**-149)
        for there, here in zip(wanted[1:], got[1:], strict=True):
            assert abs(there - here) <= max(abs(there - before) * 2**-10, 2**-24)
            before = here


@given(st.binary(max_size=80))
def test_any_bytes_are_a_stroke_or_a_refusal(data: bytes) -> None:
    stroke = None
    code = ""
    try:
        stroke = decode_ink(data)
    except AnnotationError as error:
        code = error.code
    if stroke is None:
        assert code in {"bad_ink", "not_finite", "out_of_range"}
    else:
        assert all(abs(v) <= MAX_COORDINATE for v in (*stroke.xs, *stroke.ys))


@given(st.binary(max_size=300))
def test_text_carries_any_bytes(data: bytes) -> None:
    assert ink_from_text(ink_to_text(data)) == data


@pytest.mark.parametrize(
    ("xs", "ys", "pressure", "times", "code"),
    [
        ([], [], None, None, "bad_ink"),
        ([1], [1, 2], None, None, "bad_ink"),
        ([1], [1], [1, 1], None, "bad_ink"),
        ([1], [1], None, [0, 1], "bad_ink"),
        ([0] * (MAX_POINTS + 1), [0] * (MAX_POINTS + 1), None, None, "bad_ink"),
        ([math.nan], [0], None, None, "out_of_range"),
        ([0, math.inf], [0, 0], None, None, "out_of_range"),
        ([0], [20_001], None, None, "out_of_range"),
        ([-19_999, 19_999], [0, 0], None, None, "out_of_range"),
    ],
)
def test_encoder_refuses(xs: Any, ys: Any, pressure: Any, times: Any, code: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        encode_ink(xs, ys, pressure, times)
    assert caught.value.code == code


def stroke_of(*deltas: float, x: float = 0.0, y: float = 0.0) -> bytes:
    head = struct.pack("<BBHff", 1, 0, len(deltas) // 2 + 1, x, y)
    return head + struct.pack(f"<{len(deltas)}e", *deltas)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x01" * (MAX_INK_BYTES + 1), "too_large"),
        (b"\x01" * 11, "bad_ink"),
        (b"\x02" + stroke_of()[1:], "bad_ink"),
        (b"\x01\x04" + stroke_of()[2:], "bad_ink"),
        (b"\x01\x00\x00\x00" + stroke_of()[4:], "bad_ink"),
        (stroke_of() + b"\x00", "bad_ink"),
        (stroke_of(x=20_001), "out_of_range"),
        (stroke_of(y=math.nan), "out_of_range"),
        (stroke_of(math.nan, 0), "not_finite"),
        (stroke_of(0, -math.inf), "not_finite"),
        (stroke_of(15_000, 0, 15_000, 0), "out_of_range"),
        (stroke_of(0, -15_000, 0, -15_000), "out_of_range"),
    ],
)
def test_checker_refuses(data: bytes, code: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        check_ink(data)
    assert caught.value.code == code


def test_large_steps_that_stay_within_the_page_space_pass() -> None:
    assert check_ink(stroke_of(15_000, 0, -15_000, 0)) == (3, 0)


@pytest.mark.parametrize("text", ["A", "AB=C", "AB+C\n", "đđđđ", "AAAA====", "A B C D "])
def test_text_refuses_what_is_not_base64url(text: str) -> None:
    with pytest.raises(AnnotationError, match="bad_ink"):
        ink_from_text(text)


def test_text_refuses_what_is_too_long_before_it_decodes() -> None:
    with pytest.raises(AnnotationError, match="too_large"):
        ink_from_text("A" * (MAX_INK_BYTES * 2))
