"""The worker's core: meetings, what their sessions tell, and timers over one port.

Commands in, events out. No control channel here (`worker.py`), no HTTP: tests drive an Engine
directly. Sessions are opened and ended in `sessions.py`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from .bounds import Bounds
from .bridge import Meeting, Refused
from .clock import SYSTEM, Clock
from .fanout import Fanout
from .forwarder import Stream
from .lanes import SourcePacket
from .peer import Peer
from .port import Port, Shields
from .publisher import Incoming, Publisher
from .receiver import Receiver
from .reports import report_lanes
from .rhythm import Rhythm
from .sessions import Answered, Sessions, describe
from .staging import Scene, point_slots

SWEEP_S = 0.5
"""How often silent and unfinished sessions are looked for."""
FREEZE_AFTER_S = 5.0
"""After the start; the modules and tables that live as long as the process are there by then."""
Event = dict[str, Any]


class Engine:
    """One bridge worker. All methods run in the event loop; none blocks."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        candidates: tuple[str, ...] = (),
        bounds: Bounds | None = None,
        clock: Clock = SYSTEM,
        shields: Shields | None = None,
        batch: bool = True,
        events: Callable[[Event], None] | None = None,
    ) -> None:
        self.bounds = bounds or Bounds()
        self.clock = clock
        self.port = Port(host, port, bounds=self.bounds, clock=clock, shields=shields)
        self.fanout = Fanout(self.port.socket, bounds=self.bounds, batch=batch)
        self.port.before_drain = self.fanout.hold
        self.port.after_drain = self.fanout.flush
        self.meetings: dict[str, Meeting] = {}
        self.sessions = Sessions(
            self.port,
            self.fanout,
            self,
            candidates=candidates or (host,),
            bounds=self.bounds,
            clock=clock,
        )
        self.publishers = self.sessions.publishers
        self.receivers = self.sessions.receivers
        self.emit: Callable[[Event], None] = events or (lambda event: None)
        self.started = clock.now()
        self.remote: dict[tuple[str, str], Publisher] = {}
        self.forwarded: Callable[[Publisher, Stream, SourcePacket], None] | None = None
        self._rhythm = Rhythm(lambda: self.tick(self.clock.now()), clock.now)
        self.port.after_wake = self._rhythm.pass_by
        self._offers: dict[str, list[tuple[str, list[Incoming]]]] = {}
        self._swept_at = 0.0
        self._frozen = False

    # -- life

    def open(self) -> None:
        """Start to read and to tick in the running loop."""
        self.port.open()
        self._rhythm.start()

    async def close(self) -> None:
        if self.port.closed:
            return
        self._rhythm.stop()
        await self.sessions.close()
        self.port.close()

    # -- commands

    def open_meeting(
        self, name: str, codec: str = "vp8", voice_slots: tuple[str, ...] = ()
    ) -> Meeting:
        """Make a meeting, or return the one that is open with this codec.

        Raises Refused `codec_differs`, `too_many_meetings`, `bad_name`, `codec_unsupported`.
        """
        meeting = self.meetings.get(name)
        if meeting is not None:
            if meeting.codec != codec:
                raise Refused("codec_differs", meeting.codec)
            return meeting
        if len(self.meetings) >= self.bounds.meetings:
            raise Refused("too_many_meetings")
        meeting = self.meetings[name] = Meeting(name, codec, voice_slots)
        return meeting

    def close_meeting(self, name: str) -> None:
        self._meeting(name)
        self.sessions.end_meeting(name)
        del self.meetings[name]
        self._offers.pop(name, None)

    def publish(self, meeting: str, site: str, offer: str) -> Answered:
        """Answer a publisher. Raises Refused `no_meeting`, and as `Sessions.publish` does."""
        return self.sessions.publish(self._meeting(meeting), site, offer)

    def receive(self, meeting: str, site: str, offer: str) -> Answered:
        """Answer a receiver. Raises Refused `no_meeting`, and as `Sessions.receive` does."""
        return self.sessions.receive(self._meeting(meeting), site, offer)

    def restart(self, session: str, fragment: str) -> tuple[str, str]:
        """An ICE restart. Raises Refused `no_session`."""
        return self.sessions.restart(session, fragment)

    def end(self, session: str, reason: str = "ended") -> None:
        """End a session. Raises Refused `no_session`."""
        self.sessions.end(session, reason)

    def set_stage(self, meeting: str, video: dict[str, str], audio: dict[str, str]) -> None:
        self._meeting(meeting).set_stage(video, audio)
        self.restage(meeting)

    def mute(self, meeting: str, site: str, audio: bool | None, video: bool | None) -> None:
        """None leaves a kind as it is."""
        room = self._meeting(meeting)
        for kind, muted in (("audio", audio), ("video", video)):
            if muted is not None:
                room.mute(site, kind, muted)
        self.restage(meeting)

    # -- the stage, carried out

    def source(self, meeting: str, site: str) -> Publisher | None:
        """The publisher of a site, here or on a sibling worker."""
        for publisher in self.publishers.values():
            if publisher.site == site and publisher.meeting == meeting:
                return publisher
        return self.remote.get((meeting, site))

    def restage(self, meeting: str) -> None:
        """Point every slot of every receiver at its source."""
        scene = self._scene(meeting, self.clock.now())
        for receiver in self.receivers.values():
            if receiver.meeting == meeting and receiver.feeds:
                self._point(receiver, scene)
        self._ask_sources(meeting, scene.now)

    def _scene(self, meeting: str, now: float) -> Scene:
        return Scene(self.meetings[meeting], lambda site: self.source(meeting, site), now)

    def _point(self, receiver: Receiver, scene: Scene) -> None:
        if point_slots(receiver, scene, self.fanout):
            self._rhythm.hurry()
        if receiver.notes_layers():
            layers, only = receiver.layers, receiver.audio_only
            self.emit(describe(receiver, "layers", layers=layers, audio_only=only))

    def _ask_sources(self, meeting: str, now: float) -> None:
        for publisher in self._sources():
            if publisher.meeting == meeting:
                publisher.tick(now)

    def _sources(self) -> list[Publisher]:
        return [*self.publishers.values(), *self.remote.values()]

    # -- what sessions tell (sessions.Listener)

    def peer_connected(self, peer: Peer) -> None:
        owner = self.sessions.owners[peer]
        self.emit(describe(owner, "connected"))
        if isinstance(owner, Receiver):
            owner.connected(peer.srtp_overhead)
            scene = self._scene(owner.meeting, self.clock.now())
            self._point(owner, scene)
            self._ask_sources(owner.meeting, scene.now)

    def peer_closed(self, peer: Peer, reason: str) -> None:
        owner = self.sessions.forget(peer)
        if owner is None:
            return
        self.emit(describe(owner, "ended", reason=reason))
        if isinstance(owner, Publisher):
            self.meetings[owner.meeting].loudest.forget(owner.site)
            self.restage(owner.meeting)

    def peer_moved(self, peer: Peer) -> None:
        owner = self.sessions.owners.get(peer)
        if isinstance(owner, Receiver):
            owner.moved()

    def stream_started(self, publisher: Publisher, stream: Stream) -> None:
        self.restage(publisher.meeting)

    def packet_forwarded(self, publisher: Publisher, stream: Stream, packet: SourcePacket) -> None:
        if self.forwarded is not None:
            self.forwarded(publisher, stream, packet)

    def packet_missed(self) -> None:
        self._rhythm.hurry()

    def level_heard(self, publisher: Publisher, level_db: float, now: float) -> None:
        room = self.meetings[publisher.meeting]
        speaker = room.loudest.hear(publisher.site, level_db, now)
        if speaker is not None:
            self.emit(describe(publisher, "speaking"))
            if room.voice_slots:
                self.restage(room.name)

    def keyframe_wanted(self, receiver: Receiver, stream: Stream) -> None:
        for publisher in self._sources():
            publisher.want_keyframe(stream)
        self._rhythm.hurry()

    # -- timers

    def tick(self, now: float) -> bool:
        """Retries, reports and layer choice; true while something is being asked for."""
        self.port.look_after_calls(now)
        sources = self._sources()
        wall = self.clock.wall()
        for publisher in sources:
            publisher.tick(now)
            report_lanes(publisher, self.fanout, self.sessions.cname, now, wall)
        scenes = {name: self._scene(name, now) for name in self.meetings}
        changed = {name for name, scene in scenes.items() if self._is_new(name, scene)}
        for receiver in list(self.receivers.values()):
            if receiver.meeting in changed and receiver.feeds:
                receiver.cared(now)
            elif now < receiver.care_at or not receiver.takes_care(now):
                continue
            self._point(receiver, scenes[receiver.meeting])
        if now - self._swept_at >= SWEEP_S:
            self._swept_at = now
            self.sessions.sweep(now)
        if not self._frozen and now - self.started >= FREEZE_AFTER_S:
            # what lives now lives long: keep the collector away from it
            self._frozen = True
            gc.collect()
            gc.freeze()
        return any(publisher.busy for publisher in sources)

    def _is_new(self, name: str, scene: Scene) -> bool:
        """Whether the stage offers other layers than a tick ago: one began, fell silent, ended."""
        offer = scene.offer()
        if self._offers.get(name) == offer:
            return False
        self._offers[name] = offer
        return True

    def _meeting(self, name: str) -> Meeting:
        meeting = self.meetings.get(name)
        if meeting is None:
            raise Refused("no_meeting", name)
        return meeting
