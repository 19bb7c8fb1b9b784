"""The annotation store on SQLite: the one hot path, with raw statements.

Measured per push: an ORM session with its savepoint 1,260 µs, Core 390 µs, raw statements 50 µs
(architecture.md). So this file and `group_store.py` alone speak SQL to the driver. Both run the
same state machine as `annotations.store.MemoryStore`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic_core import from_json, to_json

from annotations.ink import ink_to_text
from annotations.merge import Change
from annotations.model import Annotation, GroupRevs, JsonObject, Layer, LayerKind
from annotations.operations import Push
from annotations.store import Answer, Begun
from server import clock

COLUMNS = (
    "id, layer, document, version, page, kind, rev, seq, deleted, author, created, modified, "
    "geometry, style, body, resolved, reply_to, anchor, ink, foreign_props, carried_from, "
    "carry_state, group_revs, deleted_by"
)
_SELECT = f"SELECT {COLUMNS} FROM annotation "  # noqa: S608 - constants only
_BY_ID = _SELECT + "WHERE id = ?"
_INTO = f"INTO annotation ({COLUMNS}) VALUES ({', '.join('?' * 24)})"
_PUT = f"INSERT OR REPLACE {_INTO}"
_ADD = f"INSERT {_INTO}"
_ITEMS = (
    "SELECT id, version, page, kind, rev, seq, author, created, modified, geometry, style, body, "
    "resolved, reply_to, anchor, ink, foreign_props, carried_from, carry_state FROM annotation "
    "WHERE layer = ? AND deleted = 0 "
)
_LAYERS = "SELECT id, document_id, kind, owner, head_seq, min_seq FROM layer WHERE "


def _dump(value: JsonObject | list[JsonObject] | None) -> str | None:
    if value is None:
        return None
    return to_json(value).decode()


def _load(text: str | None) -> Any:
    return None if text is None else from_json(text)


def _row(mark: Annotation) -> tuple[Any, ...]:
    return (
        mark.id,
        mark.layer,
        mark.document,
        mark.version,
        mark.page,
        mark.kind,
        mark.rev,
        mark.seq,
        mark.deleted,
        mark.author,
        mark.created,
        mark.modified,
        _dump(mark.geometry),
        _dump(mark.style),
        mark.body,
        mark.resolved,
        mark.reply_to,
        _dump(mark.anchor),
        mark.ink,
        _dump(mark.foreign_props),
        mark.carried_from,
        mark.carry_state,
        "{},{},{},{}".format(*mark.group_revs),
        mark.deleted_by,
    )


def _mark(row: tuple[Any, ...]) -> Annotation:
    revs = tuple(int(part) for part in row[22].split(","))
    return Annotation(
        id=row[0],
        layer=row[1],
        document=row[2],
        version=row[3],
        page=row[4],
        kind=row[5],
        rev=row[6],
        seq=row[7],
        deleted=bool(row[8]),
        author=row[9],
        created=row[10],
        modified=row[11],
        geometry=_load(row[12]),
        style=_load(row[13]),
        body=row[14],
        resolved=bool(row[15]),
        reply_to=row[16],
        anchor=_load(row[17]),
        ink=row[18],
        foreign_props=_load(row[19]),
        carried_from=row[20],
        carry_state=row[21],
        group_revs=cast(GroupRevs, revs),
        deleted_by=row[23],
    )


class SqlStore:
    """One transaction's view, on a DB-API connection that the caller begins and commits.

    BEGIN IMMEDIATE keeps other pushes out, so a layer's numbers become visible in their order.
    """

    def __init__(self, connection: Any) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def begin_push(self, outbox: str, op_no: int, layer: str) -> Begun:
        """The layer, and the first answer if this push was here before."""
        row = self._execute(
            "SELECT person, fingerprint, fields FROM push WHERE outbox = ? AND op_no = ?",
            (outbox, op_no),
        ).fetchone()
        answer = Answer(row[0], row[1], from_json(row[2])) if row else None
        return Begun(self.layer(layer), answer)

    def records(self, ids: Sequence[str]) -> dict[str, Annotation]:
        """The marks with these ids, deleted ones and those of other layers too."""
        found: dict[str, Annotation] = {}
        for mark_id in ids:
            row = self._execute(_BY_ID, (mark_id,)).fetchone()
            if row is not None:
                found[mark_id] = _mark(row)
        return found

    def save(self, push: Push, layer: Layer, changes: Sequence[Change], answer: Answer) -> None:
        """Marks, op log, answer and the layer's new count."""
        if changes:
            self.write_heads({layer.id: layer.head_seq})
            self.write_marks([change.after for change in changes])
            self.write_log(
                [log_row(push, layer, one, answer.person) for one in changes if logs(one, layer)]
            )
        self.write_answers([answer_row(push, answer)])

    def write_heads(self, heads: Mapping[str, int]) -> None:
        """The counts of layers."""
        self._executemany(
            "UPDATE layer SET head_seq = ? WHERE id = ?",
            [(head, layer) for layer, head in heads.items()],
        )

    def write_marks(self, marks: Iterable[Annotation]) -> None:
        """Marks as they are now."""
        self._executemany(_PUT, [_row(mark) for mark in marks])

    def write_log(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Entries of the op log, made by `log_row`."""
        self._executemany(
            "INSERT INTO op (layer, seq, outbox, op_no, annotation, before, overwrote, actor, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def write_answers(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """First answers, made by `answer_row`."""
        self._executemany(
            "INSERT INTO push (outbox, op_no, person, fingerprint, fields, at, layer) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def load(self, layer: Layer, marks: Sequence[Annotation]) -> None:
        """Add marks that no push brought, and the layer's count; there is no history of them. An
        id that is taken, by a deleted mark too, is an error: nothing is written over."""
        self.write_heads({layer.id: layer.head_seq})
        self._executemany(_ADD, [_row(mark) for mark in marks])

    def move(self, layer: Layer, marks: Sequence[Annotation]) -> None:
        """Write marks that come from another layer to this one, under the ids they have, and the
        layer's count; there is no history of them."""
        self.write_heads({layer.id: layer.head_seq})
        self.write_marks(marks)

    def remember_refusal(self, push: Push, answer: Answer) -> None:
        """A late copy of a refused push is refused too."""
        self.write_answers([answer_row(push, answer)])

    def layer(self, layer: str) -> Layer | None:
        """The layer as it is now."""
        return next(iter(self.find_layers("id = ?", (layer,))), None)

    def find_layers(self, where: str, given: Sequence[Any]) -> list[Layer]:
        """Layers by a condition in SQL; its words are ours, what a user gave is in `given`."""
        rows = self._execute(_LAYERS + where, given)
        return [
            Layer(row[0], row[1], cast(LayerKind, row[2]), row[3], row[4], row[5]) for row in rows
        ]

    def changes_since(self, layer: str, cursor: int, limit: int) -> list[Annotation]:
        """Marks with seq > cursor, deleted ones too, by seq."""
        rows = self._execute(
            _SELECT + "WHERE layer = ? AND seq > ? ORDER BY seq LIMIT ?", (layer, cursor, limit)
        )
        return [_mark(row) for row in rows]

    def count_living(self, layer: str) -> int:
        """How many marks of the layer are not deleted."""
        rows = self._execute(
            "SELECT count(*) FROM annotation WHERE layer = ? AND deleted = 0", (layer,)
        )
        return int(rows.fetchone()[0])

    def find(self, where: str, given: Sequence[Any]) -> list[Annotation]:
        """Marks by a condition in SQL; its words are ours, what a user gave is in `given`."""
        return [_mark(row) for row in self._execute(_SELECT + where, given)]

    def snapshot(self, layer: str) -> list[Annotation]:
        """All living marks, by seq."""
        rows = self._execute(_SELECT + "WHERE layer = ? AND deleted = 0 ORDER BY seq", (layer,))
        return [_mark(row) for row in rows]

    def snapshot_texts(
        self, layer: str, page: int | None, elsewhere: bool, after: int
    ) -> Iterator[tuple[int, str]]:
        """Living marks behind `after` as JSON text, of a page or of all others. What is stored as
        JSON is sent as it is: building each mark and encoding it again took three times as long."""
        on = "page IS NOT ?" if elsewhere else "page IS ?"
        rows = self._execute(f"{_ITEMS} AND seq > ? AND {on} ORDER BY seq", (layer, after, page))
        for row in rows:
            yield row[5], _item(row)


def logs(change: Change, layer: Layer) -> bool:
    """Whether the change has an entry in the op log. A new mark of one's own overwrote nothing, and
    its row says who made it when: an entry would be a third of what a stroke costs the disk."""
    return change.before is not None or layer.kind != "private"


def log_row(push: Push, layer: Layer, change: Change, actor: str) -> tuple[Any, ...]:
    """What the op log says of a change."""
    return (
        layer.id,
        change.after.seq,
        push.outbox,
        push.op_no,
        change.after.id,
        _before(change),
        ",".join(map(str, change.overwrote)),
        actor,
        change.after.modified,
    )


def answer_row(push: Push, answer: Answer) -> tuple[Any, ...]:
    """The first answer to a push, as it is kept."""
    return (
        push.outbox,
        push.op_no,
        answer.person,
        answer.fingerprint,
        _dump(answer.fields),
        clock.unix_ms(),
        push.layer,
    )


def _item(row: tuple[Any, ...]) -> str:
    """What `annotations.model.to_text` makes of the mark; ids and kinds need no escapes."""
    text = (
        f'{{"id":"{row[0]}","version":"{row[1]}","page":{row[2]},"kind":"{row[3]}",'
        f'"rev":{row[4]},"seq":{row[5]},"author":"{row[6]}","created":{row[7]},'
        f'"modified":{row[8]},"geometry":{row[9]},"style":{row[10]}'
    )
    if row[11]:
        text += f',"body":{to_json(row[11]).decode()}'
    if row[12]:
        text += ',"resolved":true'
    if row[13] is not None:
        text += f',"reply_to":"{row[13]}"'
    if row[14] is not None:
        text += f',"anchor":{row[14]}'
    if row[15] is not None:
        text += f',"ink":"{ink_to_text(row[15])}"'
    by = None if row[16] is None else from_json(row[16]).get("by")
    if by is not None:
        text += f',"by":{to_json(by).decode()}'
    if row[17] is not None:
        text += f',"carried_from":"{row[17]}","carry_state":"{row[18]}"'
    return text + "}"


def _before(change: Change) -> str | None:
    """Only what the change destroyed is kept: a stroke that is only moved is not copied."""
    before = change.before
    if before is None:
        return None
    return _dump(
        {
            "page": before.page,
            "geometry": before.geometry,
            "style": before.style,
            "body": before.body,
            "resolved": before.resolved,
            "deleted": before.deleted,
        }
    )
