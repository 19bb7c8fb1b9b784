"""A shared layer with a short discussion and a presenter's layer on one paper of the session, so
that whoever enters the demo sees what they are for.

The words are looked for on the pages as they were read, so marks lie where the phrases are.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, select

from annotations.anchors import Word, anchor_of, quads_of
from annotations.ink import encode_ink, ink_to_text
from annotations.model import Layer
from annotations.session import Session as MarkSession
from server import clock
from server.annotating import layers, sharing
from server.annotating.messages import NewLayer
from server.annotating.rules import Bounds, LayerRights
from server.database import Database, WriteSession
from server.documents.queries import document_row, page_rows
from server.documents.rules import VersionState
from server.documents.tables import VersionRow
from server.http.files import Files
from server.identity import SYSTEM, Actor
from server.jobs.queue import enqueue
from server.people.queries import roles_of
from server.people.tables import PersonRow

DISCUSS = "demo_discussion"
PAPER = "bao-cao-tham-tra"
"""The scrutiny report under item 3: short, and written to be talked about."""
AGAIN_MS, TRIES = 1000, 600
"""The paper is read within this many looks, or there is no discussion."""
BOUNDS = Bounds(per_document=50, per_person=5, people=100)
MINUTE = 60_000
AMBER, RED = "#ffd84d", "#c62828"
MARGIN = 552
"""Where notes lie: right of the text of an A4 page, points."""

TITLE = "Góp ý trước phiên họp"
OWNER = "gd.taichinh"
PEOPLE = ("pgd.taichinh", "gd.nongnghiep", "chutich", "cvp")
PRESENTER = "pgd.taichinh"


@dataclass(frozen=True)
class Remark:
    """A note beside a phrase of page `page` (from 0), who wrote it how many minutes ago, and what
    was answered. `done`: who closed the question."""

    page: int
    phrase: str
    who: str
    minutes: int
    words: str
    answers: tuple[tuple[str, int, str], ...] = ()
    done: str = ""


DISCUSSION = (
    Remark(
        1,
        "hụt thu tiền sử dụng đất",
        "gd.nongnghiep",
        55,
        "Số hụt thu này lấy từ biểu nào? Đề nghị ghi rõ nguồn trong tờ trình.",
        (
            (
                "pgd.taichinh",
                48,
                "Từ Biểu số 01, cột Tiền sử dụng đất; đã đối chiếu với Kho bạc đến ngày khóa sổ.",
            ),
            ("gd.nongnghiep", 44, "Cảm ơn chị, tôi đã thấy."),
        ),
        done="gd.nongnghiep",
    ),
    Remark(
        1,
        "cấp bách phòng chống thiên tai",
        "gd.taichinh",
        31,
        "Sở Nông nghiệp và Môi trường cho ý kiến: phần vốn nào của dự án kè chắc chắn không "
        "giải ngân được trong năm?",
        (("gd.nongnghiep", 22, "Khoảng một phần ba. Sở gửi số chính thức trước giờ giải lao."),),
    ),
)


@dataclass
class Discuss:
    """The job that writes the discussion, once the paper has been read."""

    database: Database
    files: Files

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Write it, or look again in a while."""
        document_id, tries = str(payload["document_id"]), int(payload["tries"])
        found = await self.database.read(_pages, document_id)
        if found is not None:
            version_id, hashes = found
            words = await asyncio.to_thread(self._words, hashes)
            await self.database.write(SYSTEM, write_discussion, document_id, version_id, words)
        elif tries < TRIES:
            await self.database.write(SYSTEM, plan_discussion, document_id, tries + 1)

    def _words(self, hashes: Sequence[str]) -> list[Any]:
        return [json.loads(self.files.path(one).read_bytes())["words"] for one in hashes]


def plan_discussion(session: WriteSession, document_id: str, tries: int = 0) -> None:
    """Enter the job."""
    enqueue(session, DISCUSS, {"document_id": document_id, "tries": tries}, after_ms=AGAIN_MS)


def _pages(session: Session, document_id: str) -> tuple[str, list[str]] | None:
    version_id = document_row(session, document_id).version_id
    version = session.get(VersionRow, version_id) if version_id else None
    if version is None or version.state != VersionState.READY:
        return None
    return version.id, [page.words_sha for page in page_rows(session, version.id)]


@dataclass
class _Allowed:
    """The rights of one person on one layer, as the core asks for them."""

    rights: LayerRights

    def may_read(self, layer: Layer) -> bool:
        return self.rights.read

    def may_write(self, layer: Layer) -> bool:
        return self.rights.write

    def may_moderate(self, layer: Layer) -> bool:
        return self.rights.moderate


@dataclass
class _Hand:
    """Puts marks on layers in people's names, as their tablets would."""

    session: WriteSession
    version_id: str
    pages: list[list[Word]]
    people: dict[str, Actor]
    outbox: str = field(default_factory=clock.new_id)
    pushes: int = 0

    def write(self, layer: str, who: str, *ops: dict[str, Any]) -> None:
        """One push. Raises ValueError when it is refused: then the demo is wrong."""
        self.pushes += 1
        push = {"t": "ann.push", "outbox": self.outbox, "op_no": self.pushes, "layer": layer}
        actor = self.people[who]
        rights = _Allowed(layers.rights_on(self.session, actor, layer))
        marks = MarkSession(actor.person_id, rights)
        store = layers.raw(self.session)
        answer = marks.receive({**push, "ops": list(ops)}, store, clock.unix_ms()).replies[0]
        if answer["t"] != "ann.ack":
            raise ValueError(f"{who}: {answer}")

    def put(self, page: int, minutes: int, **mark: Any) -> dict[str, Any]:
        """A new mark, made so many minutes ago."""
        return {
            "op": "put",
            "id": clock.new_id(),
            "version": self.version_id,
            "page": page,
            "created": clock.unix_ms() - minutes * MINUTE,
            **mark,
        }

    def find(self, page: int, phrase: str) -> tuple[int, int]:
        """First and last word of a phrase."""
        wanted = phrase.split()
        texts = [word.text.strip(".,;:") for word in self.pages[page]]
        for first in range(len(texts) - len(wanted) + 1):
            if texts[first : first + len(wanted)] == wanted:
                return first, first + len(wanted) - 1
        raise ValueError(f"not on page {page}: {phrase}")


