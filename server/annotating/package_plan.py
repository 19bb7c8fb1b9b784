"""What goes into the package that a person takes away before the marks of a meeting are deleted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlmodel import Session

from server.annotating.export import Paper, load_paper
from server.annotating.notes import Wanted, my_documents, my_layers
from server.annotating.notes_words import Language
from server.documents.queries import document_row, may_download, may_keep_marks
from server.errors import DomainError, NotFound
from server.identity import Actor
from server.meetings.queries import meeting_row
from server.people.queries import cards, session_goes_on

TITLE_CHARACTERS = 90
"""Of a paper's title in a file's name: Windows takes 260 for the whole path."""
LAYERS = frozenset({"mine", "file", "presenter", "shared"})
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
"""In names of files, on Windows."""

_VERSIONS = text(
    "SELECT v.id, v.ordinal, v.size, count(*) FROM annotation a "
    "JOIN document_version v ON v.id = a.version "
    "WHERE a.layer IN :layers AND a.author = :me AND a.deleted = 0 "
    "GROUP BY v.id ORDER BY v.ordinal DESC"
).bindparams(bindparam("layers", expanding=True))

_VI = {
    "contents": "Nội dung",
    "list": "Danh sách ghi chú",
    "former": "bản {ordinal}",
    "of": "Ghi chú của {name}",
    "made": "Lập lúc {time}, ngày {day}",
    "inside": "Trong gói này:",
    "marks": "{count} nét và ghi chú",
    "missing": "Không lấy được:",
}
_EN = {
    "contents": "Contents",
    "list": "List of notes",
    "former": "version {ordinal}",
    "of": "Notes of {name}",
    "made": "Made at {time} on {day}",
    "inside": "In this package:",
    "marks": "{count} marks",
    "missing": "Could not be taken along:",
}
WORDS: dict[Language, dict[str, str]] = {"vi": _VI, "en": _EN}

_WHY_VI = {
    "timed_out": "mất quá nhiều thời gian",
    "too_many_marks": "có quá nhiều ghi chú",
    "too_many_notes": "có quá nhiều ghi chú cho một danh sách",
    "not_found": "bạn không còn được đọc tài liệu này",
    "marks_purged": "ghi chú vừa bị xóa",
    "document_withdrawn": "tài liệu đã được rút khỏi cuộc họp",
    "only_read_here": "tài liệu hạn chế chỉ được đọc trong ứng dụng",
    "signed_out": "phiên đăng nhập đã kết thúc",
    "storage_failed": "máy chủ không đủ chỗ hoặc gặp lỗi khi ghi",
    "printing_unavailable": "máy chủ chưa thể tạo tệp",
    "too_large": "tệp quá lớn",
}
_FAILED_VI = "máy chủ không tạo được tệp này"
_WHY_EN = {
    "timed_out": "it took too long",
    "too_many_marks": "there are too many marks",
    "too_many_notes": "there are too many notes for one list",
    "not_found": "you may no longer read this paper",
    "marks_purged": "the marks were just deleted",
    "document_withdrawn": "the paper was withdrawn from the meeting",
    "only_read_here": "a restricted paper is only read in the app",
    "signed_out": "the session has ended",
    "storage_failed": "the server had no room or could not write",
    "printing_unavailable": "the server cannot make files now",
    "too_large": "the file is too large",
}
_FAILED_EN = "the server could not make this file"
WHY: dict[Language, dict[str, str]] = {"vi": _WHY_VI, "en": _WHY_EN}
FAILED: dict[Language, str] = {"vi": _FAILED_VI, "en": _FAILED_EN}
"""For any other code: what happens inside the sandbox is no matter of people."""


@dataclass(frozen=True)
class Piece:
    """A version of a paper with marks of mine: its PDF and its XFDF file."""

    document: str
    version: str
    stem: str
    """Name of both files, without their endings."""
    marks: int
    size: int
    """Bytes of the paper as it was uploaded."""


@dataclass(frozen=True)
class Plan:
    """All of it; `head`: whose and of what it is."""

    head: tuple[str, ...]
    name: str
    """Of the meeting, as the name of a file."""
    pieces: tuple[Piece, ...]


def file_stem(words: str) -> str:
    """Words as the name of a file on any machine."""
    plain = " ".join(_FORBIDDEN.sub(" ", unicodedata.normalize("NFC", words)).split())
    if len(plain) > TITLE_CHARACTERS:
        plain = plain[:TITLE_CHARACTERS].rsplit(" ", 1)[0]
    return plain.rstrip(" .") or "-"


def plan_package(
    session: Session, actor: Actor, meeting_id: str, language: Language, most_bytes: int
) -> Plan:
    """My marks on the papers of a meeting. Raises `no_notes`, `package_too_large` (`most`)."""
    meeting = meeting_row(session, meeting_id)
    pieces: list[Piece] = []
    papers = 0
    for place in my_documents(session, actor, Wanted(meeting=meeting_id)):
        layers = my_layers(session, actor, place.document)
        if not layers or not may_keep_marks(session, actor, place.document):
            continue
        row = document_row(session, place.document)
        found = _versions(session, actor, sorted(layers))
        papers += bool(found)
        for version, ordinal, size, marks in found:
            former = WORDS[language]["former"].format(ordinal=ordinal)
            stem = f"{papers:02} {file_stem(row.title)}"
            stem += "" if version == row.version_id else f" ({former})"
            pieces.append(Piece(row.id, version, stem, marks, size))
    if not pieces:
        raise DomainError("no_notes", 422)
    if sum(piece.size for piece in pieces) > most_bytes:
        raise DomainError("package_too_large", 422, most=most_bytes)
    name = cards(session, [actor.person_id])[actor.person_id].name
    head = (WORDS[language]["of"].format(name=name), meeting.title)
    return Plan(head, file_stem(meeting.title), tuple(pieces))


def _versions(
    session: Session, actor: Actor, layers: Sequence[str]
) -> list[tuple[str, int, int, int]]:
    rows = session.connection().execute(_VERSIONS, {"layers": layers, "me": actor.person_id})
    return [(str(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in rows]


def require_session(session: Session, actor: Actor) -> None:
    """Raises `signed_out` once the session ended, or the roles changed, while this is made."""
    if not session_goes_on(session, actor):
        raise DomainError("signed_out", 401)


def load_piece(session: Session, actor: Actor, piece: Piece, *, whole: bool) -> Paper:
    """The paper with my marks and what its file brought along, as far as I may have them now;
    `whole`: for its PDF, which a restricted paper does not give away. Raises `signed_out`,
    `not_found`, `document_withdrawn`, `only_read_here`, `marks_purged`."""
    require_session(session, actor)
    if not may_keep_marks(session, actor, piece.document):
        raise NotFound()
    if whole and document_row(session, piece.document).withdrawn_at is not None:
        raise DomainError("document_withdrawn", 403)
    if whole and not may_download(session, actor, piece.document):
        raise DomainError("only_read_here", 403)
    paper = load_paper(
        session, actor, piece.document, piece.version, LAYERS, author=actor.person_id
    )
    if not any(mark["author"] == actor.person_id for mark in paper.marks):
        raise DomainError("marks_purged")
    return paper


def contents_page(
    plan: Plan, missing: Sequence[tuple[str, str]], language: Language, when: tuple[str, str]
) -> bytes:
    """What is inside and what is not, for people. `missing`: name and code; `when`: time, day."""
    words, why = WORDS[language], WHY[language]
    lines = [*plan.head, words["made"].format(time=when[0], day=when[1]), "", words["inside"]]
    out = {name for name, _ in missing}
    for piece in plan.pieces:
        marks = words["marks"].format(count=piece.marks)
        files = [
            f"{piece.stem}.{one}" for one in ("pdf", "xfdf") if f"{piece.stem}.{one}" not in out
        ]
        lines += [f"- {file}: {marks}" for file in files]
    lines += [
        f"- {words['list']}.{one}" for one in ("pdf", "docx") if f"{words['list']}.{one}" not in out
    ]
    if missing:
        lines += ["", words["missing"]]
        lines += [f"- {name}: {why.get(code, FAILED[language])}" for name, code in missing]
    # Notepad reads it as UTF-8 by its mark, and its lines by both signs.
    return "\r\n".join([*lines, ""]).encode("utf-8-sig")
