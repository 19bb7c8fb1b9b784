"""Small valid messages for the tests of this folder."""

from __future__ import annotations

from typing import Any

from annotations.ink import encode_ink, ink_to_text

LAYER = "0196f3a0-1111-4aaa-8bbb-000000000001"
OTHER_LAYER = "0196f3a0-1111-4aaa-8bbb-000000000002"
SHARED = "0196f3a0-1111-4aaa-8bbb-000000000003"
VERSION = "0196f3a0-2222-4aaa-8bbb-000000000002"
DOCUMENT = "0196f3a0-2222-4aaa-8bbb-000000000009"
OUTBOX = "0196f3a0-4444-4aaa-8bbb-000000000004"
ALICE = "0196f3a0-3333-4aaa-8bbb-000000000003"
BINH = "0196f3a0-3333-4aaa-8bbb-000000000004"
CHI = "0196f3a0-3333-4aaa-8bbb-000000000005"
NOW = 1_763_800_000_000
INK = ink_to_text(encode_ink([72, 77, 82], [100, 102, 104], [0.5, 1, 0.5], [0, 8, 16]))
ANCHOR: list[dict[str, Any]] = [
    {"type": "TextQuoteSelector", "exact": "tổng mức", "prefix": "", "suffix": " đầu tư"},
    {"type": "TextPositionSelector", "start": 3, "end": 11},
    {"type": "FragmentSelector", "value": "page=4"},
]


def mark_id(number: int) -> str:
    return f"0196f3a1-0000-7000-8000-{number:012x}"


def put(number: int = 1, **values: Any) -> dict[str, Any]:
    """A note; other values replace, None takes away."""
    op: dict[str, Any] = {
        "op": "put",
        "id": mark_id(number),
        "version": VERSION,
        "page": 0,
        "kind": "note",
        "created": NOW - 1000,
        "geometry": {"point": [10, 20]},
        "style": {"color": "#ffd84d"},
    }
    op.update(values)
    return {key: value for key, value in op.items() if value is not None}


def ink_put(number: int = 1, **values: Any) -> dict[str, Any]:
    drawn = {"kind": "ink", "geometry": {"rect": [72, 100, 82, 104]}, "ink": INK}
    return put(number, **{**drawn, **values})


def patch(number: int = 1, base_rev: int = 1, **values: Any) -> dict[str, Any]:
    return {"op": "patch", "id": mark_id(number), "base_rev": base_rev, **values}


def delete(number: int = 1, base_rev: int = 1) -> dict[str, Any]:
    return {"op": "delete", "id": mark_id(number), "base_rev": base_rev}


def restore(number: int = 1, base_rev: int = 1) -> dict[str, Any]:
    return {"op": "restore", "id": mark_id(number), "base_rev": base_rev}


def push(op_no: int, *ops: Any, layer: str = LAYER, outbox: str = OUTBOX) -> dict[str, Any]:
    return {"t": "ann.push", "outbox": outbox, "op_no": op_no, "layer": layer, "ops": list(ops)}