def write_discussion(
    session: WriteSession, document_id: str, version_id: str, words: Sequence[Any]
) -> None:
    """Both layers with their marks; nothing where they are there already."""
    if layers.layers_of(session, document_id):
        return
    pages = [[Word(*word[:5]) for word in page] for page in words]
    names = {OWNER, PRESENTER, *PEOPLE}
    people = {name: _actor(session, name) for name in names}
    hand = _Hand(session, version_id, pages, people)
    session.actor = people[OWNER]
    new = NewLayer(
        title=TITLE, audience="people", people=[people[name].person_id for name in PEOPLE]
    )
    shared = sharing.make_layer(session, document_id, new, BOUNDS).id
    for remark in DISCUSSION:
        _talk(hand, shared, remark)
    session.actor = people[PRESENTER]
    _present(hand, sharing.open_presenter_layer(session, document_id).id)


def _actor(session: Session, username: str) -> Actor:
    person = session.exec(select(PersonRow).where(PersonRow.username == username)).one()
    roles = roles_of(session, person.id)
    return Actor(person.id, "", "", person.organisation_id, roles)


def _talk(hand: _Hand, layer: str, remark: Remark) -> None:
    words = hand.pages[remark.page]
    first, last = hand.find(remark.page, remark.phrase)
    quads = quads_of(words, first, last)
    marked = hand.put(
        remark.page,
        remark.minutes,
        kind="highlight",
        geometry={"quads": quads},
        style={"color": AMBER, "opacity": 0.4},
        anchor=anchor_of(words, first, last, remark.page),
    )
    note = hand.put(
        remark.page,
        remark.minutes,
        kind="note",
        geometry={"point": [MARGIN, quads[0][1]]},
        style={"color": AMBER},
        body=remark.words,
    )
    hand.write(layer, remark.who, marked, note)
    for who, minutes, said in remark.answers:
        answer = {key: note[key] for key in ("kind", "geometry", "style")}
        made = hand.put(remark.page, minutes, **answer, body=said, reply_to=note["id"])
        hand.write(layer, who, made)
    if remark.done:
        done = {"op": "patch", "id": note["id"], "base_rev": 1, "resolved": True}
        hand.write(layer, remark.done, done)


def _present(hand: _Hand, layer: str) -> None:
    """A line drawn under one phrase, a loop around another, an arrow to the conclusions."""
    under = hand.pages[0][slice(*_span(hand, 0, "giữ nguyên tổng dự toán thu nội địa"))]
    y = max(word.y1 for word in under) + 1.5
    start, end = min(word.x0 for word in under), max(word.x1 for word in under)
    xs = [start + (end - start) * step / 40 for step in range(41)]
    line = _stroke(xs, [y + math.sin(step / 5) for step in range(41)])
    round_ = hand.pages[0][slice(*_span(hand, 0, "cơ bản đầy đủ theo quy định"))]
    box = (
        min(word.x0 for word in round_) - 6,
        min(word.y0 for word in round_) - 4,
        max(word.x1 for word in round_) + 6,
        max(word.y1 for word in round_) + 4,
    )
    turns = [2 * math.pi * step / 60 + math.pi for step in range(64)]
    loop = _stroke(
        [(box[0] + box[2]) / 2 + (box[2] - box[0]) / 2 * math.cos(turn) for turn in turns],
        [(box[1] + box[3]) / 2 + (box[3] - box[1]) / 2 * math.sin(turn) for turn in turns],
    )
    ink = {"kind": "ink", "style": {"color": RED, "width": 1.8, "opacity": 1}}
    first, _ = hand.find(1, "Kiến nghị của Ban")
    goal = hand.pages[1][first]
    arrow = {
        "kind": "arrow",
        "geometry": {"from": [goal.x0 - 76, goal.y0 - 30], "to": [goal.x0 - 30, goal.y0 + 4]},
        "style": {"color": RED, "width": 2.0, "opacity": 1},
    }
    hand.write(
        layer,
        PRESENTER,
        hand.put(0, 6, **ink, **line),
        hand.put(0, 5, **ink, **loop),
        hand.put(1, 3, **arrow),
    )


def _span(hand: _Hand, page: int, phrase: str) -> tuple[int, int]:
    first, last = hand.find(page, phrase)
    return first, last + 1


def _stroke(xs: list[float], ys: list[float]) -> dict[str, Any]:
    """Geometry and ink of a stroke drawn at 120 points a second, pressed harder in its middle."""
    middle = (len(xs) - 1) / 2
    pressure = [0.75 - 0.35 * abs(step - middle) / middle for step in range(len(xs))]
    times = [round(step * 1000 / 120) for step in range(len(xs))]
    rect = [round(one, 2) for one in (min(xs), min(ys), max(xs), max(ys))]
    return {
        "geometry": {"rect": rect},
        "ink": ink_to_text(encode_ink(xs, ys, pressure, times)),
    }
