"""Devices of a person: listed, revoked at once, and a sign-in that the secretariat unlocks."""

from __future__ import annotations

import uuid

from tests.harness.server import RunningServer
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn


async def standing(tablet: Tablet) -> bool:
    body = {"person_id": tablet.person, "device_id": tablet.device}
    return bool((await tablet.do("POST", "/device/standing", body))["revoked"])


async def test_a_lost_tablet_is_shut_out_at_once_and_told_at_its_next_contact(
    server: RunningServer,
) -> None:
    lost, here, other = Tablet(server), Tablet(server), Tablet(server)
    for tablet, who in ((lost, "daibieu2"), (here, "daibieu2"), (other, "daibieu1")):
        await tablet.sign_in(who)
    listed = {one["id"]: one for one in await here.do("GET", "/me/devices")}
    assert (listed[here.device]["here"], listed[lost.device]["here"]) == (True, False)
    assert listed[lost.device]["signed_in"]
    assert other.device not in listed
    path = f"/me/devices/{lost.device}"
    assert await other.refused("DELETE", path) == (404, "not_found")
    assert not await standing(lost)
    async with lost.live() as live:
        await here.do("DELETE", path, status=204)
        assert await live.closed() == 4401
    assert await lost.refused("GET", "/me") == (401, "not_signed_in")
    assert await lost.refused("POST", "/lease") == (401, "not_signed_in")
    assert await standing(lost)
    assert not await standing(here)
    assert await here.refused("DELETE", f"/me/devices/{here.device}") == (409, "device_in_use")
    again = {one["id"]: one for one in await here.do("GET", "/me/devices")}
    assert again[lost.device]["revoked_at"] is not None
    for tablet in (lost, here, other):
        await tablet.close()


async def test_a_device_that_signs_in_again_gets_another_key(server: RunningServer) -> None:
    found, here = Tablet(server), Tablet(server)
    await found.sign_in("daibieu2")
    await here.sign_in("daibieu2")
    before = found.lease["key"]
    await here.do("DELETE", f"/me/devices/{found.device}", status=204)
    assert (await found.sign_in("daibieu2")).status_code == 200
    assert found.lease["key"] not in ("", before)
    assert not await standing(found)
    await found.close()
    await here.close()


async def test_nobody_learns_of_a_device_by_guessing(server: RunningServer) -> None:
    stranger = Tablet(server)
    body = {"person_id": str(uuid.uuid4()), "device_id": str(uuid.uuid4())}
    assert await stranger.do("POST", "/device/standing", body) == {"revoked": False}
    await stranger.close()


async def test_the_secretariat_lets_a_locked_out_person_try_again(
    sign_in: SignIn, server: RunningServer
) -> None:
    secretary, delegate, locked = await sign_in("thuky"), await sign_in("daibieu1"), Tablet(server)
    for _ in range(5):
        await locked.sign_in("khach", "sai")
    assert (await locked.sign_in("khach")).status_code == 429
    path = f"/people/{server.people['khach']}/unlock"
    assert await delegate.refused("POST", path) == (403, "not_allowed")
    nobody = f"/people/{uuid.uuid4()}/unlock"
    assert await secretary.refused("POST", nobody) == (404, "not_found")
    await secretary.do("POST", path, status=204)
    assert (await locked.sign_in("khach")).status_code == 200
    await locked.close()
