"""What a mark of another program says that our records have no field for: kept, and written back.

`foreign_props` of a record, all keys optional:

    {"by": the author's name, "index": its place in /Annots of its page in the version's file,
     "subtype": what it is in the file where our kind is only near, "nm": its own name (/NM),
     "pdf": {key: value}}

Values are JSON: numbers, true, false, null, text and lists stand for themselves, {"n": name},
{"d": {key: value}}. Nothing that runs, leads elsewhere or names another
object is kept.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

from annotations.limits import MAX_FOREIGN_BYTES, MAX_FOREIGN_DEPTH
from annotations.model import JsonObject
from annotations.pdf_values import PdfName, PdfRef, PdfValue, text_of

_OURS: Final = frozenset(
    {
        *("Type", "Subtype", "Rect", "QuadPoints", "InkList", "L", "Contents", "C", "CA", "ca"),
        *("T", "M", "CreationDate", "NM", "F", "RT", "State", "StateModel"),
    }
)
"""Said by the record's own fields, and written from them."""
_NEVER: Final = frozenset(
    {
        *("P", "Parent", "Popup", "AP", "AS", "AF", "OC", "IRT", "StructParent", "StructParents"),
        *("A", "AA", "PA", "JS", "Dest", "FS", "Sound", "Movie", "RichMediaContent", "MK", "H"),
    }
)
"""Actions, files, and ties to objects of the file it came from."""

_LOOKS: Final = frozenset(
    {"BS", "Border", "BE", "IC", "LE", "DA", "DS", "Q", "Name", "Sy", "RO", "BM", "RC", "CL"}
    | {"RD", "Vertices", "Path", "LL", "LLE", "LLO", "CO", "Rotate", "Cap", "CP"}
)
"""How and where it stands: true only while nobody has changed the mark here."""


class _NotKept(Exception):
    """A value that cannot be kept."""


def keep(entries: dict[str, PdfValue]) -> JsonObject:
    """The entries of an annotation worth keeping, as JSON, within MAX_FOREIGN_BYTES: short ones
    first, so that a huge one costs no other."""
    found: list[tuple[int, str, Any]] = []
    for key, value in entries.items():
        if key in _OURS or key in _NEVER:
            continue
        try:
            json_value = _to_json(value, MAX_FOREIGN_DEPTH)
        except _NotKept:
            continue
        weight = len(json.dumps({key: json_value}, ensure_ascii=False).encode())
        found.append((weight, key, json_value))
    kept: JsonObject = {}
    left = MAX_FOREIGN_BYTES
    for weight, key, json_value in sorted(found, key=lambda one: one[:2]):
        left -= weight
        if left < 0:
            break
        kept[key] = json_value
    return kept


def give_back(props: JsonObject, *, untouched: bool) -> dict[str, PdfValue]:
    """The entries to write again. `untouched`: nobody changed the mark since it was read, so what
    tells its looks still holds."""
    entries: dict[str, PdfValue] = {}
    for key, value in props.items():
        if key in _OURS or key in _NEVER or (key in _LOOKS and not untouched):
            continue
        try:
            entries[key] = _from_json(value, MAX_FOREIGN_DEPTH)
        except _NotKept:
            continue
    return entries


def _to_json(value: PdfValue, depth: int) -> Any:
    if depth == 0 or isinstance(value, PdfRef):
        raise _NotKept
    if isinstance(value, PdfName):
        return {"n": str(value)}
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, list):
        return [_to_json(one, depth - 1) for one in value]
    if isinstance(value, dict):
        if not value.keys().isdisjoint(_NEVER):
            raise _NotKept
        return {"d": {str(key): _to_json(one, depth - 1) for key, one in value.items()}}
    if type(value) is float and not math.isfinite(value):
        raise _NotKept
    return value


def _from_json(value: Any, depth: int) -> PdfValue:
    if depth == 0:
        raise _NotKept
    if isinstance(value, list):
        return [_from_json(one, depth - 1) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"n": str(name)}:
            return PdfName(name)
        case {"d": dict(inner)}:
            return {str(key): _from_json(one, depth - 1) for key, one in inner.items()}
    raise _NotKept
