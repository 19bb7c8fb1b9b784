"""The client's types are those of the server: the committed schema is the one the code gives."""

from __future__ import annotations

import json

from server.schema import client_schema
from tests.harness.server import ROOT

SCHEMA = ROOT / "client_web" / "src" / "wire" / "schema.json"


def test_the_committed_schema_is_the_servers() -> None:
    committed = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(client_schema())), (
        "run `python -m server.cli schema client_web/src/wire/schema.json` and `npm run types`"
    )
