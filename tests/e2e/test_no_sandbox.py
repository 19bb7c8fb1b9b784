"""Where no sandbox holds, files are refused with the reason, and all the rest works."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot, windows
from tests.e2e.test_secretary import FINANCE, TITLE, confirm, invite, prepare
from tests.harness.papers import paper
from tests.harness.server import RunningServer

SLOW_MS = 110_000


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A demo whose machine has no rung of the ladder."""
    folder = tmp_path_factory.mktemp("bare")
    server = RunningServer(folder, demo=True, module="tests.harness.bare_server").start()
    yield server
    server.stop()


@pytest.fixture
def bare_window(chromium: Browser, bare: RunningServer) -> Iterator[Opener]:
    yield from windows(chromium, bare)


def refused_at_the_door(secretary: Window) -> tuple[int, str]:
    """A file that is sent all the same, past the page."""
    document = secretary.page.get_by_test_id("document").first.get_attribute("data-document-id")
    cookies = {one["name"]: one["value"] for one in secretary.context.cookies()}
    answer = httpx.put(
        f"{secretary.base}/api/documents/{document}/file",
        content=paper(1),
        cookies=cookies,
        headers={"Origin": secretary.base},
    )
    return answer.status_code, answer.json()["code"]


@pytest.mark.timeout(300)
def test_files_are_refused_with_the_reason_and_the_rest_works(
    bare_window: Opener, bare: RunningServer
) -> None:
    secretary, delegate = bare_window(), bare_window(viewport=PORTRAIT)
    secretary.enter("secretary")
    delegate.enter("delegate")
    page = secretary.page
    prepare(page)
    invite(page, "vu dinh thuong")
    expect(page.get_by_test_id("participants")).to_contain_text(FINANCE)
    page.get_by_test_id("add-document").first.tap()
    why = page.get_by_test_id("uploads-refused")
    expect(why).to_contain_text("bubblewrap does not stop: reached_port")
    expect(page.get_by_test_id("document-file")).to_have_count(0)
    shot(page, "no-sandbox")
    page.get_by_test_id("document-title").fill("Báo cáo tiến độ")
    page.get_by_test_id("document-save").tap()
    expect(page.locator('[data-testid=document][data-state="empty"]')).to_have_count(1)
    assert refused_at_the_door(secretary) == (503, "uploads_refused")
    confirm(page, "issue")
    card = delegate.page.get_by_test_id("meeting-card").filter(has_text=TITLE)
    # The demo still draws its papers: its jobs and the lists' take turns on the writer.
    expect(card).to_have_count(1, timeout=SLOW_MS)
    card.first.tap()
    state = delegate.page.get_by_test_id("meeting-page")
    expect(state).to_have_attribute("data-state", "issued")
    for step, reached in (("open", "in_session"), ("close", "closed")):
        confirm(page, step)
        expect(state).to_have_attribute("data-state", reached)
    for rung in ("bubblewrap", "namespaces", "landlock"):
        assert f"{rung} does not stop: reached_port, read_host_file" in bare.log()
