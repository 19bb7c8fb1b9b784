"""Pure decisions about documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from server.errors import DomainError
from server.meetings.rules import MeetingState, is_visible


class VersionState(StrEnum):
    """`ingesting` → `ready` or `refused`."""

    INGESTING = "ingesting"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True)
class Standing:
    """How a person stands to a document: the state of its meeting and their part in it, and what
    is said of the document. `named`: it is shown to them by name. `presenter`: of its item.
    `marks_purged`: the marks were deleted by the meeting's rule. `withdrawn`: it was taken out of
    the meeting after people had seen it."""

    state: MeetingState
    staff: bool
    chair: bool
    takes_part: bool
    internal: bool
    restricted: bool
    named: bool
    presenter: bool
    marks_purged: bool
    withdrawn: bool = False

    @property
    def reads(self) -> bool:
        """Who is meant to, while it is in the meeting."""
        return self.meant_for and not self.withdrawn

    @property
    def meant_for(self) -> bool:
        """Staff; participants of a meeting that is out, where it is not kept from them. They keep
        what they wrote on it also where it was withdrawn."""
        if self.staff:
            return True
        if not (self.takes_part and is_visible(self.state)) or self.internal:
            return False
        return self.named or not self.restricted

    @property
    def downloads(self) -> bool:
        """Who may take the file away: a restricted paper leaves as images of its pages alone, but
        for the staff, who brought it (security.md, Lessons)."""
        return self.reads and (self.staff or not self.restricted)

    @property
    def directs(self) -> bool:
        """Who runs the meeting, until it closes: its staff and its chair."""
        return self.state is not MeetingState.CLOSED and self.reads and (self.staff or self.chair)

    @property
    def presents(self) -> bool:
        """Who shows the document to the room: the presenter of its item, and who runs the
        meeting; not after the close."""
        open_ = self.state is not MeetingState.CLOSED
        return self.directs or (open_ and self.reads and self.presenter)


def kind_of(page_kinds: Sequence[str]) -> Literal["born", "scan", "mixed"]:
    """What a document is by its pages: decides how it travels offline (pages.md)."""
    scans = sum(kind == "scan" for kind in page_kinds)
    if scans == 0:
        return "born"
    return "scan" if scans == len(page_kinds) else "mixed"


def draws_marks(renderer: str) -> bool:
    """Whether the page images of this renderer show the marks that the file brought along. Since
    derive-2 they stand in a layer instead; tiles must look like the images they lie on."""
    return renderer.endswith("/derive-1")


def tells_progress(done: int, total: int) -> bool:
    """When readers hear of new pages: the first few at once, then in strides."""
    return done <= 3 or done == total or done % 10 == 0


def manifest_hash(version: dict[str, Any], pages: Sequence[dict[str, Any]]) -> str:
    """What an approval freezes: original, renderer, and every derived page and words file."""
    whole = {"version": version, "pages": list(pages)}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_name(raw: str) -> str:
    """A name for people, never for the disk: one line, no path, at most 200 characters."""
    bare = raw.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(letter for letter in bare if letter.isprintable()).strip()
    return clean[:200] or "document.pdf"


def require_room(documents: int, most: int) -> None:
    """A meeting holds so many documents."""
    if documents >= most:
        raise DomainError("documents_full", most=most)
