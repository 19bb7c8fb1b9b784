"""Frames of parent and child, and what the parent makes of lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sandbox.events import (
    MalformedEvent,
    document_opened,
    page_ready,
)
from server.sandbox.frames import PREFIX, FrameError, pack_frame, read_prefix, unpack_frame
from server.sandbox.limits import SandboxLimits

LIMITS = SandboxLimits()
WEBP = b"RIFF\x00\x00\x00\x00WEBP"
PAGE = {
    "index": 0, "width_pt": 595.0, "height_pt": 842, "rotation": 0, "label": "1",
    "image_w": 1240, "image_h": 1755, "text_hash": "0" * 64, "kind": "born", "word_count": 0,
}  # fmt: skip
DOCUMENT = {
    "page_count": 2, "outline": [], "labels": [], "title": "", "pdf_version": "1.7",
    "has_text": True, "repaired": False,
}  # fmt: skip


@given(st.dictionaries(st.text(), st.integers()), st.lists(st.binary(max_size=40), max_size=4))
def test_a_frame_comes_back(header: dict[str, int], blobs: list[bytes]) -> None:
    header.pop("blobs", None)
    packed = pack_frame(header, blobs)
    head, body = read_prefix(packed[: PREFIX.size], 1 << 20, 1 << 20)
    rest = packed[PREFIX.size :]
    assert len(rest) == head + body
    assert unpack_frame(rest[:head], rest[head:]) == (header, blobs)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"{}", b""), (b"[]", b""), (b"x", b""), (b'{"blobs":[2]}', b"a"),
        (b'{"blobs":[-1,2]}', b"a"), (b'{"blobs":[true]}', b"a"), (b'{"blobs":"1"}', b"a"),
        (b"[" * 100_000, b""),
    ],
)  # fmt: skip
def test_a_false_frame_is_an_error(head: bytes, body: bytes) -> None:
    with pytest.raises(FrameError):
        unpack_frame(head, body)


def test_lengths_are_checked_before_memory_is_taken() -> None:
    with pytest.raises(FrameError):
        read_prefix(PREFIX.pack(1 << 31, 0), LIMITS.max_header_bytes, LIMITS.max_frame_bytes)
    with pytest.raises(FrameError):
        read_prefix(PREFIX.pack(0, 1 << 31), LIMITS.max_header_bytes, LIMITS.max_frame_bytes)


def test_a_page_is_believed_when_it_is_whole() -> None:
    event = page_ready(PAGE, [WEBP, WEBP, b'{"page":0}'], 0)
    assert (event.width_pt, event.height_pt, event.kind) == (595.0, 842.0, "born")


@pytest.mark.parametrize(
    "change",
    [
        {"index": 1}, {"kind": "x"}, {"rotation": 45}, {"image_w": 0}, {"width_pt": "595"},
        {"text_hash": "0"}, {"label": None}, {"word_count": True}, {"width_pt": float("nan")},
    ],
)  # fmt: skip
def test_a_page_that_lies_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(MalformedEvent):
        page_ready({**PAGE, **change}, [WEBP, WEBP, b'{"page":0}'], 0)


@pytest.mark.parametrize(
    "blobs",
    [[], [WEBP, WEBP], [b"<svg", WEBP, b'{"page":0}'], [WEBP, WEBP, b"no"],
     [WEBP, WEBP, b'{"page":5}'], [WEBP, WEBP, b"[]"]],
)  # fmt: skip
def test_files_that_are_not_what_they_say(blobs: list[bytes]) -> None:
    with pytest.raises(MalformedEvent):
        page_ready(PAGE, blobs, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"page_count": 0}, {"page_count": 10**6}, {"labels": ["i"]}, {"outline": None},
        {"outline": [{"title": "a", "page": 9, "level": 1}]}, {"outline": [3]}, {"title": 4},
    ],
)  # fmt: skip
def test_a_document_that_lies_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(MalformedEvent):
        document_opened({**DOCUMENT, **change}, LIMITS)
