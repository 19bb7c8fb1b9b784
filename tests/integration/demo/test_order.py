"""The people of the demo's session are listed as its minutes would list them."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest
from sqlmodel import Session, select

from server.database import Database, Wiring
from server.demo.meetings import ZONE
from server.demo.province import Profile
from server.demo.seed import seed
from server.identity import SYSTEM
from server.meetings.messages import Participant
from server.meetings.queries import participants
from server.meetings.tables import MeetingRow
from server.migrations.migrate import migrate
from server.reactions import react

DAY = datetime.combine(date(2026, 11, 22), time(9), ZONE)


@pytest.mark.parametrize("profile", list(Profile))
def test_leaders_come_first_and_secretaries_last(tmp_path: Path, profile: Profile) -> None:
    database = Database(tmp_path / "demo.sqlite3", wiring=Wiring(react))
    migrate(database)
    database.write_now(SYSTEM, seed, profile, DAY, "no password")

    def listed(session: Session) -> list[Participant]:
        row = session.exec(select(MeetingRow).where(MeetingRow.state == "in_session")).one()
        return participants(session, row.id)

    found = database.read_now(listed)
    database.stop()
    assert [one.position for one in found[:3]] == [
        "Chủ tịch Ủy ban nhân dân tỉnh",
        "Phó Chủ tịch Thường trực Ủy ban nhân dân tỉnh",
        "Phó Chủ tịch Ủy ban nhân dân tỉnh",
    ]
    delegates = [one for one in found if one.role == "delegate"]
    places = {one.position: place for place, one in enumerate(delegates)}
    assert places["Giám đốc Sở Tài chính"] < places["Phó Giám đốc Sở Tài chính"]
    communes = [place for position, place in places.items() if "nhân dân xã" in position]
    assert communes
    assert places["Phó Giám đốc Sở Tài chính"] < min(communes)
    last = [one.role for one in found].index("secretary")
    assert {one.role for one in found[last:]} == {"secretary"}
