"""Which devices of a person are forgotten when there are many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from server import clock
from server.database import Database
from server.people import actions as people
from server.people.devices import device_standing, devices_of, revoke_device
from server.people.messages import DeviceAsk, DeviceClaim
from tests.harness.writing import Desk

DAY_MS = 86_400_000
BOUNDS = people.SignInBounds(
    tries=5, tries_per_address=50, lock_ms=60_000, devices=3, lease_ms=7 * DAY_MS
)


class Days:
    """The day, moved by hand."""

    def __init__(self) -> None:
        self.day = 20_000

    def __call__(self) -> float:
        return self.day * 86_400.0


@pytest.fixture
def days() -> Iterator[Days]:
    wall = Days()
    with clock.replaced(wall=wall):
        yield wall


def claim(number: int) -> DeviceClaim:
    return DeviceClaim(id=f"0196f3a0-5555-4aaa-8bbb-{number:012x}", label=f"Máy {number}")


async def keys_of(desk: Desk, *numbers: int) -> list[str]:
    person = desk.actor("delegate").person_id
    return [
        await desk.database.write(
            desk.actor("delegate"), people.keep_device, person, claim(number), BOUNDS
        )
        for number in numbers
    ]


def known(desk: Desk) -> set[str]:
    def read(session: Session) -> set[str]:
        return {one.label for one in devices_of(session, desk.actor("delegate"))}

    return desk.database.read_now(read)


async def test_a_device_whose_lease_runs_keeps_its_key_however_many_come(
    database: Database, days: Days
) -> None:
    desk = Desk(database)
    (first,) = await keys_of(desk, 1)
    await keys_of(desk, *range(2, 9))
    assert await keys_of(desk, 1) == [first]
    days.day += 8
    await keys_of(desk, 9)
    assert "Máy 9" in known(desk)
    assert len(known(desk)) == BOUNDS.devices


async def test_a_lost_device_is_not_forgotten_before_its_lease_is_over(
    database: Database, days: Days
) -> None:
    desk = Desk(database)
    await keys_of(desk, 1)
    await database.write(desk.actor("delegate"), revoke_device, claim(1).id)
    asked = DeviceAsk(person_id=desk.actor("delegate").person_id, device_id=claim(1).id)
    await keys_of(desk, *range(2, 9))
    assert database.read_now(device_standing, asked).revoked
    days.day += 8
    await keys_of(desk, 9)
    assert "Máy 1" not in known(desk)
