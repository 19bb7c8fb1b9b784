"""The table of facts: which feature reacts to which, in the transaction or as a job after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from server.annotating import layers, retention, sharing
from server.database import Fact, WriteSession
from server.documents import actions as documents
from server.documents import facts as d
from server.documents import inboxes
from server.documents.queries import shown_to
from server.documents.telling import tell_document
from server.errors import DomainError
from server.jobs.queue import enqueue
from server.ledger.entries import enter
from server.meetings import facts as m

COUNTS_MS = 1000
"""Papers added or shown within a second of each other reach the lists as one change."""
CIRCLE = frozenset({"item_id", "shown_to", "sharing"})
"""What of a paper says who may read it and what may be shared on it."""

Reaction = Callable[[WriteSession, Any], None]


def _tell_inboxes(session: WriteSession, fact: Any) -> None:
    enqueue(session, "tell_inboxes", {"meeting_id": fact.meeting_id})


def _tell_counts(session: WriteSession, fact: Any) -> None:
    """The lists say how many papers a meeting has; a batch of papers is told once."""
    meeting = fact.meeting_id
    unique = f"tell_counts:{meeting}"
    enqueue(session, "tell_inboxes", {"meeting_id": meeting}, after_ms=COUNTS_MS, unique=unique)


def _tell_one_inbox(session: WriteSession, fact: Any) -> None:
    inboxes.tell_inbox(session, fact.meeting_id, fact.person_id)


def _freeze(session: WriteSession, fact: m.MeetingIssued) -> None:
    documents.freeze_meeting(session, fact.meeting_id)


def _read_file(session: WriteSession, fact: d.DocumentVersionUploaded) -> None:
    enqueue(session, "ingest", {"version_id": fact.version_id})


def _unhang_documents(session: WriteSession, fact: m.AgendaItemDeleted) -> None:
    """Documents of a deleted item stay in the meeting; those of an internal one would turn up in
    front of everybody, so such an item is deleted only when it has none."""
    hanging = inboxes.documents_on(session, fact.meeting_id, fact.item_id)
    if hanging and fact.internal:
        raise DomainError("item_has_documents", documents=len(hanging))
    for row in hanging:
        row.item_id = None
        session.add(row)
        tell_document(session, row)
        sharing.tell_list(session, row.id)


def _show_or_hide_documents(session: WriteSession, fact: m.AgendaChanged) -> None:
    if fact.what != "changed" or fact.item_id is None:
        return
    hanging = inboxes.documents_on(session, fact.meeting_id, fact.item_id)
    if hanging:
        _tell_counts(session, fact)
    for row in hanging:
        had = shown_to(session, row.id)
        tell_document(session, row, was_public=not row.restricted, had=had)
        layers.ask_again(session, row.id)
        sharing.tell_list(session, row.id)


def _ask_layers_again(session: WriteSession, fact: Any) -> None:
    layers.ask_again(session, fact.document_id)


def _ask_layers_of_another_circle(session: WriteSession, fact: d.DocumentChanged) -> None:
    """Another title moves nobody's rights: a hall that has the paper open is left in peace."""
    if not CIRCLE.isdisjoint(fact.fields):
        layers.ask_again(session, fact.document_id)


def _narrow_layers(session: WriteSession, fact: d.DocumentChanged) -> None:
    if "sharing" in fact.fields:
        sharing.narrow(session, fact.document_id)
    if "item_id" in fact.fields:
        sharing.tell_list(session, fact.document_id)


def _tell_imported(session: WriteSession, fact: d.DocumentVersionReady) -> None:
    sharing.tell_imported(session, fact.document_id, fact.version_id)


def _end_presenting(session: WriteSession, fact: m.MeetingClosed) -> None:
    for document in layers.presented_in(session, fact.meeting_id):
        sharing.tell_list(session, document)


def _tell_who_may_present(session: WriteSession, fact: m.ParticipantAdded) -> None:
    for document in layers.presented_in(session, fact.meeting_id):
        sharing.tell_person(session, document, fact.person_id)


REACTIONS: tuple[tuple[type[Fact], Reaction], ...] = (
    (m.MeetingIssued, _freeze),
    (m.MeetingIssued, _tell_inboxes),
    (m.MeetingOpened, _tell_inboxes),
    (m.MeetingClosed, _tell_inboxes),
    (m.MeetingChangedFact, _tell_inboxes),
    (m.MeetingCreated, _tell_inboxes),
    (m.ParticipantAdded, _tell_one_inbox),
    (m.ParticipantRemoved, _tell_one_inbox),
    (m.MeetingClosed, _end_presenting),
    (m.MeetingClosed, retention.plan),
    (m.MarksRuleSet, retention.plan),
    (m.MarksRuleSet, _tell_inboxes),
    (m.MarksPurged, _tell_inboxes),
    (m.ParticipantAdded, _tell_who_may_present),
    (m.AgendaItemDeleted, _unhang_documents),
    (m.AgendaChanged, _show_or_hide_documents),
    (d.DocumentVersionUploaded, _read_file),
    (d.DocumentAdded, _tell_counts),
    (d.DocumentChanged, _tell_counts),
    (d.DocumentDeleted, _tell_counts),
    (d.DocumentWithdrawn, _tell_counts),
    (d.DocumentChanged, _ask_layers_of_another_circle),
    (d.DocumentChanged, _narrow_layers),
    (d.DocumentDeleted, _ask_layers_again),
    (d.DocumentWithdrawn, _ask_layers_again),
    (d.DocumentVersionReady, _tell_imported),
)


def fact_kind(fact: type[Fact]) -> str:
    """The ledger's name of a fact: `MeetingOpened` → `meeting_opened`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", fact.__name__.removesuffix("Fact")).lower()


def react(session: WriteSession, facts: Sequence[Fact]) -> None:
    """Enter each fact in the ledger and let the features react; facts of reactions follow."""
    done = 0
    while done < len(facts):
        fact = facts[done]
        done += 1
        enter(session, fact_kind(type(fact)), asdict(fact))
        for kind, reaction in REACTIONS:
            if isinstance(fact, kind):
                reaction(session, fact)
        session.flush()
