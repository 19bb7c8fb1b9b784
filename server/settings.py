"""Every bound and choice an operator may change, from the environment (`PHONGHOP_…`).

Each bound says why it has its value. `docs/settings.md` lists them all; a test compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The server's settings; sizes in bytes, times as their names say."""

    model_config = SettingsConfigDict(env_prefix="PHONGHOP_", frozen=True)

    # Where it runs
    data: Path = Field(Path("data"), description="folder of the database and the files")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    origins: tuple[str, ...] = Field(
        (), description="origins of the client besides the server's own, e.g. https://hop.tinh.vn"
    )
    trusted_proxies: str = Field("", description="addresses whose X-Forwarded-* is believed")
    demo: bool = Field(False, description="demo accounts and tiles; only on a loopback address")
    demo_profile: Literal["three-tier", "two-tier"] = Field(
        "two-tier",
        description="communes right below the province, as since 1 July 2025, or with districts",
    )
    client: Path = Field(
        Path(__file__).parent.parent / "client_web" / "dist", description="the built client"
    )
    source_url: str = Field(
        "", description="where the source of this version is offered; empty: by this server"
    )
    log_format: Literal["console", "json"] = Field("console", description="how logs are written")

    # People
    idle_minutes: int = Field(15, description="idle lock (TCVN 11930 level 3: at most 15)")
    idle_minutes_in_session: int = Field(
        240, description="idle lock for a participant of a running meeting: nobody is thrown out"
    )
    session_hours: int = Field(12, description="a session ends after one working day at the latest")
    sign_in_tries: int = Field(5, description="bad sign-ins before a lock (NĐ 85/2016 level 3)")
    sign_in_lock_minutes: int = Field(10, description="how long the lock holds")
    sign_in_tries_per_address: int = Field(
        60, description="bad sign-ins of one address before it waits; a whole hall may share one"
    )
    lease_days: int = Field(7, description="how long a device keeps what it took along")
    people_found: int = Field(50, description="people in one answer of the search")
    devices_per_person: int = Field(
        20, description="devices kept for one account; more while their leases run"
    )

    # Meetings
    meeting_days: int = Field(31, description="the longest meeting")
    agenda_items: int = Field(200, description="items in one agenda")
    participants: int = Field(1000, description="people in one meeting")
    documents_per_meeting: int = Field(500, description="documents in one meeting")
    my_meetings: int = Field(300, description="meetings in one list, newest first")

    # Documents
    upload_bytes: int = Field(500 * 2**20, description="the largest file")
    upload_seconds: int = Field(3600, description="the slowest upload, at commune lines")
    uploads_at_once: int = Field(
        8, ge=1, description="files that arrive at once; the offices of a session send no more"
    )
    unnamed_file_hours: int = Field(
        24, ge=2, description="how long a file that no row names is kept: reading takes its time"
    )
    pages_per_document: int = Field(2000, description="the longest document")
    ingest_workers: int = Field(1, description="documents read at once; a second core stays free")
    ingest_seconds: int = Field(900, description="CPU time for one document")
    ingest_memory: int = Field(1500 * 2**20, description="memory of one reading process")
    tile_processes: int = Field(2, description="documents kept warm for sharp tiles")
    tile_idle_seconds: int = Field(120, description="a warm document nobody looks at is put away")
    tiles_waiting: int = Field(200, description="tiles asked for at once before `busy`")
    exports_at_once: int = Field(2, description="PDFs made at once; each takes up to 1.5 GB")
    exports_waiting: int = Field(100, description="downloads that wait before `busy`")
    export_seconds: int = Field(120, description="time for one PDF export")
    allow_unsandboxed: bool = Field(
        False, description="read foreign files although no sandbox holds: only on isolated machines"
    )

    # Shared layers
    shared_layers_per_document: int = Field(
        50, description="shared layers on one document: a tablet follows those it shows"
    )
    shared_layers_per_person: int = Field(
        5, description="shared layers one person has on a document; more is a list nobody reads"
    )
    shared_layer_people: int = Field(
        100, description="people named on one layer; for more there is everybody"
    )

    # My marks over all documents
    notes_per_part: int = Field(60, description="lines in one part of the list of my marks")
    notes_printed: int = Field(3000, description="notes in one printed list: some 400 pages")

    # Taking one's marks away in one package
    package_bytes: int = Field(
        2**30, description="papers in one package: five times those of a large session"
    )
    package_seconds: int = Field(3600, description="time for one package, at commune lines")
    packages_at_once: int = Field(
        8, ge=1, description="packages on their way; each makes one file at a time"
    )
    packages_waiting: int = Field(
        1000, description="packages that wait for their turn: everybody, an hour before deletion"
    )

    # What becomes of marks
    purge_grace_hours: int = Field(
        72, ge=1, description="the least time between a warning and the deletion of people's marks"
    )
    purge_warning_days: int = Field(7, ge=1, description="from when people are warned of it")
    mark_history_days: int = Field(
        90, ge=30, description="answered pushes, and what they overwrote on private layers"
    )
    deleted_marks_days: int = Field(
        400,
        ge=30,
        description="deleted marks, so that no tablet brings one back: a year in a drawer",
    )

    # The live connection
    live_frame_bytes: int = Field(2**20, description="the largest frame (CVE-2018-1000518)")
    live_connections: int = Field(5000, description="open connections of one process")
    live_topics: int = Field(200, description="topics one connection follows")
    live_heartbeat_seconds: float = Field(15, description="a silent client is dropped after two")
    live_outbox_bytes: int = Field(
        4 * 2**20, description="what may wait for a slow client before it is closed and resumes"
    )
    changes_kept: int = Field(500, description="changes a topic keeps for those who come back")

    # The database
    write_group: int = Field(64, description="actions in one transaction")
    write_group_ms: float = Field(5, description="work in one transaction before its COMMIT")
    writes_waiting: int = Field(5000, description="actions waiting before `busy`")
    readers: int = Field(4, description="reader threads")
    body_bytes: int = Field(2**20, description="the largest JSON body")
    idempotency_hours: int = Field(24, description="how long an answered command is remembered")

    # Jobs
    job_lease_seconds: int = Field(120, description="a job silent for so long is taken over")
    job_attempts: int = Field(5, description="tries before a job is laid aside")

    @property
    def database_file(self) -> Path:
        """The one SQLite file."""
        return self.data / "phonghop.sqlite3"

    @property
    def purges_file(self) -> Path:
        """Which meetings' marks were deleted; outlives a database that is put back."""
        return self.data / "purges.jsonl"

    @property
    def files(self) -> Path:
        """The folder of content-addressed files."""
        return self.data / "files"


def settings_page() -> str:
    """`docs/settings.md`: every setting with its default and its reason."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "the `client_web/dist` beside the server" if name == "client" else f"`{default}`"
        if isinstance(default, tuple | str) and not default:
            shown = ""
        rows.append(f"| `PHONGHOP_{name.upper()}` | {shown} | {field.description} |")
    head = (
        "# Settings\n\n"
        "From the environment; sizes in bytes. Made by `phonghop settings docs/settings.md`.\n\n"
        "| variable | default | what and why |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"
