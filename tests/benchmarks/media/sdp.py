"""The descriptions a browser would send, for the crowd, and what it reads of the answers.

Offers as Chromium writes them, less what the crowd does not use (RTX, RED, other codecs).
"""

from __future__ import annotations

import re
import struct
import time
from dataclasses import dataclass, field

AUDIO_PT = 111
VIDEO_PT = 96
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_OFFERED = {
    "audio": {1: AUDIO_LEVEL, 2: ABS_SEND_TIME, 4: MID},
    "video": {2: ABS_SEND_TIME, 4: MID},
}


@dataclass
class Extensions:
    """One-byte RTP header extensions (RFC 8285) that the answer accepted, by kind."""

    accepted: dict[str, dict[str, int]] = field(default_factory=dict)
    mids: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.accepted.values())

    def build(self, kind: str) -> bytes:
        """The extension block of one packet, or b"" where nothing was accepted at all."""
        if not self:
            return b""
        body = b""
        for uri, number in self.accepted.get(kind, {}).items():
            if uri == MID:
                value = self.mids[kind].encode()
            elif uri == AUDIO_LEVEL:
                value = b"\x9e"  # speaking, -30 dBov
            elif uri == ABS_SEND_TIME:
                value = (int(time.time() * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")
            else:
                continue
            body += bytes([number << 4 | len(value) - 1]) + value
        body += bytes(-len(body) % 4)
        return struct.pack("!HH", 0xBEDE, len(body) // 4) + body


@dataclass
class Section:
    """One media section of a remote description."""

    kind: str
    mid: str
    direction: str
    ssrcs: list[int]
    extensions: dict[str, int]
    rejected: bool
    payload_types: dict[str, int]


@dataclass
class Remote:
    """What the crowd needs of a remote description."""

    ufrag: str
    password: str
    fingerprint: str
    address: tuple[str, int] | None
    sections: list[Section]


def build_description(
    sections: list[tuple[str, str]],
    ufrag: str,
    password: str,
    fingerprint: str,
    *,
    setup: str = "actpass",
    ssrcs: dict[str, int] | None = None,
    mids: list[str] | None = None,
    payload_types: dict[str, int] | None = None,
    extensions: bool = True,
) -> str:
    """An offer (`setup` actpass) or an answer (active) with `sections` of (kind, direction)."""
    mids = mids or [str(index) for index in range(len(sections))]
    types = payload_types or {"opus": AUDIO_PT, "VP8": VIDEO_PT}
    lines = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS",
    ]
    for (kind, direction), mid in zip(sections, mids, strict=True):
        pt = types["opus" if kind == "audio" else "VP8"]
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {pt}",
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            f"a=ice-ufrag:{ufrag}",
            f"a=ice-pwd:{password}",
            "a=ice-options:trickle",
            f"a=fingerprint:sha-256 {fingerprint}",
            f"a=setup:{setup}",
            f"a=mid:{mid}",
        ]
        if extensions:
            lines += [f"a=extmap:{number} {uri}" for number, uri in _OFFERED[kind].items()]
        lines += [f"a={direction}", "a=rtcp-mux"]
        if kind == "audio":
            lines += [f"a=rtpmap:{pt} opus/48000/2", f"a=fmtp:{pt} minptime=10;useinbandfec=1"]
        else:
            lines.append("a=rtcp-rsize")
            lines.append(f"a=rtpmap:{pt} VP8/90000")
            lines += [
                f"a=rtcp-fb:{pt} {feedback}"
                for feedback in ("goog-remb", "ccm fir", "nack", "nack pli")
            ]
        if ssrcs and direction in ("sendonly", "sendrecv"):
            lines += [f"a=msid:bench {kind}", f"a=ssrc:{ssrcs[kind]} cname:bench"]
    return "\r\n".join(lines) + "\r\n"


def read_description(text: str) -> Remote:
    """Parse an answer or offer; ValueError naming what is missing."""
    _, *parts = re.split(r"(?m)^m=", text)
    sections = []
    for part in parts:
        first = part.split("\n", 1)[0].split()
        direction = re.search(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)\s*$", part)
        mid = re.search(r"(?m)^a=mid:(\S+)", part)
        maps = re.findall(r"(?m)^a=extmap:(\d+)(?:/\S+)? (\S+)", part)
        codecs = re.findall(r"(?m)^a=rtpmap:(\d+) ([^/\s]+)/", part)
        sections.append(
            Section(
                kind=first[0],
                mid=mid[1] if mid else "",
                direction=direction[1] if direction else "sendrecv",
                ssrcs=list(dict.fromkeys(int(x) for x in re.findall(r"(?m)^a=ssrc:(\d+)", part))),
                extensions={uri: int(number) for number, uri in maps},
                rejected=first[1] == "0",
                payload_types={name: int(number) for number, name in codecs},
            )
        )

    def find(name: str) -> str:
        found = re.search(rf"(?m)^a={name}:(.*?)\s*$", text)
        if found is None:
            raise ValueError(f"the description has no a={name}")
        return found[1]

    candidate = re.search(r"(?m)^a=candidate:\S+ 1 (?i:udp) \d+ (\d+\.\d+\.\d+\.\d+) (\d+) ", text)
    return Remote(
        ufrag=find("ice-ufrag"),
        password=find("ice-pwd"),
        fingerprint=find("fingerprint").split(" ", 1)[1].upper(),
        address=(candidate[1], int(candidate[2])) if candidate else None,
        sections=sections,
    )
