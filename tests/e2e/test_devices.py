"""A tablet is lost: its owner revokes it from another one, and it forgets everything at once."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Opener, shot
from tests.e2e.test_delegate import KEPT_BLOBS, poll, set_pin
from tests.e2e.test_pages import faults


def test_a_revoked_tablet_forgets_what_lay_on_it(window: Opener) -> None:
    lost, here = window(), window()
    lost.enter("operator")
    set_pin(lost.page)
    lost.open_paper("Giấy mời")
    here.enter("operator")
    page = here.page
    page.get_by_test_id("account").tap()
    page.get_by_test_id("devices").tap()
    sheet = page.get_by_test_id("devices-sheet")
    expect(sheet.locator("[data-testid=device][data-here=true]")).to_have_count(1)
    shot(page, "devices")
    assert faults(page) == []
    # The one used last comes first; ours is newer than the lost one.
    sheet.locator("[data-here=false][data-revoked=false]").first.get_by_test_id(
        "revoke-device"
    ).tap()
    page.get_by_test_id("question-confirm").tap()
    expect(lost.page.get_by_test_id("device-revoked")).to_be_visible()
    poll(lambda: lost.page.evaluate(KEPT_BLOBS) == [])
