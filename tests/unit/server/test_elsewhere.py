"""A session that the command line ends while the server runs is closed at once."""

from __future__ import annotations

from server.database import Database
from server.live.hub import Connection, Hub
from server.people import actions as people
from server.people.elsewhere import Elsewhere
from server.people.messages import DeviceClaim
from tests.harness.writing import Desk

BOUNDS = people.SignInBounds(
    tries=5, tries_per_address=50, lock_ms=60_000, devices=3, lease_ms=86_400_000
)
DEVICE = DeviceClaim(id="0196f3a0-5555-4aaa-8bbb-000000000001", label="Máy")


async def test_a_session_ended_by_another_process_closes_its_sockets(database: Database) -> None:
    desk, hub = Desk(database), Hub()

    async def joined(who: str) -> Connection:
        person = desk.actor(who).person_id
        opened = await database.write(desk.actor(who), people.open_session, person, DEVICE, BOUNDS)
        connection = Connection(who, opened.actor, 1000)
        hub.join(connection)
        return connection

    lost, kept = await joined("delegate"), await joined("chosen")
    elsewhere = Elsewhere(database, hub)
    await elsewhere.look()
    await desk.note("chosen", "public", "Lời ghi")
    await elsewhere.look()
    assert (lost.closing, kept.closing) == (None, None)
    other = Database(database.path)
    other.write_now(desk.actor("admin"), people.set_password, "delegate", "hash")
    other.stop()
    await elsewhere.look()
    assert lost.closing is not None
    assert lost.closing[0] == 4401
    assert kept.closing is None


async def test_what_the_server_commits_itself_is_not_elsewhere(database: Database) -> None:
    desk = Desk(database)
    here = await database.committed_elsewhere()
    await desk.note("delegate", "public", "Lời ghi")
    assert await database.committed_elsewhere() == here
