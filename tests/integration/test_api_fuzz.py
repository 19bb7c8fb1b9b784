"""Every endpoint gets what it does not expect (schemathesis on our own OpenAPI document).

Seeded and bounded. No answer may be a server error, and each must be what the document says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from server import __version__
from server.endpoints import ENDPOINTS
from server.http.openapi import openapi
from tests.harness.marks import outbox_on, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.server import RunningServer, running
from tests.harness.tablet import Tablet

ENDS_THE_SESSION = {"sign_out", "sign_in", "enter_demo"}
EXAMPLES = 12
# Files are raw bytes: test_documents.py and test_xfdf.py send what they do not expect.
schema = schemathesis.openapi.from_dict(openapi(ENDPOINTS, __version__)).exclude(
    operation_id=["upload", "take_marks"]
)


async def plan_package(tablet: Tablet, meeting: str, document: str) -> str:
    """A package with one mark, so that it can be asked for."""
    outbox = await outbox_on(tablet, document)
    async with tablet.live() as live:
        await outbox.send(live, outbox.push(put(outbox.version)))
    return str((await tablet.do("POST", f"/meetings/{meeting}/my-package"))["id"])


class Known:
    """Ids that exist, so that requests come past the first refusal."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.ids: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    async def prepare(self) -> None:
        secretary = Tablet(self.server)
        await secretary.sign_in("thuky")
        meeting = await make_meeting(secretary, (secretary.person, "secretary"))
        document = await add_paper(secretary, meeting, paper(1))
        view = await secretary.do("GET", f"/documents/{document}")
        found = await secretary.do("GET", f"/meetings/{meeting}")
        shared = {"title": "Góp ý", "audience": "everyone"}
        layer = await secretary.do("POST", f"/documents/{document}/layers", shared)
        self.ids = {
            "meeting_id": meeting,
            "item_id": found["view"]["items"][0]["id"],
            "person_id": self.server.people["daibieu1"],
            "document_id": document,
            "version_id": view["version"]["id"],
            "layer_id": layer["id"],
            "device_id": "0196f3a0-9999-4aaa-8bbb-000000000009",
            "package_id": await plan_package(secretary, meeting, document),
            "index": "0",
            "scale": "2",
            "column": "0",
            "row": "0",
        }
        self.headers = {"Cookie": secretary.cookie, "Origin": self.server.base}
        await secretary.close()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    with running(tmp_path_factory.mktemp("fuzz")) as server:
        made = Known(server)
        asyncio.run(made.prepare())
        yield made


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_endpoint_breaks(case: Any, known: Known) -> None:
    if case.operation.definition.raw["operationId"] in ENDS_THE_SESSION:
        case.headers = {"Origin": known.server.base}
    else:
        case.headers = {**(case.headers or {}), **known.headers}
    for name in case.path_parameters or {}:
        if case.meta is None or len(str(case.path_parameters[name])) % 2 == 0:
            case.path_parameters[name] = known.ids[name]
    response = case.call(base_url=known.server.base)
    case.validate_response(
        response,
        checks=(not_a_server_error, response_schema_conformance, content_type_conformance),
    )


def test_the_document_is_served_to_those_who_sign_in(known: Known) -> None:
    address = f"{known.server.base}/api/openapi.json"
    assert httpx.get(address).status_code == 401
    served = httpx.get(address, headers=known.headers).json()
    assert served == openapi(ENDPOINTS, __version__)


def test_the_log_holds_no_defect(known: Known) -> None:
    log = Path(known.server.data / "server.log").read_text(errors="replace")
    assert "request_failed" not in log
