"""One operation meets one record: the rules of conflict, and nothing else.

By property group (model.GROUPS): different groups merge; the same group, last to commit wins
(the loser stays in the op log); the same body is a conflict on every layer, also one's own, so
that nobody's words vanish unseen; delete beats edit; restore brings back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from annotations.checks import NUMBER_WEIGHT, check_geometry
from annotations.errors import AnnotationError
from annotations.limits import MAX_OFFLINE_MS, MAX_RECORD_BYTES
from annotations.model import Annotation, GroupRevs, Layer
from annotations.operations import Delete, Operation, Patch, Put, Restore

_GEOMETRY, _STYLE, _BODY, _STATE = range(4)


@dataclass(frozen=True, slots=True)
class Change:
    """The record before and after; `after` has its new rev and seq. `overwrote` names the groups
    (indexes into GROUPS) that someone had changed since `base_rev`: `before` holds the loser."""

    before: Annotation | None
    after: Annotation
    overwrote: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The record already is what the operation asks for; it keeps its rev and seq."""

    record: Annotation


@dataclass(frozen=True, slots=True)
class Conflict:
    """The operation cannot hold. `server_value` is the record as it stands, where the person
    may see it and it helps to decide."""

    code: str
    field: str = ""
    server_value: Annotation | None = None


Result: TypeAlias = Change | Unchanged | Conflict


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who asks, where and when. `now` in ms since 1970; `may_moderate` lets the owner of a
    shared layer take away what other people put on it."""

    layer: Layer
    person: str
    now: int
    may_moderate: bool = False


def apply(
    record: Annotation | None,
    op: Operation,
    seq: int,
    at: Circumstances,
    *,
    own_words: bool = False,
) -> Result:
    """What `op` makes of `record` (None: no mark with this id). Pure. `seq` is the layer's next
    number, used up only by a Change. `own_words`: those of `record` come from the same push, so
    whoever writes has them before the eyes. Never raises for what parse_push lets through."""
    if isinstance(op, Put):
        if record is not None:
            return Conflict("id_taken", "id")
        return _put(op, seq, at)
    if record is None or record.layer != at.layer.id:
        return Conflict("unknown_annotation", "id")
    if at.layer.kind != "private":
        refusal = _not_theirs(record, op, at)
        if refusal:
            return Conflict(refusal, "id")
    if isinstance(op, Patch):
        return _patch(record, op, seq, at, own_words)
    if isinstance(op, Delete):
        return Unchanged(record) if record.deleted else _set_deleted(record, op, True, seq, at)
    if isinstance(op, Restore):
        return _set_deleted(record, op, False, seq, at) if record.deleted else Unchanged(record)
    assert_never(op)


def _not_theirs(record: Annotation, op: Patch | Delete | Restore, at: Circumstances) -> str:
    """The code of the refusal where a mark on a layer of several people is not this person's to
    change so; "" where it is. Its words, look and place are its author's alone. Anybody who
    writes there may resolve a thread or open it again. Its author or a moderator takes it away;
    whoever took it away brings it back, and of moderators another one too."""
    mine = record.author == at.person
    if isinstance(op, Patch):
        return "" if mine or _only_resolves(op) else "not_yours"
    if isinstance(op, Delete) or not record.deleted:
        return "" if mine or at.may_moderate else "not_yours"
    if record.deleted_by == record.author:
        return "" if mine else "not_yours"
    return "" if at.may_moderate or record.deleted_by == at.person else "taken_away"


def _put(op: Put, seq: int, at: Circumstances) -> Change:
    believed = at.now - MAX_OFFLINE_MS <= op.created <= at.now
    after = Annotation(
        op.id,
        at.layer.id,
        at.layer.document,
        op.version,
        op.page,
        op.kind,
        1,
        seq,
        False,
        at.person,
        op.created if believed else at.now,
        at.now,
        op.geometry,
        op.style,
        op.body,
        False,
        op.reply_to,
        op.anchor,
        op.ink,
    )
    return Change(None, after)


def _only_resolves(op: Patch) -> bool:
    return (
        op.page is None
        and op.geometry is None
        and op.anchor is None
        and op.style is None
        and op.body is None
    )


def _patch(record: Annotation, op: Patch, seq: int, at: Circumstances, own_words: bool) -> Result:
    if record.deleted:
        return Conflict("deleted", "id", record)
    if op.geometry is not None:
        try:
            check_geometry(record.kind, op.geometry)
        except AnnotationError as error:
            return Conflict(error.code, error.field)
    page = record.page if op.page is None else op.page
    geometry = record.geometry if op.geometry is None else op.geometry
    anchor = record.anchor if op.anchor is None else op.anchor
    style = record.style if op.style is None else op.style
    body = record.body if op.body is None else op.body
    resolved = record.resolved if op.resolved is None else op.resolved
    groups: list[int] = []
    if page != record.page or geometry != record.geometry or anchor != record.anchor:
        groups.append(_GEOMETRY)
    if style != record.style:
        groups.append(_STYLE)
    if body != record.body:
        groups.append(_BODY)
        if record.group_revs[_BODY] > op.base_rev and not own_words:
            return Conflict("conflict", "body", record)
    if resolved != record.resolved:
        groups.append(_STATE)
    if not groups:
        return Unchanged(record)
    after = replace(
        record,
        page=page,
        geometry=geometry,
        anchor=anchor,
        style=style,
        body=body,
        resolved=resolved,
        rev=record.rev + 1,
        seq=seq,
        modified=at.now,
        group_revs=_touch(record, groups),
    )
    if weigh(after) > MAX_RECORD_BYTES:
        return Conflict("too_large", "op")
    overwrote = tuple(group for group in groups if record.group_revs[group] > op.base_rev)
    return Change(record, after, overwrote)


def _set_deleted(
    record: Annotation, op: Delete | Restore, deleted: bool, seq: int, at: Circumstances
) -> Change:
    after = replace(
        record,
        deleted=deleted,
        deleted_by=at.person if deleted else "",
        rev=record.rev + 1,
        seq=seq,
        modified=at.now,
        group_revs=_touch(record, [_STATE]),
    )
    overwrote = tuple(group for group in range(4) if record.group_revs[group] > op.base_rev)
    return Change(record, after, overwrote)


def _touch(record: Annotation, groups: list[int]) -> GroupRevs:
    rev = record.rev + 1
    a, b, c, d = (rev if group in groups else old for group, old in enumerate(record.group_revs))
    return a, b, c, d


def weigh(record: Annotation) -> int:
    """Bytes of the record on the wire, roughly and quickly; for bounds and for cutting a
    snapshot into parts."""
    weight = 330 + len(record.style) * 24
    if record.ink is not None:
        weight += len(record.ink) * 4 // 3
    if record.body:
        weight += len(record.body.encode("utf-8"))
    quads = record.geometry.get("quads")
    if quads is not None:
        weight += len(quads) * 8 * NUMBER_WEIGHT
    for selector in record.anchor or ():
        weight += 60 + sum(len(str(value).encode("utf-8")) for value in selector.values())
    return weight
