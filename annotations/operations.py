"""What a client may send: put, patch, delete, restore, in a push that holds or falls as one.

`parse_push` turns the JSON of `ann.push` into these and is the only door: what it lets through
is within every bound of limits.py, so that merge and store need not look again (a patch's
geometry alone waits for merge, which knows the kind of the mark).
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from annotations.checks import (
    check_anchor,
    check_body,
    check_count,
    check_geometry,
    check_page,
    check_style,
    check_uuid,
    check_uuid7,
)
from annotations.errors import AnnotationError
from annotations.ink import check_ink, ink_from_text
from annotations.limits import MAX_OPS, MAX_PUSH_BYTES, MAX_RECORD_BYTES
from annotations.model import INK_KINDS, KINDS, JsonObject


@dataclass(frozen=True, slots=True)
class Put:
    """A new mark. Author, layer, document and times are the server's to fill in; `created` is
    the client's word for when it was drawn (ms since 1970)."""

    id: str
    version: str
    page: int
    kind: str
    geometry: JsonObject
    style: JsonObject
    created: int
    body: str = ""
    anchor: list[JsonObject] | None = None
    ink: bytes | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """New values for whole property groups; None leaves a field as it is. `base_rev` is the
    `rev` the person saw."""

    id: str
    base_rev: int
    page: int | None = None
    geometry: JsonObject | None = None
    anchor: list[JsonObject] | None = None
    style: JsonObject | None = None
    body: str | None = None
    resolved: bool | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Take a mark away; deleting a deleted one succeeds and changes nothing."""

    id: str
    base_rev: int


@dataclass(frozen=True, slots=True)
class Restore:
    """Bring a deleted mark back as it was; restoring a living one changes nothing."""

    id: str
    base_rev: int


Operation: TypeAlias = Put | Patch | Delete | Restore


def writes_words(op: Operation) -> bool:
    """Whether the words of its mark are this operation's afterwards."""
    return isinstance(op, Put) or (isinstance(op, Patch) and op.body is not None)


@dataclass(frozen=True, slots=True)
class Push:
    """A batch of operations on one layer, atomic. `outbox` (the "device" of the op log) is made
    together with the tablet's outbox and lost with it; `op_no` is unique in it: the same pair
    sent again gets its first answer. `fingerprint` tells a repeated batch from another one
    that carries the same number by mistake (a tablet restored from a backup): the layer, what is
    done to which marks, and the values of patches. A new mark's id is made with its content."""

    outbox: str
    op_no: int
    layer: str
    ops: tuple[Operation, ...]
    fingerprint: int
    weight: int = 0
    """Bytes on the wire, roughly."""

    def named(self) -> list[str]:
        """The marks that it changes or answers."""
        puts = (op for op in self.ops if isinstance(op, Put))
        return [op.id for op in self.ops] + [op.reply_to for op in puts if op.reply_to is not None]


_PUT_KEYS: Final = frozenset(
    {
        "op",
        "id",
        "version",
        "page",
        "kind",
        "geometry",
        "style",
        "created",
        "body",
        "anchor",
        "ink",
        "reply_to",
    }
)
_PATCH_VALUES: Final = frozenset({"page", "geometry", "anchor", "style", "body", "resolved"})
_PATCH_KEYS: Final = _PATCH_VALUES | {"op", "id", "base_rev"}
_SHORT_KEYS: Final = frozenset({"op", "id", "base_rev"})
_PUSH_KEYS: Final = frozenset({"t", "outbox", "op_no", "layer", "ops"})


def _need(op: dict[str, Any], key: str) -> Any:
    try:
        return op[key]
    except KeyError:
        raise AnnotationError("missing", key) from None


def _parse_put(op: dict[str, Any]) -> tuple[Put, int]:
    if not op.keys() <= _PUT_KEYS:
        raise AnnotationError("unknown_field", "op")
    kind = _need(op, "kind")
    if type(kind) is not str or kind not in KINDS:
        raise AnnotationError("unknown_kind", "kind")
    weight = check_geometry(kind, _need(op, "geometry")) + check_style(_need(op, "style")) + 250
    body = op.get("body", "")
    if body != "":
        weight += check_body(body)
    anchor = op.get("anchor")
    if anchor is not None:
        weight += check_anchor(anchor)
    text = op.get("ink")
    ink: bytes | None = None
    if kind in INK_KINDS:
        if type(text) is not str:
            raise AnnotationError("missing" if text is None else "wrong_type", "ink")
        ink = ink_from_text(text)
        check_ink(ink)
        weight += len(text)
    elif text is not None:
        raise AnnotationError("unknown_field", "ink")
    if weight > MAX_RECORD_BYTES:
        raise AnnotationError("too_large", "op")
    reply_to = op.get("reply_to")
    if reply_to is not None:
        if kind != "note":
            raise AnnotationError("unknown_field", "reply_to")
        check_uuid7(reply_to, "reply_to")
    put = Put(
        check_uuid7(_need(op, "id"), "id"),
        check_uuid(_need(op, "version"), "version"),
        check_page(_need(op, "page")),
        kind,
        op["geometry"],
        op["style"],
        check_count(_need(op, "created"), "created"),
        body,
        anchor,
        ink,
        reply_to,
    )
    return put, weight


