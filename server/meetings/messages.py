"""What the meetings' endpoints take and answer, and the changes on a meeting's topics."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server.http.wire import Id, Line, Moment, ShortLine, WireModel
from server.meetings.rules import (
    LONGEST_DAYS,
    MarksRule,
    MeetingKind,
    MeetingState,
    ParticipantRole,
)

Minutes = Annotated[int, Field(ge=0, le=24 * 60)]


class MarksPlan(WireModel):
    """What becomes of people's marks on the meeting's papers.

    `purge_at` is known once the meeting is closed; from `warn_at` on people are warned. After
    `purged_at` the papers take no marks any more.
    """

    rule: MarksRule
    days: int | None
    warn_at: Moment | None
    purge_at: Moment | None
    purged_at: Moment | None


class MeetingHead(WireModel):
    """A meeting without its parts."""

    id: Id
    kind: MeetingKind
    title: Line
    organisation: Line
    place: ShortLine
    starts_at: Moment
    ends_at: Moment
    state: MeetingState
    chair_id: Id | None
    opened_at: Moment | None
    closed_at: Moment | None
    marks: MarksPlan


class MeetingCard(WireModel):
    """A meeting in "my meetings"."""

    meeting: MeetingHead
    my_role: ParticipantRole | None
    staff: bool
    chair_name: str
    documents: int


class AgendaItem(WireModel):
    """One item of the agenda; `position` counts from 0, `number` is what is printed before it.

    `presenter` is what is printed; `presenter_id` the account that presents, if it has one.
    """

    id: Id
    position: int
    number: ShortLine
    title: Line
    presenter: ShortLine
    presenter_id: Id | None
    minutes: Minutes
    internal: bool


class Participant(WireModel):
    """A person in a meeting."""

    person_id: Id
    role: ParticipantRole
    name: Line
    form_of_address: ShortLine
    position: ShortLine
    organisation: Line
    rank: int = Field(description="place among people of one role, by office; 0 comes first")


Sharing = Literal["none", "people", "everyone"]
"""Whether marks on a document may be shared: with nobody, with chosen people, or also with all
who may read it."""


class NewestFile(WireModel):
    """A newer file of a document that people do not read (yet): `ingesting`, or `refused`."""

    state: Literal["ingesting", "refused"]
    refusal: str | None
    file_name: str
    pages: int
    pages_ready: int


class DocumentCard(WireModel):
    """A document in the agenda, without its pages. `newest` is for the meeting's staff alone: what
    became of the file that is to replace the one people read.

    `state`: `empty` (no file yet) · `ingesting` · `ready` · `refused` (with `refusal`).
    `sharing`: whom its readers may share marks with.
    """

    id: Id
    meeting_id: Id
    item_id: Id | None
    position: int
    kind: ShortLine
    title: Line
    number_symbol: ShortLine
    restricted: bool
    sharing: Sharing
    state: Literal["empty", "ingesting", "ready", "refused"]
    refusal: str | None
    version_id: Id | None
    pages: int
    pages_ready: int
    size: int
    newest: NewestFile | None


class MeetingView(WireModel):
    """A meeting whole, as one audience sees it; the snapshot of `meeting:ID` and `…:staff`."""

    meeting: MeetingHead
    items: list[AgendaItem]
    participants: list[Participant]
    documents: list[DocumentCard]


class MyMeeting(WireModel):
    """A meeting as this person sees it; what the restricted documents add is in `documents`.

    `topic` is what to subscribe to for changes (`meeting:ID` or `meeting:ID:staff`).
    """

    view: MeetingView
    my_role: ParticipantRole | None
    staff: bool
    topic: str


class MyMeetings(WireModel):
    """All of my meetings; the snapshot of `inbox:PERSON`.

    `documents` are the restricted documents that are shown to me by name: they travel on nobody
    else's topic.
    """

    meetings: list[MeetingCard]
    documents: list[DocumentCard]


class NewMeeting(WireModel):
    """Create a meeting; it starts as a draft that only its staff sees."""

    kind: MeetingKind
    title: Line
    place: ShortLine = ""
    starts_at: Moment
    ends_at: Moment
    chair_id: Id | None = None


class MeetingPatch(WireModel):
    """Change a meeting's head; what is absent stays."""

    kind: MeetingKind | None = None
    title: Line | None = None
    place: ShortLine | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    chair_id: Id | None = None


