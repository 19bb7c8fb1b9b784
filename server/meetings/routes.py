"""HTTP handlers of meetings; reading a meeting whole is in `documents`, which knows its papers."""

from __future__ import annotations

from server.http.endpoint import Call
from server.meetings import actions, retention
from server.meetings.messages import AgendaItem, MeetingHead, Participant, UnitRetention
from server.meetings.retention import HOUR_MS
from server.meetings.rules import DAY_MS, PurgeBounds
from server.settings import Settings


def purge_bounds(settings: Settings) -> PurgeBounds:
    """How early people hear of it before their marks go."""
    return PurgeBounds(settings.purge_grace_hours * HOUR_MS, settings.purge_warning_days * DAY_MS)


def bounds(settings: Settings) -> actions.MeetingBounds:
    """The bounds of meetings on this server."""
    return actions.MeetingBounds(
        settings.meeting_days, settings.agenda_items, settings.participants
    )


async def change_meeting(call: Call) -> MeetingHead:
    """PATCH the head."""
    meeting = call.ids["meeting_id"]
    return await call.write(actions.change_meeting, meeting, call.body, bounds(call.settings))


async def issue_meeting(call: Call) -> MeetingHead:
    """Send the meeting out."""
    return await call.write(actions.issue_meeting, call.ids["meeting_id"])


async def open_meeting(call: Call) -> MeetingHead:
    """Begin the session."""
    return await call.write(actions.open_meeting, call.ids["meeting_id"])


async def close_meeting(call: Call) -> MeetingHead:
    """End the session."""
    bounds = purge_bounds(call.settings)
    return await call.write(actions.close_meeting, call.ids["meeting_id"], bounds)


async def set_retention(call: Call) -> MeetingHead:
    """Say what becomes of people's marks on the meeting's papers."""
    bounds = purge_bounds(call.settings)
    return await call.write(retention.set_retention, call.ids["meeting_id"], call.body, bounds)


async def unit_retention(call: Call) -> UnitRetention:
    """What new meetings of my unit begin with."""
    bounds = purge_bounds(call.settings)
    return await call.read(retention.unit_retention, call.actor.organisation_id, bounds)


async def set_unit_retention(call: Call) -> UnitRetention:
    """Say it for the new meetings of my unit."""
    return await call.write(retention.set_unit_retention, call.body, purge_bounds(call.settings))


async def add_item(call: Call) -> AgendaItem:
    """Add an agenda item."""
    meeting = call.ids["meeting_id"]
    return await call.write(actions.add_item, meeting, call.body, bounds(call.settings))


async def change_item(call: Call) -> AgendaItem:
    """Change an agenda item."""
    ids = call.ids
    return await call.write(actions.change_item, ids["meeting_id"], ids["item_id"], call.body)


async def delete_item(call: Call) -> None:
    """Delete an agenda item."""
    await call.write(actions.delete_item, call.ids["meeting_id"], call.ids["item_id"])


async def order_items(call: Call) -> None:
    """Put the agenda in order."""
    await call.write(actions.order_items, call.ids["meeting_id"], call.body)


async def put_participant(call: Call) -> Participant:
    """Add a person or change their part."""
    ids = call.ids
    return await call.write(
        actions.put_participant,
        ids["meeting_id"],
        ids["person_id"],
        call.body,
        bounds(call.settings),
    )


async def remove_participant(call: Call) -> None:
    """Take a person out."""
    await call.write(actions.remove_participant, call.ids["meeting_id"], call.ids["person_id"])
