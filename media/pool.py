"""The workers of this machine: started, linked, watched, started again.

The pool remembers what a worker must know (meetings, stage, mutes); a worker that dies comes back
with it, and its sites rejoin by themselves. Like `control.py`, it imports neither aiortc nor av.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .control import (
    CloseMeeting,
    ControlError,
    End,
    Mute,
    OpenMeeting,
    Publish,
    Receive,
    Request,
    Restart,
    SetStage,
    Siblings,
    Stats,
    WorkerClient,
)

START_TIMEOUT_S = 40.0
"""A worker serves within 2 s; on a machine busy with starting everything else it takes longer."""
RESTART_DELAY_S = (0.05, 0.5, 2.0, 5.0)
"""Waits before the first, second, … restart within a minute: a worker that cannot live must not
burn a core."""

Event = dict[str, Any]


@dataclass
class _Meeting:
    opened: OpenMeeting
    stage: SetStage | None = None
    mutes: dict[str, Mute] = field(default_factory=dict)


@dataclass
class _Seat:
    """One worker's place: its process may change."""

    index: int
    path: str
    udp_port: int
    process: asyncio.subprocess.Process | None = None
    client: WorkerClient | None = None
    sessions: set[str] = field(default_factory=set)
    restarts: int = 0


class WorkerPool:
    """Implements `whip.Bridge` over one or more worker processes."""

    def __init__(
        self,
        directory: Path,
        *,
        workers: int = 1,
        udp: tuple[str, int] = ("127.0.0.1", 0),
        candidates: tuple[str, ...] = (),
        on_event: Callable[[Event], None] | None = None,
        log: str | None = None,
    ) -> None:
        self.directory = directory
        self.udp = udp
        self.candidates = candidates
        self.on_event = on_event or (lambda event: None)
        self.log = log
        base = udp[1]
        self._seats = [
            _Seat(i, str(directory / f"worker{i}.sock"), base + i if base else 0)
            for i in range(workers)
        ]
        self._meetings: dict[str, _Meeting] = {}
        self._sessions: dict[str, _Seat] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._closing = False

    async def start(self) -> None:
        """Start all workers and link them. Raises ControlError `worker_start`."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.gather(*(self._start(seat) for seat in self._seats))
        await self._link()
        for seat in self._seats:
            self._watchers.append(asyncio.get_running_loop().create_task(self._watch(seat)))

    async def stop(self) -> None:
        self._closing = True
        for task in self._watchers:
            task.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        await asyncio.gather(
            *(seat.client.close() for seat in self._seats if seat.client is not None),
            *(_terminate(seat.process) for seat in self._seats),
        )

    def workers(self) -> list[dict[str, Any]]:
        return [
            {"index": s.index, **(s.client.welcome if s.client else {}), "restarts": s.restarts}
            for s in self._seats
        ]

    # -- commands; all raise ControlError

    async def open_meeting(
        self, meeting: str, codec: str = "vp8", voice_slots: tuple[str, ...] = ()
    ) -> None:
        known = self._meetings.get(meeting)
        if known is not None:
            if known.opened.codec != codec:
                raise ControlError("codec_differs", known.opened.codec)
            return
        message = OpenMeeting.model_validate(
            {"meeting": meeting, "codec": codec, "voice_slots": list(voice_slots)}
        )
        self._meetings[meeting] = _Meeting(message)
        try:
            await self._all(message)
        except ControlError:
            del self._meetings[meeting]
            raise

    def codec(self, meeting: str) -> str | None:
        known = self._meetings.get(meeting)
        return known.opened.codec if known is not None else None

    async def close_meeting(self, meeting: str) -> None:
        if self._meetings.pop(meeting, None) is None:
            raise ControlError("no_meeting")
        await self._all(CloseMeeting(meeting=meeting))

    async def publish(self, meeting: str, site: str, offer: str) -> dict[str, str]:
        return await self._open(Publish(meeting=meeting, site=site, offer=offer))

    async def receive(self, meeting: str, site: str, offer: str) -> dict[str, str]:
        return await self._open(Receive(meeting=meeting, site=site, offer=offer))

    async def restart(self, session: str, fragment: str) -> dict[str, str]:
        seat = self._seat_of(session)
        return await self._ask(seat, Restart(session=session, fragment=fragment))

    async def end(self, session: str, reason: str = "ended") -> None:
        await self._ask(self._seat_of(session), End(session=session, reason=reason))

    async def set_stage(self, meeting: str, video: dict[str, str], audio: dict[str, str]) -> None:
        known = self._meetings.get(meeting)
        if known is None:
            raise ControlError("no_meeting")
        message = SetStage(meeting=meeting, video=video, audio=audio)
        before, known.stage = known.stage, message
        try:
            await self._all(message)
        except ControlError:
            known.stage = before
            raise

    async def mute(
        self, meeting: str, site: str, audio: bool | None = None, video: bool | None = None
    ) -> None:
        known = self._meetings.get(meeting)
        if known is None:
            raise ControlError("no_meeting")
        old = known.mutes.get(site, Mute(meeting=meeting, site=site))
        message = Mute(
            meeting=meeting,
            site=site,
            audio=old.audio if audio is None else audio,
            video=old.video if video is None else video,
        )
        await self._all(message)
        known.mutes[site] = message

    async def stats(self) -> list[dict[str, Any]]:
        """One entry per living worker."""
        found = []
        for seat in self._seats:
            with contextlib.suppress(ControlError):
                found.append({"index": seat.index, **await self._ask(seat, Stats())})
        return found

    # -- inside

    async def _open(self, message: Publish | Receive) -> dict[str, str]:
        """On the worker with the fewest sessions. A site's publish session replaces its old one
        wherever that is."""
        living = [s for s in self._seats if s.client is not None and not s.client.lost.is_set()]
        if not living:
            raise ControlError("worker_lost")
        seat = min(living, key=lambda s: len(s.sessions))
        answered: dict[str, str] = await self._ask(seat, message, partial(self._enter, seat))
        if isinstance(message, Publish) and len(self._seats) > 1:
            await self._end_elsewhere(message, seat)
        if answered["session"] not in self._sessions:
            raise ControlError("session_ended")
        return answered

    def _enter(self, seat: _Seat, answered: dict[str, str]) -> None:
        """When the reply is read, so that an `ended` right behind it finds the session."""
        self._sessions[answered["session"]] = seat
        seat.sessions.add(answered["session"])

    async def _end_elsewhere(self, message: Publish, seat: _Seat) -> None:
        for other in self._seats:
            if other is seat:
                continue
            with contextlib.suppress(ControlError):
                stats = await self._ask(other, Stats())
                room = stats["meetings"].get(message.meeting, {})
                old = room.get("publishers", {}).get(message.site)
                if old is not None:
                    await self._ask(other, End(session=old["session"], reason="replaced"))

    def _seat_of(self, session: str) -> _Seat:
        seat = self._sessions.get(session)
        if seat is None:
            raise ControlError("no_session")
        return seat

    async def _ask(
        self,
        seat: _Seat,
        message: Request,
        record: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        if seat.client is None:
            raise ControlError("worker_lost")
        return await seat.client.request(message, record)

    async def _all(self, message: Request) -> None:
        """To every living worker; one that is down learns it when it starts."""
        for seat in self._seats:
            try:
                await self._ask(seat, message)
            except ControlError as exc:
                if exc.code != "worker_lost":
                    raise

    async def _start(self, seat: _Seat) -> None:
        command = [sys.executable, "-m", "media", "--control", seat.path]
        command += ["--udp", _join(self.udp[0], seat.udp_port), "--parent", str(os.getpid())]
        for candidate in self.candidates:
            command += ["--candidate", candidate]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(seat.path)
        await self._spawn(seat, command)
        client = WorkerClient(lambda event: self._heard(seat, event))
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while True:
                    try:
                        await client.connect(seat.path)
                        break
                    except OSError:
                        process = seat.process
                        if process is None or process.returncode is not None:
                            raise ControlError("worker_start") from None
                        await asyncio.sleep(0.02)
        except TimeoutError as exc:
            await _terminate(seat.process)
            raise ControlError("worker_start") from exc
        seat.client = client
        for meeting in self._meetings.values():
            await client.request(meeting.opened)
            if meeting.stage is not None:
                await client.request(meeting.stage)
            for mute in meeting.mutes.values():
                await client.request(mute)
        self._tell({"event": "worker_started", "index": seat.index, **client.welcome})

    async def _spawn(self, seat: _Seat, command: list[str]) -> None:
        output = None
        if self.log is not None:
            output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            seat.process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stderr=output
            )
        finally:
            if output is not None:
                os.close(output)

    async def _link(self) -> None:
        paths = [s.client.welcome["link"] for s in self._seats if s.client is not None]
        for seat in self._seats:
            with contextlib.suppress(ControlError):
                await self._ask(seat, Siblings(paths=paths))

    async def _watch(self, seat: _Seat) -> None:
        """Start the worker again whenever it is lost."""
        failures = 0
        while not self._closing:
            client = seat.client
            if client is not None:
                await client.lost.wait()
                await client.close()
                seat.client = None
                self._lost(seat)
            born = asyncio.get_running_loop().time()
            await asyncio.sleep(RESTART_DELAY_S[min(failures, len(RESTART_DELAY_S) - 1)])
            await _terminate(seat.process)
            seat.restarts += 1
            try:
                await self._start(seat)
            except (ControlError, OSError) as exc:
                failures += 1
                self._tell({"event": "worker_start_failed", "index": seat.index, "why": str(exc)})
                continue
            await self._link()
            failures = failures + 1 if asyncio.get_running_loop().time() - born < 60 else 0

    def _lost(self, seat: _Seat) -> None:
        self._tell({"event": "worker_lost", "index": seat.index})
        for session in list(seat.sessions):
            self._heard(seat, {"event": "ended", "session": session, "reason": "worker_lost"})

    def _heard(self, seat: _Seat, event: Event) -> None:
        if event["event"] == "ended":
            seat.sessions.discard(event["session"])
            self._sessions.pop(event["session"], None)
        self._tell({**event, "worker": seat.index})

    def _tell(self, event: Event) -> None:
        """A listener's defect is told to the loop; workers are watched all the same."""
        try:
            self.on_event(event)
        except Exception as exc:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"listener of {event['event']}", "exception": exc}
            )


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _terminate(process: asyncio.subprocess.Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(3):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