def _parse_patch(op: dict[str, Any]) -> tuple[Patch, int]:
    if not op.keys() <= _PATCH_KEYS:
        raise AnnotationError("unknown_field", "op")
    # An explicit null says nothing: refused, so that "absent" has one spelling.
    if any(op[key] is None for key in op.keys() & _PATCH_VALUES):
        raise AnnotationError("wrong_type", "op")
    weight = 120
    if "page" in op:
        check_page(op["page"])
    geometry = op.get("geometry")
    if geometry is not None:
        if type(geometry) is not dict:
            raise AnnotationError("wrong_type", "geometry")
        quads = geometry.get("quads")
        weight += 64 * len(quads) if type(quads) is list else 80
    if "anchor" in op:
        weight += check_anchor(op["anchor"])
    if "style" in op:
        weight += check_style(op["style"])
    if "body" in op:
        weight += check_body(op["body"])
    resolved = op.get("resolved")
    if resolved is not None and type(resolved) is not bool:
        raise AnnotationError("wrong_type", "resolved")
    if op.keys() <= _SHORT_KEYS:
        raise AnnotationError("missing", "op")
    if weight > MAX_RECORD_BYTES:
        raise AnnotationError("too_large", "op")
    patch = Patch(
        check_uuid7(_need(op, "id"), "id"),
        check_count(_need(op, "base_rev"), "base_rev"),
        op.get("page"),
        geometry,
        op.get("anchor"),
        op.get("style"),
        op.get("body"),
        resolved,
    )
    return patch, weight


def parse_operation(op: object) -> tuple[Operation, int]:
    """One operation of a push and its weight in bytes. Raises AnnotationError."""
    if type(op) is not dict:
        raise AnnotationError("wrong_type", "op")
    name = op.get("op")
    if name == "put":
        return _parse_put(op)
    if name == "patch":
        return _parse_patch(op)
    if name != "delete" and name != "restore":
        raise AnnotationError("unknown_op", "op")
    if not op.keys() <= _SHORT_KEYS:
        raise AnnotationError("unknown_field", "op")
    mark = check_uuid7(_need(op, "id"), "id")
    base_rev = check_count(_need(op, "base_rev"), "base_rev")
    return (Delete if name == "delete" else Restore)(mark, base_rev), 100


def _values(patch: JsonObject) -> bytes:
    """What a patch says, in one spelling. A repeat may stand on a newer rev: `base_rev` is left
    out."""
    said = {name: value for name, value in patch.items() if name != "base_rev"}
    return json.dumps(said, sort_keys=True).encode()


def parse_push(message: JsonObject) -> Push:
    """The push in an `ann.push` message. Raises AnnotationError; its `index` names the refused
    operation where one is to blame, so that the client can set that one aside alone."""
    if not message.keys() <= _PUSH_KEYS:
        raise AnnotationError("unknown_field", "push")
    outbox = check_uuid(_need(message, "outbox"), "outbox")
    op_no = check_count(_need(message, "op_no"), "op_no", 1)
    layer = check_uuid(_need(message, "layer"), "layer")
    raw = _need(message, "ops")
    if type(raw) is not list or not raw:
        raise AnnotationError("wrong_type", "ops")
    if len(raw) > MAX_OPS:
        raise AnnotationError("too_many", "ops")
    ops: list[Operation] = []
    total = 0
    print_ = zlib.crc32(layer.encode())
    for index, item in enumerate(raw):
        try:
            op, weight = parse_operation(item)
        except AnnotationError as error:
            error.index = index
            raise
        total += weight
        ops.append(op)
        print_ = zlib.crc32(f"{item['op']}{op.id}".encode(), print_)
        if isinstance(op, Patch):
            print_ = zlib.crc32(_values(item), print_)
    if total > MAX_PUSH_BYTES:
        raise AnnotationError("too_large", "ops")
    return Push(outbox, op_no, layer, tuple(ops), print_, total)
