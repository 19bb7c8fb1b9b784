"""Documents, their versions and pages. Times in Unix ms, hashes SHA-256 in hex."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class DocumentRow(SQLModel, table=True):
    """A document of a meeting; `version_id` is the version people read. One that was out is
    withdrawn, never deleted: from `withdrawn_at` on nobody reads it, and its row keeps what people
    wrote on it (decisions/proof-0001)."""

    __tablename__ = "document"
    id: str = Field(primary_key=True)
    meeting_id: str = Field(foreign_key="meeting.id", index=True)
    item_id: str | None = None
    position: int
    kind: str = ""
    title: str
    number_symbol: str = ""
    restricted: bool = False
    sharing: str = "everyone"
    version_id: str | None = None
    created_by: str
    withdrawn_at: int | None = None


class DocumentAccessRow(SQLModel, table=True):
    """A person a restricted document is shown to."""

    __tablename__ = "document_access"
    document_id: str = Field(primary_key=True, foreign_key="document.id")
    person_id: str = Field(primary_key=True, index=True)


class VersionRow(SQLModel, table=True):
    """A file of a document. `outline` is JSON; `words_sha` the gzip of all pages' words.

    `marks_…`: the marks that the file brought along, what of them stands in its layer, and how
    many annotations stayed only in the pages (messages.FileMarks)."""

    __tablename__ = "document_version"
    id: str = Field(primary_key=True)
    document_id: str = Field(foreign_key="document.id", index=True)
    ordinal: int
    state: str
    refusal: str | None = None
    file_name: str
    sha256: str
    size: int
    page_count: int = 0
    pages_ready: int = 0
    kind: str = "born"
    renderer: str = ""
    outline: str = "[]"
    words_sha: str | None = None
    marks_sha: str | None = None
    marks_read: int = 0
    marks_left: int = 0
    marks_over: int = 0
    manifest_sha: str | None = None
    frozen_at: int | None = None
    frozen_by: str | None = None


class PageRow(SQLModel, table=True):
    """One derived page; what the fields mean is in `messages.PageEntry`."""

    __tablename__ = "page"
    version_id: str = Field(primary_key=True, foreign_key="document_version.id")
    number: int = Field(primary_key=True)
    label: str
    width: float
    height: float
    rotation: int
    image_w: int
    image_h: int
    image_sha: str
    thumb_sha: str
    words_sha: str
    text_hash: str
    kind: str
