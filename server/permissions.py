"""The rights table: action → who may. Flat, so that it can be read in one go and tested whole.

Each endpoint and each live topic names an action here; a test fails for one that does not. The
predicates live with the features; this table only names them. An actor may when any predicate
holds. Where somebody may not even know of a record, the refusal is `not_found`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlmodel import Session

from server.annotating import layers
from server.documents import queries as documents
from server.errors import NotAllowed, NotFound, NotSignedIn
from server.identity import Actor
from server.meetings import queries as meetings
from server.people.rules import Role

Ids = Mapping[str, str]
Predicate = Callable[[Session, Actor, Ids], bool]


def signed_in(session: Session, actor: Actor, ids: Ids) -> bool:
    """Anybody with an account."""
    return True


def secretariat(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who prepares meetings."""
    return Role.SECRETARIAT in actor.roles


def meeting_staff(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who prepares and runs this meeting."""
    return meetings.is_staff(session, actor, ids["meeting_id"])


def meeting_chair(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who leads this meeting."""
    return meetings.is_chair(session, actor, ids["meeting_id"])


def participant(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who takes part in this meeting, once it is out."""
    return meetings.takes_part(session, actor, ids["meeting_id"])


def document_staff(session: Session, actor: Actor, ids: Ids) -> bool:
    """Staff of the document's meeting."""
    return documents.is_document_staff(session, actor, ids["document_id"])


def reader(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who may read this document."""
    return documents.may_read(session, actor, ids["document_id"])


def downloader(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who may take this document's file away: a reader, and of a restricted one its staff."""
    return documents.may_download(session, actor, ids["document_id"])


def presenter(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who presents this document: the presenter of its item, the chair, the staff; not after the
    close."""
    return documents.presents(session, actor, ids["document_id"])


def layer_reader(session: Session, actor: Actor, ids: Ids) -> bool:
    """Whom this layer is for."""
    return layers.rights_on(session, actor, ids["layer_id"]).read


def layer_writer(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who makes marks on this layer."""
    return layers.rights_on(session, actor, ids["layer_id"]).write


def layer_moderator(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who takes marks of others away from this layer."""
    return layers.rights_on(session, actor, ids["layer_id"]).moderate


def layer_owner(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who shared this layer, while they may read the document."""
    return layers.rights_on(session, actor, ids["layer_id"]).manage


def layer_guest(session: Session, actor: Actor, ids: Ids) -> bool:
    """Who is named on this layer."""
    return layers.may_leave(session, actor, ids["layer_id"])


def the_person(session: Session, actor: Actor, ids: Ids) -> bool:
    """The person in question."""
    return actor.person_id == ids["person_id"]


ANYBODY: tuple[Predicate, ...] = ()

RIGHTS: dict[str, tuple[Predicate, ...]] = {
    "health.see": ANYBODY,
    "about.see": ANYBODY,
    "session.open": ANYBODY,
    "session.see": ANYBODY,
    "demo.enter": ANYBODY,
    "session.close": (signed_in,),
    "self.see": (signed_in,),
    "self.marks": (signed_in,),
    "api.see": (signed_in,),
    "lease.renew": (signed_in,),
    "device.revoke": (signed_in,),
    "device.standing": ANYBODY,
    "sign_in.unlock": (secretariat,),
    "people.find": (secretariat,),
    "meetings.list": (signed_in,),
    "meeting.create": (secretariat,),
    "meeting.see": (participant, meeting_staff),
    "meeting.change": (meeting_staff,),
    "meeting.issue": (meeting_staff,),
    "meeting.open": (meeting_staff, meeting_chair),
    "meeting.close": (meeting_staff, meeting_chair),
    "meeting.retention": (meeting_staff,),
    "unit.retention": (secretariat,),
    "agenda.change": (meeting_staff,),
    "participants.change": (meeting_staff,),
    "documents.add": (meeting_staff,),
    "document.change": (document_staff,),
    "document.upload": (document_staff,),
    "document.read": (reader,),
    "document.download": (downloader,),
    "layers.list": (reader,),
    "readers.list": (reader,),
    "layer.make": (reader,),
    "presenter.open": (presenter,),
    "layer.read": (layer_reader,),
    "layer.write": (layer_writer,),
    "layer.moderate": (layer_moderator,),
    "layer.manage": (layer_owner,),
    "layer.leave": (layer_guest,),
    "topic.meeting": (participant, meeting_staff),
    "topic.meeting.staff": (meeting_staff,),
    "topic.inbox": (the_person,),
}


def may(session: Session, actor: Actor | None, action: str, ids: Ids) -> bool:
    """One decision of the table."""
    predicates = RIGHTS[action]
    if not predicates:
        return True
    if actor is None:
        return False
    return any(holds(session, actor, ids) for holds in predicates)


def require(session: Session, actor: Actor | None, action: str, ids: Ids) -> None:
    """The one authorisation gate. Raises NotSignedIn, NotAllowed or NotFound."""
    if may(session, actor, action, ids):
        return
    if actor is None:
        raise NotSignedIn()
    if "layer_id" in ids and not may(session, actor, "layer.read", ids):
        raise NotFound()
    if "document_id" in ids and not documents.may_read(session, actor, ids["document_id"]):
        raise NotFound()
    if "meeting_id" in ids and not (
        meetings.takes_part(session, actor, ids["meeting_id"])
        or meetings.is_staff(session, actor, ids["meeting_id"])
    ):
        raise NotFound()
    raise NotAllowed()
