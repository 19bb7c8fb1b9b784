"""Organisations, people with their accounts, sessions, devices, leases."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class OrganisationRow(SQLModel, table=True):
    """A unit; a tree of any depth. `level` is a name that is data (province, district, commune).

    `serves_id`: an office prepares the meetings of the body it serves.
    """

    __tablename__ = "organisation"
    id: str = Field(primary_key=True)
    parent_id: str | None = Field(default=None, foreign_key="organisation.id", index=True)
    name: str
    level: str
    sort: int = 0
    serves_id: str | None = None
    retired: bool = False


class PersonRow(SQLModel, table=True):
    """A person and the account: `password` is an Argon2id hash; none: no sign-in by password."""

    __tablename__ = "person"
    id: str = Field(primary_key=True)
    username: str = Field(unique=True)
    name: str
    name_sort: str = Field(index=True)
    name_folded: str
    form_of_address: str = ""
    position: str = ""
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    password: str | None = None
    retired: bool = False


class RoleRow(SQLModel, table=True):
    """A standing role."""

    __tablename__ = "person_role"
    person_id: str = Field(primary_key=True, foreign_key="person.id")
    role: str = Field(primary_key=True)


class DemoTileRow(SQLModel, table=True):
    """A role to enter the demo with; the table is empty on a real server."""

    __tablename__ = "demo_tile"
    key: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    sort: int = 0


class SessionRow(SQLModel, table=True):
    """A signed-in session: only the hash of its token is kept. Times in Unix ms."""

    __tablename__ = "session"
    id: str = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    device_id: str = Field(index=True)
    started_at: int
    seen_at: int


class DeviceRow(SQLModel, table=True):
    """A device of a person and the key leased to it (base64url); a new key after a revocation."""

    __tablename__ = "device"
    person_id: str = Field(primary_key=True, foreign_key="person.id")
    device_id: str = Field(primary_key=True)
    label: str = ""
    lease_key: str
    known_since: int
    seen_at: int
    revoked_at: int | None = None


class TriesRow(SQLModel, table=True):
    """Bad sign-ins, per account and device and per address."""

    __tablename__ = "sign_in_tries"
    who: str = Field(primary_key=True)
    bad: int = 0
    last_at: int = Field(default=0, index=True)
