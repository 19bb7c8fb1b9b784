"""What a browser is told that nobody has signed in on: nothing that looks like a fault."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener


def listen(page: Page) -> list[str]:
    """Errors and warnings of the console from now on."""
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type in WRONG else None)
    return said


WRONG = {"error", "warning"}


def test_a_first_visit_leaves_the_console_clean(window: Opener) -> None:
    tablet = window()
    said = listen(tablet.page)
    refused: list[str] = []
    tablet.page.on("response", lambda one: refused.append(one.url) if one.status >= 400 else None)
    tablet.page.goto(tablet.base)
    expect(tablet.page.get_by_test_id("sign-in-page")).to_be_visible()
    tablet.enter("delegate")
    tablet.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    expect(tablet.page.get_by_test_id("document-row").first).to_be_visible()
    assert (said, refused) == ([], [])


def test_a_session_outlives_what_the_tablet_remembers_of_it(window: Opener) -> None:
    tablet = window()
    tablet.enter("delegate")
    tablet.page.evaluate("localStorage.clear()")
    seen: list[str] = []
    tablet.page.expose_function("seen_", lambda testid: seen.append(testid))
    tablet.page.add_init_script(WATCH)
    tablet.page.reload()
    expect(tablet.page.get_by_test_id("home")).to_be_visible()
    assert "sign-in-page" not in seen


def test_what_is_remembered_of_a_session_that_is_gone_leads_to_the_sign_in(window: Opener) -> None:
    tablet = window()
    tablet.enter("delegate")
    tablet.context.clear_cookies()
    tablet.page.reload()
    expect(tablet.page.get_by_test_id("sign-in-page")).to_be_visible()
    said = listen(tablet.page)
    tablet.page.reload()
    expect(tablet.page.get_by_test_id("sign-in-page")).to_be_visible()
    assert said == []
    tablet.enter("delegate")


WATCH = """
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes)
      if (node.dataset?.testid) window.seen_(node.dataset.testid);
}).observe(document, { childList: true, subtree: true });
"""
