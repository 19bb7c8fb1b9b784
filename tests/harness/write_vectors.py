"""Writes tests/contract/vectors/*.json, which both languages must reproduce bit for bit:

    python -m tests.harness.write_vectors

The files are committed; run it only when the format gets a new number.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotations.anchors import Word, anchor_of, quads_of
from annotations.ink import decode_ink, encode_ink, ink_to_text

VECTORS = Path(__file__).parents[1] / "contract" / "vectors"


def ink_case(
    name: str,
    xs: Sequence[float],
    ys: Sequence[float],
    pressure: Sequence[float] | None = None,
    times: Sequence[int] | None = None,
) -> dict[str, Any]:
    data = encode_ink(xs, ys, pressure, times)
    stroke = decode_ink(data)
    return {
        "name": name,
        "xs": list(xs),
        "ys": list(ys),
        "pressure": pressure,
        "times": times,
        "ink": ink_to_text(data),
        "decoded": {
            "xs": stroke.xs,
            "ys": stroke.ys,
            "pressure": stroke.pressure,
            "times": stroke.times,
        },
    }


def handwriting(points: int) -> dict[str, Any]:
    """A wandering line of short steps, as a 240 Hz pen gives."""
    rng = random.Random(7)
    xs, ys = [], []
    x, y, angle = 300.0, 400.0, 0.0
    for _ in range(points):
        angle += rng.uniform(-0.4, 0.4)
        x += math.cos(angle) * rng.uniform(0.2, 2.5)
        y += math.sin(angle) * rng.uniform(0.2, 2.5)
        xs.append(round(x, 4))
        ys.append(round(y, 4))
    pressure = [round(rng.random(), 3) for _ in xs]
    return ink_case("a word in handwriting", xs, ys, pressure, [i * 4 for i in range(points)])


def ink_cases() -> list[dict[str, Any]]:
    tiny = 2.0**-24
    return [
        ink_case("a dot", [72.5], [100.25]),
        ink_case("a dot with pressure and time", [72.1], [100.3], [0.37], [0]),
        ink_case("three points", [72, 77, 82], [100, 102, 104], [0.5, 1, 0.5], [0, 8, 16]),
        ink_case(
            "time alone, one gap too long",
            [0, 0.1, 0.2, -0.3],
            [0, 1e-3, 2e-5, -1e-7],
            None,
            [0, 4, 70_004, 70_005],
        ),
        ink_case(
            "ties to even, powers of two, the smallest steps",
            [0, 1 + 2**-11, 3 + 3 * 2**-11, 2049, 4099],
            [0, 2**-14, 2**-14 + tiny, 2**-14 + 2.5 * tiny, tiny / 2],
            [0, 1, 1 / 510, 0.5, 0.999],
        ),
        ink_case(
            "across the whole page space",
            [-20_000, 20_000, -20_000],
            [20_000, -20_000, 0.0001],
            [0, 0, 1],
            [0, 1, 2],
        ),
        ink_case("pressure and time beyond their bounds", [1, 2], [1, 2], [-0.5, 1.5], [10, 5]),
        handwriting(140),
    ]


def page_words() -> list[Word]:
    """Three lines as ingest gives them, one with letters of two code units in JavaScript."""
    lines = [
        "Điều 1. Phê duyệt tổng mức đầu tư là 12.450 triệu đồng",
        "từ nguồn ngân sách tỉnh và các nguồn vốn hợp pháp khác",
        "𝒙 ngoài BMP. Tổng mức đầu tư",
    ]
    words = []
    for number, line in enumerate(lines):
        x, y = 72.0, 100.0 + number * 20
        for text in line.split():
            raised = 3.0 if text == "và" else 0.0
            words.append(Word(x, y, x + len(text) * 6.0, y + 14 - raised, text))
            x += len(text) * 6.0 + 4
    return words


def anchor_cases() -> dict[str, Any]:
    words = page_words()
    end = len(words) - 1
    spans = [(0, 0, 0), (4, 8, 3), (9, 14, 3), (end - 3, end, 10), (0, end, 0), (12, 26, 1)]
    return {
        "words": words,
        "cases": [
            {
                "first": first,
                "last": last,
                "page": page,
                "anchor": anchor_of(words, first, last, page),
                "quads": quads_of(words, first, last),
            }
            for first, last, page in spans
        ],
    }


def scribble_cases() -> list[dict[str, Any]]:
    """Marks as they were made, and the lines of a list they become: first marks in the order of the
    list, each with those that joined it. What is expected was thought out, not computed."""

    def mark(name: str, at: int, x: float, y: float, **more: Any) -> dict[str, Any]:
        rect = [x, y, x + 20.0, y + 5.0]
        given = {"id": name, "created": at, "kind": "ink", "page": 0, "layer": "l", "version": "v"}
        return {**given, "rect": rect, "body": "", **more}

    far = [mark(f"f{i}", 1_000 + i, 10, 200.0 + i * 70) for i in range(9)]
    return [
        {
            "name": "one go, a pause, another place",
            "marks": [
                mark("a", 1_000, 10, 100),
                mark("b", 1_900, 30, 102),
                mark("c", 2_800, 30, 400),
                mark("d", 22_900, 32, 104),
            ],
            "lines": [["a", "b"], ["c"], ["d"]],
        },
        {
            "name": "made in a tunnel and sent with what was made after: by the time of making",
            "marks": [
                mark("late", 90_000, 12, 101),
                mark("early", 1_000, 10, 100),
                mark("between", 60_000, 11, 102),
                mark("after", 60_500, 14, 103),
            ],
            "lines": [["early"], ["between", "after"], ["late"]],
        },
        {
            "name": "near any stroke of the scribble, not the last one alone",
            "marks": [
                mark("a", 1_000, 10, 100),
                mark("b", 1_500, 80, 100),
                mark("c", 2_000, 150, 100),
                mark("d", 2_500, 10, 130),
            ],
            "lines": [["a", "b", "c", "d"]],
        },
        {
            "name": "60 points join, more do not; 20 s join, more do not",
            "marks": [
                mark("a", 1_000, 10, 100),
                mark("b", 21_000, 90, 105),
                mark("c", 41_001, 90, 105),
                mark("d", 41_002, 170.5, 105),
            ],
            "lines": [["a", "b"], ["c"], ["d"]],
        },
        {
            "name": "kinds, pages, layers, versions and remarks part",
            "marks": [
                mark("ink", 1_000, 10, 100),
                mark("marker", 1_001, 10, 100, kind="highlighter"),
                mark("page", 1_002, 10, 100, page=1),
                mark("layer", 1_003, 10, 100, layer="m"),
                mark("version", 1_004, 10, 100, version="w"),
                mark("remark", 1_005, 10, 100, body="Hỏi lại"),
                mark("box", 1_006, 10, 100, kind="rectangle"),
                mark("ink-2", 1_007, 10, 100),
            ],
            "lines": [
                ["ink", "ink-2"],
                ["marker"],
                ["layer"],
                ["version"],
                ["remark"],
                ["box"],
                ["page"],
            ],
        },
        {
            "name": "what lies between counts for nothing; the last eight of a kind count",
            "marks": [
                mark("a", 1_000, 10, 10),
                *(mark(f"n{i}", 1_001 + i, 10, 500, kind="note") for i in range(12)),
                mark("b", 1_100, 12, 12),
                *({**one, "created": 2_000 + i} for i, one in enumerate(far)),
                mark("c", 3_000, 12, 12),
            ],
            "lines": [
                ["a", "b"],
                *([f"n{i}"] for i in range(12)),
                *([one["id"]] for one in far),
                ["c"],
            ],
        },
        {
            "name": "equal times: by id",
            "marks": [mark("b", 1_000, 300, 100), mark("a", 1_000, 10, 100)],
            "lines": [["a"], ["b"]],
        },
    ]


def write(name: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    numbers = r"\[\n\s+([-\d.e,\s]+?)\n\s+\]"
    text = re.sub(numbers, lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    (VECTORS / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write("ink.json", ink_cases())
    write("anchors.json", anchor_cases())
    write("scribbles.json", scribble_cases())
