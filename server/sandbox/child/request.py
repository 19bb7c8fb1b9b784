"""What the server asks of one export, as it travels to the child."""

import dataclasses
import json
from typing import Any, Literal

from annotations.ink import encode_ink, ink_to_text
from annotations.model import Annotation, from_wire

Mode = Literal["annotations", "flattened", "clean", "xfdf"]


@dataclasses.dataclass(frozen=True, slots=True)
class ExportRequest:
    """`marks`: (layer id, mark). `layers` and `authors`: id to the name a reader sees."""

    mode: Mode
    layers: dict[str, str]
    authors: dict[str, str]
    marks: list[tuple[str, Annotation]]
    unreadable: int
    """Items that are no marks; one must not cost a person all the others."""
    originals: list[tuple[int, int]]
    """(page, place in its /Annots) of the file's annotations that stand in its layer."""
    file_name: str


def read_request(header: dict[str, Any], body: bytes) -> ExportRequest:
    """From the header's `mode`, `layers`, `authors` and the marks' JSON: a list of wire items
    (annotations.model.to_wire) with a `layer` each. Deleted ones are passed over. `ink` may also be
    a list of decoded points [x, y, pressure?]; `foreign_props`, `group_revs` as in the record."""
    marks, unreadable = [], 0
    for item in json.loads(body):
        if item.get("deleted"):
            continue
        try:
            if isinstance(item.get("ink"), list):
                item = {**item, "ink": ink_to_text(_encode_points(item["ink"]))}
            mark = from_wire(item, item["layer"], "")
            mark = dataclasses.replace(
                mark,
                foreign_props=item.get("foreign_props"),
                group_revs=tuple(item.get("group_revs", (1, 1, 1, 1))),
            )
            marks.append((str(item["layer"]), mark))
        except (KeyError, TypeError, ValueError, IndexError):
            unreadable += 1
    originals = [(int(page), int(index)) for page, index in header.get("originals", ())]
    return ExportRequest(
        header["mode"],
        header["layers"],
        header["authors"],
        marks,
        unreadable,
        originals,
        str(header.get("file_name", "")),
    )


def _encode_points(points: list[list[float]]) -> bytes:
    pressed = all(len(point) > 2 for point in points)
    return encode_ink(
        [point[0] for point in points],
        [point[1] for point in points],
        [point[2] for point in points] if pressed else None,
    )
