"""A site for the tests: ICE checks, DTLS-SRTP as client by aiortc's parts, RTP in and out."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import pylibsrtp
from aioice import stun
from aiortc import rtcdtlstransport as dtls

from media import rtcp
from media.rtp import parse_rtp, unwrap
from media.sessions import Answered

CERTIFICATE = dtls.RTCCertificate.generateCertificate()
DEADLINE_S = 60.0


async def until(condition: Callable[[], Any], what: str = "", deadline: float = DEADLINE_S) -> None:
    """Wait for a state, not for a time."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never came: {what or condition}")
        await asyncio.sleep(0.005)


class Site:
    """One session. `join(opener)` posts an offer by `opener` and connects.

    `loses(data)` may drop what arrives; `plain` keeps the RTP packets of each SSRC in order of
    arrival, `reports` the RTCP.
    """

    role = "controlling"
    state = "completed"

    def __init__(self, kind: str, *, video: int = 1, audio: int = 1, codec: str = "vp8") -> None:
        self.kind = kind
        self.codec = codec
        self.lines = ["video"] * video + ["audio"] * audio
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.plain: dict[int, list[bytes]] = {}
        self.reports: list[rtcp.Report] = []
        self.loses: Callable[[bytes], bool] = lambda data: False
        self.dtls = dtls.RTCDtlsTransport(self, [CERTIFICATE])  # type: ignore[arg-type]
        self.dtls._set_role("client")
        self.server = ("", 0)
        self.ufrag = self.password = ""
        self.answers = 0
        self.session = ""
        self.answer = ""
        self.closed = False
        self.early: list[bytes] = []

    # -- signalling

    def offer(self) -> str:
        fingerprint = CERTIFICATE.getFingerprints()[0]
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines.append("a=group:BUNDLE " + " ".join(map(str, range(len(self.lines)))))
        direction = "sendonly" if self.kind == "publish" else "recvonly"
        for mid, kind in enumerate(self.lines):
            number = 111 if kind == "audio" else 96
            lines += [
                f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}" + (" 97" if kind == "video" else ""),
                "c=IN IP4 0.0.0.0",
                "a=ice-ufrag:site",
                "a=ice-pwd:0123456789012345678901",
                f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
                "a=setup:active",
                f"a=mid:{mid}",
                f"a={direction}",
                "a=rtcp-mux",
            ]
            if kind == "audio":
                lines += ["a=rtpmap:111 opus/48000/2"]
                lines += ["a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"]
                continue
            name = "VP8" if self.codec == "vp8" else "H264"
            lines += [
                f"a=rtpmap:96 {name}/90000",
                "a=rtcp-fb:96 nack",
                "a=rtcp-fb:96 nack pli",
                "a=rtcp-fb:96 goog-remb",
                "a=rtpmap:97 rtx/90000",
                "a=fmtp:97 apt=96",
                "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            ]
            if self.codec == "h264":
                lines += ["a=fmtp:96 packetization-mode=1;profile-level-id=42e01f"]
        return "\r\n".join([*lines, ""])

    async def join(self, opener: Callable[[str], Answered]) -> Site:
        """Open the session and connect."""
        self.take(opener(self.offer()))
        await self.connect()
        return self

    def take(self, answered: Answered) -> None:
        self.session, self.answer = answered.session, answered.answer
        found = re.search(r"a=candidate:1 1 udp \d+ (\S+) (\d+)", self.answer)
        assert found is not None
        self.server = (found[1], int(found[2]))
        self.ufrag = self._value("ice-ufrag")
        self.password = self._value("ice-pwd")

    def _value(self, name: str) -> str:
        found = re.search(rf"a={name}:(\S+)", self.answer)
        assert found is not None
        return found[1]

    def ssrc(self, slot: str) -> int:
        found = re.search(rf"a=ssrc:(\d+) msid:\S+ {slot}\r", self.answer)
        assert found is not None
        return int(found[1])

    async def connect(self) -> None:
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._readable)
        await self.check()
        algorithm, value = re.findall(r"a=fingerprint:(\S+) (\S+)", self.answer)[0]
        remote = dtls.RTCDtlsParameters(
            fingerprints=[dtls.RTCDtlsFingerprint(algorithm=algorithm, value=value)]
        )
        async with asyncio.timeout(DEADLINE_S):
            await self.dtls.start(remote)
        assert self.dtls.state == "connected", self.dtls.state
        for data in self.early:
            self._srtp(data)

    async def check(self) -> None:
        """A binding request until it is answered."""
        before = self.answers
        for _ in range(50):
            self.bind()
            for _ in range(20):
                await asyncio.sleep(0.005)
                if self.answers > before:
                    return
        raise AssertionError("no answer to STUN")

    def bind(self, password: str | None = None, ufrag: str | None = None) -> None:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag or self.ufrag}:site"
        request.attributes["PRIORITY"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity((password or self.password).encode())
        self.socket.sendto(bytes(request), self.server)

    def leave(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            self.socket.close()
            self.queue.put_nowait(None)

    def leave_unconnected(self) -> None:
        self.closed = True
        self.socket.close()

    def move(self) -> None:
        """Another address, as after a change of network."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.socket.fileno())
        self.socket.close()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        loop.add_reader(self.socket.fileno(), self._readable)

    # -- media

    def send(self, plain: bytes) -> None:
        self.socket.sendto(self.dtls._tx_srtp.protect(plain), self.server)

    def report(self, plain: bytes) -> None:
        self.socket.sendto(self.dtls._tx_srtp.protect_rtcp(plain), self.server)

    def numbers(self, slot: str) -> list[int]:
        """Extended sequence numbers of a slot, sorted."""
        found: set[int] = set()
        last = None
        for raw in self.plain.get(self.ssrc(slot), []):
            sequence = parse_rtp(raw).sequence
            last = sequence + 0x10000 if last is None else unwrap(last, sequence, 16)
            found.add(last)
        return sorted(found)

    def in_order(self, slot: str) -> list[bytes]:
        packets = self.plain.get(self.ssrc(slot), [])
        first = parse_rtp(packets[0]).sequence + 0x10000
        return sorted(packets, key=lambda raw: unwrap(first, parse_rtp(raw).sequence, 16))

    def _readable(self) -> None:
        while True:
            try:
                data = self.socket.recv(2048)
            except OSError:
                return
            if data[0] < 4:
                message = stun.parse_message(data)
                if message.message_class == stun.Class.RESPONSE:
                    self.answers += 1
            elif data[0] < 64:
                self.queue.put_nowait(data)
            elif self.loses(data):
                continue
            elif self.dtls._rx_srtp is None:
                # read in one go with the last flight of the handshake
                self.early.append(data)
            else:
                self._srtp(data)

    def _srtp(self, data: bytes) -> None:
        try:
            if 192 <= data[1] <= 223:
                self.reports += rtcp.read_rtcp(self.dtls._rx_srtp.unprotect_rtcp(data))
            else:
                plain = self.dtls._rx_srtp.unprotect(data)
                self.plain.setdefault(int.from_bytes(plain[8:12], "big"), []).append(plain)
        except pylibsrtp.Error:
            pass

    # -- what RTCDtlsTransport needs

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        if not self.closed:
            self.socket.sendto(data, self.server)
