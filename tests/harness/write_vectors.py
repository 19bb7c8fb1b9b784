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


def write(name: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    numbers = r"\[\n\s+([-\d.e,\s]+?)\n\s+\]"
    text = re.sub(numbers, lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    (VECTORS / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write("ink.json", ink_cases())
    write("anchors.json", anchor_cases())
