"""What happened to layers that more than one person reads. Their titles and what is written on
them stay out of the ledger, which nothing can be taken from again."""

from __future__ import annotations

from dataclasses import dataclass

from server.database import Fact


@dataclass(frozen=True)
class SharedLayerMade(Fact):
    """A person shared a layer of a document."""

    document_id: str
    layer_id: str
    audience: str
    people: tuple[str, ...]


@dataclass(frozen=True)
class SharedLayerChanged(Fact):
    """Its words or audience changed; `people` are those named on it from now on."""

    document_id: str
    layer_id: str
    audience: str
    people: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True)
class SharedLayerDeleted(Fact):
    """Its owner deleted it, with all that was on it."""

    document_id: str
    layer_id: str


@dataclass(frozen=True)
class PresenterLayerOpened(Fact):
    """Somebody began to show a document to the room."""

    document_id: str
    layer_id: str
