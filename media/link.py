"""Plain RTP between the workers of one machine, over local datagram sockets (mode 0600).

Each worker announces its streams to its siblings once a second and when they start; a sibling
subscribes to those its receivers watch, and gets their packets as plain RTP with the stream's
number as SSRC. Lost datagrams are asked again like on any network, keyframe requests are passed
back. Here a remote publisher looks like a local one without a peer.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from contextlib import suppress
from struct import error as struct_error
from struct import pack, unpack_from
from typing import TYPE_CHECKING, Any

from .answers import Track
from .clock import NTP_EPOCH
from .feedback import KeyframeRequests, Missing
from .forwarder import Stream
from .lanes import SourcePacket
from .publisher import Incoming, Publisher
from .reception import Reception
from .rtcp import SenderReport
from .rtp import MalformedPacket, parse_rtp

if TYPE_CHECKING:
    from .engine import Engine

ANNOUNCE_S = 1.0
FORGET_S = 3.5
"""Three announcements missed: the sibling, or its publisher, is gone."""


class RemotePublisher(Publisher):
    """A publisher at a sibling worker."""

    def __init__(self, link: Link, meeting: str, site: str, home: str) -> None:
        engine = link.engine
        super().__init__(meeting, site, "", [], engine, engine.fanout, engine.clock, engine.bounds)
        self.link = link
        self.home = home
        self.numbers: dict[int, Incoming] = {}
        self.heard: dict[int, float] = {}
        self._asked: set[int] = set()

    def layers(self, kind: str) -> list[Incoming]:
        found = [i for i in self.numbers.values() if i.track.kind == kind]
        return sorted(found, key=lambda i: i.sequence)

    def tick(self, now: float) -> None:
        needed = {n for n, i in self.numbers.items() if i.stream.lanes or i.stream.waiting}
        if needed - self._asked:
            self.link.tell(self.home, {"subscribe": sorted(needed)})
        self._asked = needed
        for number, incoming in self.numbers.items():
            if not incoming.stream.video:
                continue
            due = incoming.missing.due(now)
            if due:
                self.link.tell(self.home, {"nack": number, "numbers": due[:200]})
            if incoming.stream.waiting:
                incoming.keyframes.wanted = True
            if incoming.keyframes.due(now):
                self.link.tell(self.home, {"keyframe": number})

    def packet(self, incoming: Incoming, data: bytes, now: float) -> None:
        try:
            self._media(incoming, parse_rtp(data), now)
        except MalformedPacket:
            self.unusable += 1


class Link:
    """This worker's datagram socket and what it knows of its siblings."""

    def __init__(self, engine: Engine, path: str) -> None:
        self.engine = engine
        self.path = path
        self.siblings: list[str] = []
        self.sent = 0
        self.dropped = 0
        self.received = 0
        self.refused = 0
        self._socket: socket.socket | None = None
        self._numbers: dict[Stream, int] = {}
        self._streams: dict[int, Stream] = {}
        self._subscribers: dict[int, dict[str, float]] = {}
        self._remote: dict[tuple[str, int], tuple[RemotePublisher, Incoming]] = {}
        self._timer: asyncio.TimerHandle | None = None
        # numbers of different workers must not meet in one sibling
        self._next = int.from_bytes(engine.clock.entropy(3), "big") << 8

    def open(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
        mask = os.umask(0o177)
        try:
            sock.bind(self.path)
        finally:
            os.umask(mask)
        self._socket = sock
        asyncio.get_running_loop().add_reader(sock.fileno(), self._readable)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def connect(self, paths: list[str]) -> None:
        """The siblings as they are now (the pool tells after each start)."""
        self.siblings = [p for p in paths if p != self.path]
        self.engine.forwarded = self._forwarded if self.siblings else None
        if self._timer is None and self.siblings:
            self._announce()

    def tell(self, path: str, message: dict[str, Any]) -> None:
        self._send(path, b"J" + json.dumps({"from": self.path, **message}).encode())

    def stats(self) -> dict[str, int]:
        return {
            "siblings": len(self.siblings),
            "sent": self.sent,
            "dropped": self.dropped,
            "received": self.received,
            "refused": self.refused,
            "remote_streams": len(self._remote),
        }

    def _send(self, path: str, data: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, path)
            self.sent += 1
        except OSError:
            self.dropped += 1

    # -- as the source

    def _forwarded(self, publisher: Publisher, stream: Stream, packet: SourcePacket) -> None:
        number = self._numbers.get(stream)
        if number is None:
            if self.siblings and publisher.peer is not None:
                self._announce_now()
            return
        subscribers = self._subscribers.get(number)
        if subscribers:
            data = self._plain(number, publisher, packet)
            for path in subscribers:
                self._send(path, data)

    def _plain(self, number: int, publisher: Publisher | None, packet: SourcePacket) -> bytes:
        head = pack(
            ">BBHII",
            0x80 | packet.padded,
            packet.marker | 96,
            packet.ext & 0xFFFF,
            packet.timestamp,
            number,
        )
        return b"R" + head + packet.payload

    def _announce(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(ANNOUNCE_S, self._announce)
        self._announce_now()
        self._sweep()
        self._subscribe()

    def _announce_now(self) -> None:
        engine = self.engine
        now, wall = engine.clock.now(), engine.clock.wall()
        alive: set[Stream] = set()
        for publisher in engine.publishers.values():
            if publisher.meeting not in engine.meetings:
                continue
            for kind in ("video", "audio"):
                for rank, incoming in enumerate(publisher.layers(kind)):
                    stream = incoming.stream
                    alive.add(stream)
                    number = self._numbers.get(stream)
                    if number is None:
                        self._next = (self._next + 1) & 0xFFFFFFFF
                        number = self._numbers[stream] = self._next
                        self._streams[number] = stream
                    level = engine.meetings[publisher.meeting].loudest.levels.get(publisher.site)
                    message = {
                        "stream": number,
                        "meeting": publisher.meeting,
                        "site": publisher.site,
                        "kind": kind,
                        "codec": stream.codec,
                        "clock_rate": stream.clock_rate,
                        "layer": stream.layer,
                        "rank": rank,
                        "bitrate": incoming.reception.bitrate,
                        "idle": now - stream.last_arrival,
                        "timestamp": publisher.timestamp_at(stream, wall, now),
                        "wall": wall,
                        "level": level if kind == "audio" else None,
                    }
                    for path in self.siblings:
                        self.tell(path, message)
        for stream in [s for s in self._numbers if s not in alive]:
            number = self._numbers.pop(stream)
            self._streams.pop(number, None)
            self._subscribers.pop(number, None)

    def _sweep(self) -> None:
        now = self.engine.clock.now()
        for number, paths in list(self._subscribers.items()):
            for path in [p for p, at in paths.items() if now - at > FORGET_S]:
                del paths[path]
            if not paths:
                del self._subscribers[number]
        for key, (publisher, incoming) in list(self._remote.items()):
            if now - publisher.heard.get(key[1], 0.0) > FORGET_S:
                incoming.stream.close()
                publisher.numbers.pop(key[1], None)
                publisher.incoming.pop(key[1], None)
                del self._remote[key]
                if not publisher.numbers:
                    self.engine.remote.pop((publisher.meeting, publisher.site), None)
                if publisher.meeting in self.engine.meetings:
                    self.engine.restage(publisher.meeting)

    # -- as the sibling

    def _readable(self) -> None:
        sock = self._socket
        if sock is None:
            return
        self.engine.fanout.hold()
        try:
            self._drain(sock)
        finally:
            self.engine.fanout.flush()

    def _drain(self, sock: socket.socket) -> None:
        now = self.engine.clock.now()
        for _ in range(self.engine.bounds.drain):
            try:
                data = sock.recv(65536)
            except OSError:
                return
            self.received += 1
            try:
                self._take(data, now)
            except (ValueError, KeyError, TypeError, IndexError, RecursionError, struct_error):
                self.refused += 1

    def _take(self, data: bytes, now: float) -> None:
        if data[:1] == b"R":
            (number,) = unpack_from(">I", data, 9)
            for (_, known), (publisher, incoming) in self._remote.items():
                if known == number:
                    publisher.packet(incoming, data[1:], now)
                    return
            self.refused += 1
            return
        message = json.loads(data[1:])
        home = str(message["from"])
        if home not in self.siblings:
            self.refused += 1
        elif "stream" in message:
            self._learn(home, message, now)
        elif "subscribe" in message:
            for number in message["subscribe"]:
                if number in self._streams:
                    self._subscribers.setdefault(number, {})[home] = now
        elif "keyframe" in message:
            stream = self._streams.get(message["keyframe"])
            if stream is not None:
                for local in self.engine.publishers.values():
                    local.want_keyframe(stream)
        elif "nack" in message:
            self._repeat(home, int(message["nack"]), message["numbers"])

    def _repeat(self, home: str, number: int, numbers: list[int]) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        for ext in numbers[:200]:
            packet = stream.cached(stream.extend(int(ext) & 0xFFFF))
            if packet is not None:
                self._send(home, self._plain(number, None, packet))

    def _learn(self, home: str, message: dict[str, Any], now: float) -> None:
        engine = self.engine
        meeting, site = str(message["meeting"]), str(message["site"])
        number = int(message["stream"])
        if meeting not in engine.meetings:
            return
        known = self._remote.get((home, number))
        if known is None:
            known = self._introduce(home, meeting, site, number, message)
        publisher, incoming = known
        publisher.heard[number] = now
        incoming.stream.last_arrival = now - float(message["idle"])
        incoming.reception.bitrate = float(message["bitrate"])
        wall = float(message["wall"])
        if message["timestamp"] is not None:
            ntp = int((wall + NTP_EPOCH) * 4294967296)
            incoming.report = SenderReport(number, ntp, int(message["timestamp"]), 0, 0)
            publisher.source_clock.heard(incoming.report, wall)
        level = message.get("level")
        if level is not None:
            # one level a second, already smoothed by the sibling
            engine.meetings[meeting].loudest.levels[site] = float(level)
            engine.level_heard(publisher, float(level), now)

    def _introduce(
        self, home: str, meeting: str, site: str, number: int, message: dict[str, Any]
    ) -> tuple[RemotePublisher, Incoming]:
        engine = self.engine
        publisher = self._publisher_at(home, meeting, site)
        kind = str(message["kind"])
        codec, rate = str(message["codec"]), int(message["clock_rate"])
        track = Track(kind, codec, 96, None, rate, "", {}, (), ())
        stream = Stream(
            codec,
            rate,
            layer=str(message["layer"]),
            bounds=engine.bounds,
            name=f"{site}/{kind}/{message['layer']}",
        )
        incoming = Incoming(
            number,
            track,
            stream,
            Reception(rate),
            Missing(engine.bounds),
            KeyframeRequests(),
            sequence=int(message["rank"]),
        )
        publisher.numbers[number] = publisher.incoming[number] = incoming
        self._remote[home, number] = (publisher, incoming)
        engine.restage(meeting)
        self._subscribe()
        return publisher, incoming

    def _publisher_at(self, home: str, meeting: str, site: str) -> RemotePublisher:
        found = self.engine.remote.get((meeting, site))
        if isinstance(found, RemotePublisher) and found.home == home:
            return found
        if found is not None:
            found.close()
        made = RemotePublisher(self, meeting, site, home)
        self.engine.remote[meeting, site] = made
        return made

    def _subscribe(self) -> None:
        wanted: dict[str, list[int]] = {}
        for (home, number), (_, incoming) in self._remote.items():
            if incoming.stream.lanes or incoming.stream.waiting:
                wanted.setdefault(home, []).append(number)
        for home, numbers in wanted.items():
            self.tell(home, {"subscribe": numbers})
