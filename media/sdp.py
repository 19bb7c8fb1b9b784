"""Offers, read: SDP of any shape becomes an `Offer` or a typed refusal (RFC 8866, 8829, 8853).

Our own reader, because aiortc's ignores RID and simulcast and answers bad text with any exception.
Answers are written in `answers.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .bounds import Bounds

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_TOKEN = re.compile(r"^[A-Za-z0-9_.!#$%&'*+^`{|}~-]{1,64}$")
_RID = re.compile(r"^[A-Za-z0-9_-]{1,32}$")
_ICE = re.compile(r"^[A-Za-z0-9+/]{4,256}$")
_HASH = re.compile(r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){19,63}$")
_HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}


class OfferRefused(ValueError):
    """An offer that cannot be answered. `code` names why; the words are the client's."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass
class Codec:
    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    parameters: dict[str, str] = field(default_factory=dict)
    feedback: list[str] = field(default_factory=list)


@dataclass
class Media:
    """One m-line. `rids` are what the site will send, in its order; `ssrcs` in order of mention."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    mid: str = ""
    direction: str = "sendrecv"
    codecs: dict[int, Codec] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    rtcp_mux: bool = False
    ssrcs: list[int] = field(default_factory=list)
    repairs: dict[int, int] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    simulcast: list[str] = field(default_factory=list)
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    setup: str = ""
    ice_ufrag: str = ""
    ice_password: str = ""

    @property
    def layers(self) -> list[str]:
        """RIDs of the simulcast layers, or none."""
        return [rid for rid in self.simulcast if rid in self.rids] or self.rids


@dataclass
class Offer:
    media: list[Media]
    bundle: list[str]
    fingerprints: list[tuple[str, str]]
    setup: str
    ice_ufrag: str
    ice_password: str


def read_offer(text: str, bounds: Bounds | None = None) -> Offer:
    """Parse and check what every session needs: ICE, DTLS, BUNDLE, rtcp-mux, distinct mids.

    Raises OfferRefused: `sdp_too_large`, `sdp_malformed`, `no_media`, `no_bundle`, `no_rtcp_mux`,
    `no_ice`, `no_fingerprint`, `bad_setup`, `not_srtp`.
    """
    bounds = bounds or Bounds()
    if len(text) > bounds.sdp_bytes:
        raise OfferRefused("sdp_too_large")
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > bounds.sdp_lines:
        raise OfferRefused("sdp_too_large")
    if not lines[0].startswith("v=0"):
        raise OfferRefused("sdp_malformed", "first line")
    session = Media("session", 0, "", [])
    media: list[Media] = []
    bundle: list[str] = []
    current = session
    for number, line in enumerate(lines):
        if line.startswith("m="):
            if len(media) >= bounds.m_lines:
                raise OfferRefused("sdp_too_large", "media lines")
            current = _media_line(line)
            media.append(current)
        elif line.startswith("a=group:BUNDLE") and current is session:
            bundle = bundle or line[14:].split()
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            try:
                _attribute(current, name, value.strip())
            except (ValueError, IndexError) as exc:
                raise OfferRefused("sdp_malformed", f"line {number + 1}") from exc
    return _checked(session, media, bundle)


def _checked(session: Media, media: list[Media], bundle: list[str]) -> Offer:
    live = [m for m in media if m.kind in ("audio", "video") and (m.port or m.mid in bundle)]
    if not live:
        raise OfferRefused("no_media")
    mids = [m.mid for m in media if m.mid]
    if len(set(mids)) != len(mids):
        raise OfferRefused("sdp_malformed", "duplicate mid")
    if len(live) > 1 and not all(m.mid and m.mid in bundle for m in live):
        raise OfferRefused("no_bundle")
    first = next((m for m in live if m.mid and bundle and m.mid == bundle[0]), live[0])
    for entry in live:
        if "SAVPF" not in entry.protocol:
            raise OfferRefused("not_srtp")
        if not entry.rtcp_mux:
            raise OfferRefused("no_rtcp_mux")
    ufrag = first.ice_ufrag or session.ice_ufrag
    password = first.ice_password or session.ice_password
    if not _ICE.match(ufrag) or len(password) < 22 or not _ICE.match(password):
        raise OfferRefused("no_ice")
    fingerprints = first.fingerprints or session.fingerprints
    if not fingerprints:
        raise OfferRefused("no_fingerprint")
    setup = first.setup or session.setup or "actpass"
    if setup not in ("actpass", "active", "passive"):
        raise OfferRefused("bad_setup")
    for entry in media:
        if not entry.mid:
            entry.mid = ""
        if entry.direction == "session":
            entry.direction = "sendrecv"
    return Offer(media, bundle, fingerprints, setup, ufrag, password)


def _media_line(line: str) -> Media:
    parts = line[2:].split()
    if len(parts) < 4 or not parts[1].split("/")[0].isdigit():
        raise OfferRefused("sdp_malformed", "media line")
    port = int(parts[1].split("/")[0])
    formats = parts[3:]
    if parts[0] in ("audio", "video") and not all(
        f.isascii() and f.isdigit() and int(f) < 128 for f in formats
    ):
        raise OfferRefused("sdp_malformed", "payload type")
    if port > 65535 or len(formats) > 128:
        raise OfferRefused("sdp_malformed", "media line")
    if not all(_TOKEN.match(p) for p in (parts[0], *formats)) or not re.match(
        r"^[A-Za-z0-9/]{1,40}$", parts[2]
    ):
        raise OfferRefused("sdp_malformed", "media line")
    return Media(parts[0], port, parts[2], formats)


def _number(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > limit:
        raise ValueError("number")
    return int(text)


def _attribute(media: Media, name: str, value: str) -> None:
    if name in DIRECTIONS:
        media.direction = name
    elif name == "mid":
        if not _TOKEN.match(value):
            raise ValueError("mid")
        media.mid = value
    elif name == "rtcp-mux":
        media.rtcp_mux = True
    elif name == "ice-ufrag":
        media.ice_ufrag = value
    elif name == "ice-pwd":
        media.ice_password = value
    elif name == "setup":
        media.setup = value
    elif name == "fingerprint":
        algorithm, digest = value.split()
        wanted = _HASHES.get(algorithm.lower())
        if not _HASH.match(digest) or (wanted and len(digest) != 3 * wanted - 1):
            raise ValueError("fingerprint")
        if wanted and len(media.fingerprints) < 4:
            media.fingerprints.append((algorithm.lower(), digest))
    elif media.kind in ("audio", "video"):
        _rtp_attribute(media, name, value)


def _rtp_attribute(media: Media, name: str, value: str) -> None:
    if name == "rtpmap":
        number, description = value.split(None, 1)
        parts = description.split("/")
        payload_type = _number(number, 127)
        channels = _number(parts[2], 255) if len(parts) > 2 else 1
        media.codecs[payload_type] = Codec(
            payload_type, parts[0].lower(), _number(parts[1], 10**6), channels
        )
    elif name == "fmtp":
        number, _, text = value.partition(" ")
        codec = media.codecs.get(_number(number, 127))
        if codec is not None:
            for item in text.split(";")[:32]:
                key, _, setting = item.strip().partition("=")
                codec.parameters[key.lower()] = setting
    elif name == "rtcp-fb":
        number, _, text = value.partition(" ")
        chosen = list(media.codecs.values()) if number == "*" else []
        if number != "*":
            codec = media.codecs.get(_number(number, 127))
            chosen = [codec] if codec else []
        for codec in chosen:
            codec.feedback.append(text.strip())
    elif name == "extmap":
        number, uri = value.split()[:2]
        identity = _number(number.split("/")[0], 4096)
        if identity and len(media.extensions) < 32:
            media.extensions.setdefault(uri, identity)
    elif name == "ssrc":
        ssrc = _number(value.split()[0], 0xFFFFFFFF)
        if ssrc not in media.ssrcs and len(media.ssrcs) < 16:
            media.ssrcs.append(ssrc)
    elif name == "ssrc-group":
        parts = value.split()
        if parts[0] == "FID" and len(parts) == 3:
            media.repairs[_number(parts[2], 0xFFFFFFFF)] = _number(parts[1], 0xFFFFFFFF)
    elif name == "rid":
        rid, direction = value.split()[:2]
        if not _RID.match(rid):
            raise ValueError("rid")
        if direction == "send" and rid not in media.rids and len(media.rids) < 4:
            media.rids.append(rid)
    elif name == "simulcast":
        words = value.split()
        if "send" in words:
            streams = words[words.index("send") + 1].split(";")
            media.simulcast = [s.split(",")[0].lstrip("~") for s in streams][:4]


def read_fragment(text: str) -> tuple[str, str]:
    """ICE user name and password of a trickle-ice-sdpfrag (RFC 8840), empty where not given.

    Raises OfferRefused: `sdp_too_large`, `sdp_malformed`.
    """
    if len(text) > 16384:
        raise OfferRefused("sdp_too_large")
    ufrag = password = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line and (len(line) < 2 or line[1] != "="):
            raise OfferRefused("sdp_malformed", "fragment")
        if line.startswith("a=ice-ufrag:"):
            ufrag = line[12:].strip()
        elif line.startswith("a=ice-pwd:"):
            password = line[10:].strip()
    if (ufrag and not _ICE.match(ufrag)) or (password and not _ICE.match(password)):
        raise OfferRefused("sdp_malformed", "fragment")
    return ufrag, password
