"""What the layers' endpoints take and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server.annotating.rules import Audience
from server.http.wire import Id, ShortLine, WireModel
from server.people.messages import PersonCard

People = Annotated[list[Id], Field(max_length=1000)]


class LayerView(WireModel):
    """A layer of a document as one person sees it.

    `owner` is null for the presenter's layer, which belongs to whoever presents, and for the
    imported one: the marks that the file of the version people read brought along. `people` are
    those named on a layer for `people`, besides the owner. `may_write`: make marks, answer and
    resolve; `may_moderate`: take marks of others away; `may_manage`: title, audience, deletion.
    """

    id: Id
    kind: Literal["private", "shared", "presenter", "imported"]
    title: ShortLine
    owner: PersonCard | None
    mine: bool
    audience: Audience
    people: list[PersonCard]
    may_write: bool
    may_moderate: bool
    may_manage: bool


class MarksAdded(WireModel):
    """What became of the marks of a file that I added to mine, on `layer`. `known`: were there
    already; `left`: cannot be marks here; `over`: more than one file may bring."""

    layer: Id
    added: int
    known: int
    left: int
    over: int


class PackageView(WireModel):
    """My marks of a meeting as one ZIP, while it is made. Of `papers` so many are `done`; `sent`
    bytes have left. `missing`: files that could not be put in; its contents page names them.
    `state`: waiting (to be fetched, or for its turn), making, done, ended (before it was whole)."""

    id: Id
    papers: int
    done: int
    sent: int
    missing: int
    state: Literal["waiting", "making", "done", "ended"]


class OthersMarks(WireModel):
    """What others than its owner wrote on a shared layer: so many `marks` of so many `people`.
    When the layer is deleted, each of them keeps their own as private marks."""

    people: int
    marks: int


class NewLayer(WireModel):
    """Share a new layer with chosen people, or with everybody who may read the document."""

    title: ShortLine
    audience: Audience
    people: People | None = None


class LayerPatch(WireModel):
    """Change a shared layer; what is absent stays. `people` replaces the list."""

    title: ShortLine | None = None
    audience: Audience | None = None
    people: People | None = None
