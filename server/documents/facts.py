"""What happened to documents."""

from __future__ import annotations

from dataclasses import dataclass

from server.database import Fact


@dataclass(frozen=True)
class DocumentAdded(Fact):
    """A document was announced to a meeting, still without a file."""

    meeting_id: str
    document_id: str
    title: str


@dataclass(frozen=True)
class DocumentChanged(Fact):
    """Its place, words or audience changed."""

    meeting_id: str
    document_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class DocumentDeleted(Fact):
    """It was taken out of the meeting."""

    meeting_id: str
    document_id: str


@dataclass(frozen=True)
class DocumentWithdrawn(Fact):
    """It was taken out of a meeting that people had seen; its row and its files stay."""

    meeting_id: str
    document_id: str


@dataclass(frozen=True)
class DocumentVersionUploaded(Fact):
    """A file arrived whole and waits to be read."""

    document_id: str
    version_id: str
    sha256: str
    size: int


@dataclass(frozen=True)
class DocumentVersionReady(Fact):
    """All pages are made; from now on this version is the one people read."""

    document_id: str
    version_id: str
    pages: int


@dataclass(frozen=True)
class DocumentVersionRefused(Fact):
    """The file could not be taken."""

    document_id: str
    version_id: str
    code: str


@dataclass(frozen=True)
class DocumentVersionApproved(Fact):
    """The manifest of a version was frozen."""

    document_id: str
    version_id: str
    manifest_sha: str
