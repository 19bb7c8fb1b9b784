"""Who is asking: the few facts every room below `people` may know about a person."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """A signed-in person at one device.

    `roles` are the account's standing roles (`system_admin`, `secretariat`, …, see
    `people/rules.py`); roles in one meeting are rows of that meeting.
    """

    person_id: str
    session_id: str
    device_id: str
    organisation_id: str
    roles: frozenset[str] = field(default_factory=frozenset)


SYSTEM = Actor("system", "system", "system", "system", frozenset({"system"}))
"""The server itself: jobs, reactions, the seeding of the demo."""
