"""The worker's core: sessions, meetings and timers over one port. Commands in, events out.

No control channel here (`worker.py`), no HTTP: tests drive an Engine directly.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import answers, sdp
from .bounds import Bounds
from .bridge import Meeting, Refused, check_name
from .clock import SYSTEM, Clock
from .fanout import Fanout
from .forwarder import Stream
from .lanes import SourcePacket
from .peer import Certificate, Peer
from .port import Port, Shields
from .publisher import Publisher
from .receiver import Receiver
from .rhythm import Rhythm
from .staging import point_slots
from .stats import rss_kb

SWEEP_S = 0.5
"""How often silent and unfinished sessions are looked for."""
FREEZE_AFTER_S = 5.0
"""After the start; the modules and tables that live as long as the process are there by then."""
Event = dict[str, Any]


@dataclass
class Answered:
    """A session that was opened: its unguessable name, the answer, and the ICE generation."""

    session: str
    answer: str
    etag: str


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
        self.certificate = Certificate.generateCertificate()
        self.candidates = candidates or (host,)
        self.meetings: dict[str, Meeting] = {}
        self.publishers: dict[str, Publisher] = {}
        self.receivers: dict[str, Receiver] = {}
        self.emit: Callable[[Event], None] = events or (lambda event: None)
        self.packets_in = 0
        self.started = clock.now()
        self.remote: dict[tuple[str, str], Publisher] = {}
        self.forwarded: Callable[[Publisher, Stream, SourcePacket], None] | None = None
        self._versions: dict[str, int] = {}
        self._owner: dict[Peer, Publisher | Receiver] = {}
        self._rhythm = Rhythm(lambda: self.tick(self.clock.now()))
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
        peers = list(self._owner)
        for peer in peers:
            peer.close("worker_stopped")
        self._rhythm.stop()
        # close_notify is sent by tasks of their own
        await asyncio.gather(
            *(peer.stopping for peer in peers if peer.stopping is not None),
            return_exceptions=True,
        )
        await asyncio.sleep(0)
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
        for owner in list(self._owner.values()):
            if owner.meeting == name:
                self.end(owner.session, "meeting_closed")
        del self.meetings[name]

    def publish(self, meeting: str, site: str, offer: str) -> Answered:
        """Answer a publisher; an older publish session of the site ends.

        Raises OfferRefused (see sdp.py, answers.py), Refused `no_meeting`, `bad_name`,
        `too_many_sessions`, `too_many_publishers`.
        """
        room = self._meeting(meeting)
        check_name(site)
        parsed = sdp.read_offer(offer, self.bounds)
        tracks = answers.plan_publish(parsed, room.codec)
        older = [s for s, p in self.publishers.items() if (p.meeting, p.site) == (meeting, site)]
        present = sum(p.meeting == meeting for p in self.publishers.values())
        if not older and present >= self.bounds.publishers:
            raise Refused("too_many_publishers")
        self._room_for_session()
        session = self.clock.token(16)
        publisher = Publisher(
            meeting,
            site,
            session,
            [t for t in tracks if t is not None],
            self,
            self.fanout,
            self.clock,
            self.bounds,
        )
        publisher.peer = self._peer(parsed, publisher)
        for old in older:
            self.end(old, "replaced")
        self.publishers[session] = publisher
        local = self._local(session, publisher.peer, parsed)
        answer = answers.write_publish_answer(parsed, tracks, local)
        return Answered(session, answer, publisher.peer.ice_ufrag)

    def receive(self, meeting: str, site: str, offer: str) -> Answered:
        """Answer a receiver's fixed slots. Raises as `publish` does."""
        room = self._meeting(meeting)
        check_name(site)
        parsed = sdp.read_offer(offer, self.bounds)
        slots = answers.plan_receive(parsed, room.codec, self.bounds)
        self._room_for_session()
        session = self.clock.token(16)
        cname = f"bridge-{session[:8]}"
        receiver = Receiver(
            meeting,
            site,
            session,
            [s for s in slots if s is not None],
            self,
            self.fanout,
            self.clock,
            self.bounds,
            cname,
        )
        receiver.peer = self._peer(parsed, receiver)
        self.receivers[session] = receiver
        local = self._local(session, receiver.peer, parsed)
        answer = answers.write_receive_answer(parsed, slots, local, cname)
        return Answered(session, answer, receiver.peer.ice_ufrag)

    def restart(self, session: str, fragment: str) -> tuple[str, str]:
        """An ICE restart: new credentials, the old ones stay until the new ones are used.

        Returns the answering fragment and the new etag. Raises Refused `no_session`.
        """
        peer = self._session(session).peer
        if peer is None:
            raise Refused("no_session")
        sdp.read_fragment(fragment)
        ufrag, password = peer.restart_ice()
        lines = ["a=ice-lite", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}"]
        lines += answers.candidate_lines(self.candidates, self.port.number)
        return "\r\n".join([*lines, ""]), ufrag

    def end(self, session: str, reason: str = "ended") -> None:
        """End a session. Raises Refused `no_session`."""
        owner = self._session(session)
        if owner.peer is not None:
            owner.peer.close(reason)

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

    def source(self, meeting: str, site: str | None) -> Publisher | None:
        """The publisher of a site, here or on a sibling worker."""
        if site is None:
            return None
        for publisher in self.publishers.values():
            if publisher.site == site and publisher.meeting == meeting:
                return publisher
        return self.remote.get((meeting, site))

    def restage(self, meeting: str) -> None:
        """Point every slot of every receiver at its source."""
        now = self.clock.now()
        for receiver in self.receivers.values():
            if receiver.meeting == meeting and receiver.feeds:
                self._point(receiver, now)
        for publisher in [*self.publishers.values(), *self.remote.values()]:
            if publisher.meeting == meeting:
                publisher.tick(now)

    def _point(self, receiver: Receiver, now: float) -> None:
        room = self.meetings[receiver.meeting]

        def source(slot: str) -> Publisher | None:
            return self.source(receiver.meeting, room.source(slot, receiver.site))

        if point_slots(receiver, source, self.fanout, now):
            self._rhythm.hurry()
        self._tell_layers(receiver)

    def _tell_layers(self, receiver: Receiver) -> None:
        layers = {
            slot: feed.lane.stream.layer
            for slot, feed in receiver.feeds.items()
            if feed.lane is not None and feed.lane.stream.video
        }
        only = receiver.downlink.audio_only
        if layers == receiver.layers and only == receiver.audio_only:
            return
        receiver.layers, receiver.audio_only = layers, only
        self._tell(receiver, "layers", layers=layers, audio_only=only)

    # -- what sessions tell (peer.Owner, publisher.Listener, receiver.Listener)

    def peer_connected(self, peer: Peer) -> None:
        owner = self._owner[peer]
        self._tell(owner, "connected")
        if isinstance(owner, Receiver):
            owner.connected(peer.srtp_overhead)
            now = self.clock.now()
            self._point(owner, now)
            for publisher in self.publishers.values():
                if publisher.meeting == owner.meeting:
                    publisher.tick(now)

    def peer_closed(self, peer: Peer, reason: str) -> None:
        owner = self._owner.pop(peer, None)
        if owner is None:
            return
        owner.close()
        self.publishers.pop(owner.session, None)
        self.receivers.pop(owner.session, None)
        self._versions.pop(owner.session, None)
        self._tell(owner, "ended", reason=reason)
        if isinstance(owner, Publisher):
            self.meetings[owner.meeting].loudest.forget(owner.site)
            self.restage(owner.meeting)

    def peer_moved(self, peer: Peer) -> None:
        owner = self._owner.get(peer)
        if isinstance(owner, Receiver):
            owner.moved()

    def peer_rtp(self, peer: Peer, data: bytes, now: float) -> None:
        owner = self._owner.get(peer)
        if isinstance(owner, Publisher):
            self.packets_in += 1
            owner.heard_rtp(data, now)

    def peer_rtcp(self, peer: Peer, data: bytes, now: float) -> None:
        owner = self._owner.get(peer)
        if owner is not None:
            owner.heard_rtcp(data, now)

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
            self._tell(publisher, "speaking")
            if room.voice_slots:
                self.restage(room.name)

    def keyframe_wanted(self, receiver: Receiver, stream: Stream) -> None:
        for publisher in [*self.publishers.values(), *self.remote.values()]:
            publisher.want_keyframe(stream)
        self._rhythm.hurry()

    def timestamp_at(self, stream: Stream, wall: float, now: float) -> int | None:
        for publisher in [*self.publishers.values(), *self.remote.values()]:
            if any(i.stream is stream for i in publisher.incoming.values()):
                return publisher.timestamp_at(stream, wall, now)
        return None

    # -- timers

    def tick(self, now: float) -> bool:
        """Retries, reports and layer choice; true while something is being asked for."""
        publishers = [*self.publishers.values(), *self.remote.values()]
        for publisher in publishers:
            publisher.tick(now)
        for receiver in list(self.receivers.values()):
            if receiver.takes_care(now):
                self._point(receiver, now)
                receiver.report(now)
        if now - self._swept_at >= SWEEP_S:
            self._swept_at = now
            self._sweep(now)
        if not self._frozen and now - self.started >= FREEZE_AFTER_S:
            # what lives now lives long: keep the collector away from it
            self._frozen = True
            gc.collect()
            gc.freeze()
        return any(publisher.busy for publisher in publishers)

    def _sweep(self, now: float) -> None:
        for peer in list(self._owner):
            if peer.state == "new" and now - peer.created > self.bounds.handshake_s:
                peer.close("handshake_timeout")
            elif now - peer.heard > self.bounds.silence_s:
                peer.close("silent")

    # -- inside

    def _peer(self, offer: sdp.Offer, owner: Publisher | Receiver) -> Peer:
        peer = Peer(
            self.port,
            self.certificate,
            self,
            fingerprints=offer.fingerprints,
            dtls_client=offer.setup == "passive",
            clock=self.clock,
        )
        self._owner[peer] = owner
        return peer

    def _local(self, session: str, peer: Peer, offer: sdp.Offer) -> answers.Local:
        version = self._versions[session] = self._versions.get(session, 0) + 1
        return answers.Local(
            session,
            version,
            peer.ice_ufrag,
            peer.ice_password,
            self.certificate.fingerprint,
            "active" if offer.setup == "passive" else "passive",
            self.candidates,
            self.port.number,
        )

    def _meeting(self, name: str) -> Meeting:
        meeting = self.meetings.get(name)
        if meeting is None:
            raise Refused("no_meeting", name)
        return meeting

    def _session(self, session: str) -> Publisher | Receiver:
        owner = self.publishers.get(session) or self.receivers.get(session)
        if owner is None:
            raise Refused("no_session")
        return owner

    def _room_for_session(self) -> None:
        if len(self._owner) >= self.bounds.sessions:
            raise Refused("too_many_sessions")
        if (rss_kb() or 0) > self.bounds.memory_mb * 1024:
            raise Refused("too_much_memory")

    def _tell(self, owner: Publisher | Receiver, event: str, **more: Any) -> None:
        self.emit(
            {
                "event": event,
                "meeting": owner.meeting,
                "site": owner.site,
                "session": owner.session,
                "direction": "publish" if isinstance(owner, Publisher) else "receive",
                **more,
            }
        )
