"""Every bound of the annotation domain, each with its reason.

The TypeScript client has the same numbers in core/limits.ts; tests/contract compares them.
"""

from __future__ import annotations

from typing import Final

MAX_POINTS: Final = 10_000
"""Points in one stroke: 40 s of a 240 Hz pen without a lift; longer strokes are split."""

MAX_INK_BYTES: Final = 48_000
"""Encoded stroke before base64url: 64,000 characters, so that one record with its other
fields stays within MAX_RECORD_BYTES. With pressure and time that is 6,856 points."""

MAX_RECORD_BYTES: Final = 65_536
"""Weight of one record on the wire: about 60 typical strokes; keeps one record from
filling a frame (1 MiB) or a tablet's outbox."""

MAX_OPS: Final = 200
"""Operations in one push: a lasso over a full page. 200 strokes hold the one writer for 6 ms."""

MAX_PUSH_BYTES: Final = 524_288
"""Weight of one push: half of the largest frame (1 MiB), so that JSON escapes still fit."""

MAX_MARKS: Final = 50_000
"""Living marks of one layer: a hundred on each page of a paper of 500, five times the fullest one
that a file brings along. Whoever comes so far is told and can take some away."""

PERSON_BURST_BYTES: Final = 67_108_864
"""Weight of what one person may write after a pause, with all tablets: 60,000 strokes, more than a
tablet brings back from months without a network."""

PERSON_BYTES_PER_SECOND: Final = 8_192
"""Weight of what one person may write for ever: eight strokes a second, which no hand draws. A
script over somebody's own session must not fill the disk of a province; deleted marks and what
changes overwrote lie there for months too. What is too much waits on the tablet, is sent again."""

MAX_COORDINATE: Final = 20_000.0
"""Points, either side of the origin: the largest PDF page is 14,400 (ISO 32000-1 C.2),
and a mark may hang over the edge."""

MAX_BODY: Final = 20_000
"""Characters in a note or free text: about eight printed pages; more belongs in a document."""

MAX_QUADS: Final = 1_000
"""Lines or words in one text mark: the densest page seen has fewer than 1,000 words in use."""

MAX_PAGE: Final = 100_000
"""Page index: ten times the upload cap of pages, so that the cap can grow."""

MAX_WIDTH: Final = 200.0
"""Pen width in points: a highlighter over a heading of a poster."""

MAX_FONT_SIZE: Final = 400.0
"""Points: one word across an A3 page."""

MAX_QUOTE: Final = 8_000
"""Characters of an anchor's exact quote: a full page of dense text is about 6,000."""

MAX_CONTEXT: Final = 64
"""Characters of an anchor's prefix and suffix: W3C recommends "sufficient", Hypothesis uses 32."""

MAX_REV: Final = 2**53 - 1
"""Counters (rev, seq, op_no) stay exact in JavaScript's number type."""

MAX_OFFLINE_MS: Final = 400 * 24 * 3600 * 1000
"""How far back a client may date a mark. A clock that is further off is not believed: the
server's time stands instead. 400 days is a tablet left in a drawer for a year."""

SNAPSHOT_BYTES: Final = 393_216
"""Weight of one part of a snapshot or one catch-up delta: a fresh frame well below 1 MiB,
so that a tablet paints while the next part travels."""

CATCH_UP_ITEMS: Final = 5_000
"""Changes sent as deltas; above that a snapshot is rarely larger and always simpler."""

EPHEMERAL_PER_SECOND: Final = 30
"""Wet-ink and pointer messages of one connection: every second frame of a 60 Hz screen, which
the eye takes for a moving pen; a hundred viewers get as many each."""

EPHEMERAL_BURST: Final = 10
"""Such messages that may come at once: a third of a second that a busy line held back."""

MAX_EPHEMERAL_BYTES: Final = 8_192
"""JSON of one wet-ink message: 33 ms of a 240 Hz pen with predictions is below 1 kB."""

MAX_IMPORTED: Final = 10_000
"""Marks taken from one PDF into its layer: a draft with the remarks of twenty units has about
1,000; each tablet that opens the paper keeps them all (some 300 bytes each). What is beyond stays
drawn in the pages, as it was."""

MAX_IMPORTED_BYTES: Final = 16_777_216
"""Weight of those marks together: 10,000 with a paragraph each weigh 10 MB; every reader's tablet
is sent as much."""

MAX_KINDS_LEFT: Final = 60
"""Kinds of annotations told apart among those that are left: the standard has 28."""

MAX_NAME: Final = 200
"""Characters of a foreign author's or mark's name: the longest name of a unit has 90."""

MAX_FOREIGN_BYTES: Final = 8_192
"""JSON of the unknown properties kept with one mark: a comment's rich text with its style is about
2 kB."""

MAX_FOREIGN_DEPTH: Final = 8
"""Arrays and dictionaries within each other in a kept property: known ones need four."""

MAX_XFDF_BYTES: Final = 33_554_432
"""Bytes of an XFDF file: 10,000 marks with ink weigh about 20 MB."""

MAX_XFDF_DEPTH: Final = 60
"""Elements within each other: rich text of real writers nests about ten deep."""
