"""The sessions of a worker: opened from an offer, restarted, looked after, ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from . import answers, sdp
from .bounds import Bounds
from .bridge import Meeting, Refused, check_name
from .clock import Clock
from .fanout import Fanout
from .peer import Certificate, Owner, Peer
from .port import Port
from .publisher import Listener as PublisherListener
from .publisher import Publisher
from .receiver import Listener as ReceiverListener
from .receiver import Receiver
from .stats import rss_kb


@dataclass
class Answered:
    """A session that was opened: its unguessable name, the answer, and the ICE generation."""

    session: str
    answer: str
    etag: str


class Listener(Owner, PublisherListener, ReceiverListener, Protocol):
    """Who hears of all sessions: the engine."""


class Sessions:
    """Who publishes and who receives. `end` and `sweep` end a session through its peer, whose
    owner then calls `forget`."""

    def __init__(
        self,
        port: Port,
        fanout: Fanout,
        listener: Listener,
        *,
        candidates: tuple[str, ...],
        bounds: Bounds,
        clock: Clock,
    ) -> None:
        self.publishers: dict[str, Publisher] = {}
        self.receivers: dict[str, Receiver] = {}
        self.owners: dict[Peer, Publisher | Receiver] = {}
        self.certificate = Certificate.generateCertificate()
        self.candidates = candidates
        self._heard_before = 0
        self.cname = f"bridge-{clock.token(4)}"
        self._port = port
        self._fanout = fanout
        self._listener = listener
        self._bounds = bounds
        self._clock = clock
        self._versions: dict[str, int] = {}

    def publish(self, room: Meeting, site: str, offer: str) -> Answered:
        """Answer a publisher; an older publish session of the site ends.

        Raises OfferRefused (see sdp.py, answers.py), Refused `bad_name`, `too_many_sessions`,
        `too_many_publishers`, `too_much_memory`.
        """
        check_name(site)
        parsed = sdp.read_offer(offer, self._bounds)
        tracks = answers.plan_publish(parsed, room.codec)
        present = [p for p in self.publishers.values() if p.meeting == room.name]
        older = [p.session for p in present if p.site == site]
        if not older and len(present) >= self._bounds.publishers:
            raise Refused("too_many_publishers")
        self._room_for_session()
        session = self._clock.token(16)
        publisher = Publisher(
            room.name,
            site,
            session,
            [t for t in tracks if t is not None],
            self._listener,
            self._fanout,
            self._clock,
            self._bounds,
        )
        publisher.peer = self._peer(parsed, publisher)
        for old in older:
            self.end(old, "replaced")
        self.publishers[session] = publisher
        local = self._local(session, publisher.peer, parsed)
        answer = answers.write_publish_answer(parsed, tracks, local)
        return Answered(session, answer, publisher.peer.ice_ufrag)

    def receive(self, room: Meeting, site: str, offer: str) -> Answered:
        """Answer a receiver's fixed slots. Raises as `publish` does."""
        check_name(site)
        parsed = sdp.read_offer(offer, self._bounds)
        slots = answers.plan_receive(parsed, room.codec, self._bounds)
        self._room_for_session()
        session = self._clock.token(16)
        receiver = Receiver(
            room.name,
            site,
            session,
            [s for s in slots if s is not None],
            self._listener,
            self._fanout,
            self._clock,
            self._bounds,
        )
        receiver.peer = self._peer(parsed, receiver)
        self.receivers[session] = receiver
        local = self._local(session, receiver.peer, parsed)
        answer = answers.write_receive_answer(parsed, slots, local, self.cname)
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
        lines += answers.candidate_lines(self.candidates, self._port.number)
        return "\r\n".join([*lines, ""]), ufrag

    def end(self, session: str, reason: str) -> None:
        """Raises Refused `no_session`."""
        owner = self._session(session)
        if owner.peer is not None:
            owner.peer.close(reason)

    def end_meeting(self, name: str) -> None:
        """End all sessions of a meeting."""
        for owner in [o for o in self.owners.values() if o.meeting == name]:
            self.end(owner.session, "meeting_closed")

    def forget(self, peer: Peer) -> Publisher | Receiver | None:
        """A peer is closed: take its session out of all tables, and return it."""
        owner = self.owners.pop(peer, None)
        if owner is not None:
            owner.close()
            if isinstance(owner, Publisher):
                self._heard_before += owner.packets
            self.publishers.pop(owner.session, None)
            self.receivers.pop(owner.session, None)
            self._versions.pop(owner.session, None)
        return owner

    def sweep(self, now: float) -> None:
        """End what never connected and what fell silent."""
        for peer in list(self.owners):
            if peer.state == "new" and now - peer.created > self._bounds.handshake_s:
                peer.close("handshake_timeout")
            elif now - peer.heard > self._bounds.silence_s:
                peer.close("silent")

    async def close(self) -> None:
        """End all, with a close_notify to each."""
        peers = list(self.owners)
        for peer in peers:
            peer.close("worker_stopped")
        # close_notify is sent by tasks of their own
        await asyncio.gather(
            *(peer.stopping for peer in peers if peer.stopping is not None),
            return_exceptions=True,
        )
        await asyncio.sleep(0)

    @property
    def packets_in(self) -> int:
        """RTP packets of publishers, of those that are gone too."""
        return self._heard_before + sum(p.packets for p in self.publishers.values())

    # -- inside

    def _peer(self, offer: sdp.Offer, owner: Publisher | Receiver) -> Peer:
        peer = Peer(
            self._port,
            self.certificate,
            self._listener,
            owner,
            fingerprints=offer.fingerprints,
            dtls_client=offer.setup == "passive",
            clock=self._clock,
        )
        self.owners[peer] = owner
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
            self._port.number,
        )

    def _session(self, session: str) -> Publisher | Receiver:
        owner = self.publishers.get(session) or self.receivers.get(session)
        if owner is None:
            raise Refused("no_session")
        return owner

    def _room_for_session(self) -> None:
        if len(self.owners) >= self._bounds.sessions:
            raise Refused("too_many_sessions")
        if (rss_kb() or 0) > self._bounds.memory_mb * 1024:
            raise Refused("too_much_memory")


def describe(owner: Publisher | Receiver, event: str, **more: Any) -> dict[str, Any]:
    """An event of a session, as docs/media-worker.md lists them."""
    return {
        "event": event,
        "meeting": owner.meeting,
        "site": owner.site,
        "session": owner.session,
        "direction": "publish" if isinstance(owner, Publisher) else "receive",
        **more,
    }
