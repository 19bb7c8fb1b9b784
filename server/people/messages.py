"""What people's endpoints take and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from server.http.wire import Composed, Id, Line, Moment, ShortLine, WireModel


class DeviceClaim(WireModel):
    """The device as it names itself; `id` is made once by the client and kept on the device."""

    id: Id
    label: ShortLine = ""


class SignIn(WireModel):
    """Name and password, from one device."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=80), Composed]
    password: Annotated[str, StringConstraints(min_length=1, max_length=200), Composed]
    device: DeviceClaim


class EnterDemo(WireModel):
    """Enter the demo as one of its tiles, without a password."""

    tile: ShortLine
    device: DeviceClaim


class PersonCard(WireModel):
    """A person as others see them."""

    id: Id
    name: Line
    form_of_address: ShortLine
    position: ShortLine
    organisation_id: Id
    organisation: Line


class Lease(WireModel):
    """The key that seals what this device keeps of this person (security.md, offline copies).

    `key` is base64url of 32 bytes; the same key comes again at the next sign-in on this device
    until it is revoked. After `expires_at` the device forgets it.
    """

    person_id: Id
    device_id: Id
    key: str
    expires_at: Moment


class DeviceView(WireModel):
    """A device I signed in on. `here`: the one that asks. `revoked_at`: its lease was taken back;
    it forgets everything at its next contact, or has already."""

    id: Id
    label: ShortLine
    here: bool
    signed_in: bool
    known_since: Moment
    seen_at: Moment
    revoked_at: Moment | None


class DeviceAsk(WireModel):
    """A device without a session asks about itself, by the two ids of its lease."""

    person_id: Id
    device_id: Id


class DeviceStanding(WireModel):
    """Whether its lease was taken back: then it forgets everything at once."""

    revoked: bool


class SessionStanding(WireModel):
    """Whether a browser that asks has a session here; nobody's is an answer, and no refusal."""

    signed_in: bool


class Me(WireModel):
    """The signed-in person, and what the session allows."""

    person: PersonCard
    username: str
    roles: list[str]
    session_expires_at: Moment
    idle_minutes: int
    server_time: Moment
    may_create_meetings: bool


class SignedIn(WireModel):
    """The answer to a sign-in: who, and the lease for this device."""

    me: Me
    lease: Lease


class DemoTile(WireModel):
    """One role to enter the demo with."""

    key: ShortLine
    person: PersonCard


class About(WireModel):
    """What anybody may know about this server before signing in."""

    name: str
    version: str
    licence: Literal["AGPL-3.0-or-later"]
    source_url: str
    demo: bool
    tiles: list[DemoTile]
    uploads_refused: str | None = Field(
        description="why no sandbox holds here and uploads are refused; null where they work"
    )


class Part(WireModel):
    """One library inside this server, with its licence."""

    name: str
    version: str
    licence: str


class PeopleFound(WireModel):
    """People found by name, in the order of given names."""

    people: list[PersonCard]
    more: bool
