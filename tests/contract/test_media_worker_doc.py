"""The examples in docs/media-worker.md are messages that the worker takes."""

from __future__ import annotations

import re
from pathlib import Path

from media.control import AnyRequest, read_request

DOC = Path(__file__).parents[2] / "docs" / "media-worker.md"


def test_every_request_has_an_example_and_every_example_is_one() -> None:
    text = DOC.read_text()
    lines = re.findall(r'^\{"type".*\}$', text, re.MULTILINE)
    kinds = [read_request(line.encode()).type for line in lines]
    assert sorted(kinds) == sorted(m.model_fields["type"].default for m in AnyRequest.__args__)


def test_every_refusal_code_is_named() -> None:
    """Codes in the source are in the document: the client chooses its words by them."""
    text = DOC.read_text()
    media = DOC.parents[1] / "media"
    raised = set()
    for name in ("sdp", "answers", "bridge", "engine", "control", "worker", "pool"):
        source = (media / f"{name}.py").read_text()
        raised |= set(re.findall(r'(?:OfferRefused|Refused|ControlError)\("([a-z_]+)"', source))
    assert raised
    assert {code for code in raised if f"`{code}`" not in text} == set()