class NewAgendaItem(WireModel):
    """Add an item at the end of the agenda."""

    title: Line
    presenter: ShortLine = ""
    presenter_id: Id | None = None
    minutes: Minutes = 0
    internal: bool = False


class AgendaItemPatch(WireModel):
    """Change an item; what is absent stays, but a `presenter_id` of null takes it away."""

    title: Line | None = None
    presenter: ShortLine | None = None
    presenter_id: Id | None = None
    minutes: Minutes | None = None
    internal: bool | None = None


class AgendaOrder(WireModel):
    """All items of the meeting, in their new order."""

    item_ids: Annotated[list[Id], Field(max_length=500)]


class ParticipantPut(WireModel):
    """Add a person to the meeting or change their part in it."""

    role: ParticipantRole


class MarksRulePut(WireModel):
    """Keep people's marks, delete them once the meeting is closed, or so many days after."""

    rule: MarksRule
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] | None = None


class UnitRetention(WireModel):
    """The rule that new meetings of the unit begin with, and the server's bounds: the least time
    between a warning and the deletion, and how many days before it people are warned."""

    rule: MarksRule
    days: int | None
    grace_hours: int
    warning_days: int


class MeetingChanged(WireModel):
    """The head changed."""

    kind: Literal["meeting"]
    meeting: MeetingHead


class ItemPut(WireModel):
    """An item was added or changed."""

    kind: Literal["item"]
    item: AgendaItem


class ItemDeleted(WireModel):
    """An item is gone; its documents are without an item."""

    kind: Literal["item_deleted"]
    item_id: Id


class ParticipantChanged(WireModel):
    """A person was added or has another role."""

    kind: Literal["participant"]
    participant: Participant


class ParticipantGone(WireModel):
    """A person was taken out of the meeting."""

    kind: Literal["participant_gone"]
    person_id: Id


class DocumentPut(WireModel):
    """A document was added, or its state, version or place changed."""

    kind: Literal["document"]
    document: DocumentCard


class DocumentGone(WireModel):
    """A document is no longer there for this audience."""

    kind: Literal["document_gone"]
    document_id: Id


class LayersChanged(WireModel):
    """The list of layers that I may read on this document, or what I may do there, has changed:
    fetch it again. Says nothing more, so that no name reaches anybody it is not for."""

    kind: Literal["layers"]
    document_id: Id


class MarksHome(WireModel):
    """On `inbox:PERSON`: a shared layer of this document was deleted, and so many of my marks on
    it came to my private layer there. Only who may have what they wrote there is told."""

    kind: Literal["marks_home"]
    document_id: Id
    title: str
    marks: int


class CardPut(WireModel):
    """On `inbox:PERSON`: a meeting of mine is new or changed."""

    kind: Literal["card"]
    card: MeetingCard


class CardGone(WireModel):
    """On `inbox:PERSON`: a meeting is no longer mine."""

    kind: Literal["card_gone"]
    meeting_id: Id


MeetingChange = Annotated[
    MeetingChanged
    | ItemPut
    | ItemDeleted
    | ParticipantChanged
    | ParticipantGone
    | DocumentPut
    | DocumentGone
    | LayersChanged,
    Field(discriminator="kind"),
]
InboxChange = Annotated[
    CardPut | CardGone | DocumentPut | DocumentGone | LayersChanged | MarksHome,
    Field(discriminator="kind"),
]
