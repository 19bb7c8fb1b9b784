"""What the documents say of the API and the settings is what the server has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.endpoints import ENDPOINTS
from server.settings import Settings, settings_page

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) \| (\S+?)(?:\?\S*)? \| ([^|]*)\| (.*?) \|", re.M)


def test_the_api_document_lists_exactly_the_endpoints() -> None:
    written = [(method, path) for method, path, _, _ in ROW.findall(API)]
    assert sorted(written) == sorted((one.method, one.path) for one in ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_bodies_and_answers_are_named(endpoint: object) -> None:
    method, path = endpoint.method, endpoint.path  # type: ignore[attr-defined]
    rows = {(row[0], row[1]): (row[2], row[3]) for row in ROW.findall(API)}
    body, answer = rows[method, path]
    if endpoint.body is not None:  # type: ignore[attr-defined]
        assert endpoint.body.__name__ == body.strip()  # type: ignore[attr-defined]
    if endpoint.answer is not None and path != "/healthz":  # type: ignore[attr-defined]
        assert endpoint.answer.__name__ in answer  # type: ignore[attr-defined]


def test_the_settings_document_is_the_table_of_the_settings() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_read_somewhere_and_says_why(name: str) -> None:
    sources = [one for one in (ROOT / "server").rglob("*.py") if one.name != "settings.py"]
    own = (ROOT / "server" / "settings.py").read_text(encoding="utf-8")
    words = "\n".join(one.read_text(encoding="utf-8") for one in sources)
    assert re.search(rf"settings\.{name}\b", words) or re.search(rf"self\.{name}\b", own)
    assert Settings.model_fields[name].description


FEATURES = ("http", "live", "jobs", "ledger", "people", "meetings", "documents", "annotating")


@pytest.mark.parametrize("feature", [*FEATURES, "migrations", "sandbox", "demo"])
def test_every_feature_says_what_it_is_for(feature: str) -> None:
    text = (ROOT / "server" / feature / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {feature}")
