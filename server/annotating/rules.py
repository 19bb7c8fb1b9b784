"""Who may do what on a layer, and whom a shared layer may be for. Pure.

    kind        reads                          writes own marks      takes others' away  manages
    private     its owner                      its owner             –                   –
    shared      its owner, and its audience    who reads it          its owner           its owner
    presenter   who may read the document      who presents          who runs the        –
                                                                     meeting
    imported    who may read the document      –                     –                   –

All of it only while the document itself may be read, and until people's marks on it are deleted by
the meeting's rule; what the file brought along is the file's and stays. Whoever writes on a layer
may also resolve and reopen any thread there; nobody edits another's mark (annotations/merge.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from server.errors import DomainError, Invalid

Audience = Literal["me", "people", "everyone"]
"""Whom a shared layer is for, besides its owner: nobody for now, chosen people, or everybody who
may read the document."""

ALLOWED: Final[Mapping[str, frozenset[Audience]]] = {
    "none": frozenset({"me"}),
    "people": frozenset({"me", "people"}),
    "everyone": frozenset({"me", "people", "everyone"}),
}
"""What a document's `sharing` lets its layers be."""


@dataclass(frozen=True)
class LayerRights:
    """What a person may do on a layer. `moderate`: take marks of others away."""

    read: bool = False
    write: bool = False
    moderate: bool = False
    manage: bool = False


NO_RIGHTS: Final = LayerRights()


@dataclass(frozen=True)
class Reader:
    """How a person stands to a document: whether they may read it, show it to the room, and run
    its meeting."""

    reads: bool
    presents: bool = False
    directs: bool = False
    purged: bool = False
    """People's marks on the document were deleted by its meeting's rule."""


@dataclass(frozen=True)
class Bounds:
    """How many shared layers there may be, and how many people on one; from the settings."""

    per_document: int
    per_person: int
    people: int


def layer_rights(
    kind: str, audience: str, reader: Reader, *, owns: bool, named: bool
) -> LayerRights:
    """What somebody may do who `owns` the layer or is `named` on it."""
    if not reader.reads:
        return NO_RIGHTS
    if kind == "imported":
        return LayerRights(True)
    if reader.purged:
        return NO_RIGHTS
    if kind == "presenter":
        return LayerRights(True, reader.presents, reader.directs, False)
    if owns:
        return LayerRights(True, True, kind == "shared", kind == "shared")
    if kind == "shared" and (audience == "everyone" or (audience == "people" and named)):
        return LayerRights(True, True)
    return NO_RIGHTS


def require_sharing(sharing: str, audience: str) -> None:
    """Refuse an audience that the document does not allow."""
    if audience not in ALLOWED[sharing]:
        raise DomainError("sharing_not_allowed", sharing=sharing)


def require_people(people: set[str], readers: set[str], bounds: Bounds) -> None:
    """Refuse people who could not see what is shared with them."""
    if len(people) > bounds.people:
        raise Invalid("people", "too_many_people", most=bounds.people)
    if not people <= readers:
        raise Invalid("people", "person_cannot_read")


def narrowed(sharing: str, audience: str, *, named: bool) -> Audience:
    """What a layer's audience becomes when its document allows less. What was narrowed does not
    widen by itself later: what people wrote for few is not shown to more behind their backs."""
    if audience in ALLOWED[sharing]:
        return audience
    return "people" if sharing == "people" and named else "me"
