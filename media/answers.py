"""Answers, written: ICE-lite, one transport, fixed slots (RFC 8829 §5.3, RFC 8839, RFC 8853)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .bounds import Bounds
from .sdp import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    REPAIRED_RID,
    RID,
    Codec,
    Media,
    Offer,
    OfferRefused,
)

VIDEO_FEEDBACK = ("goog-remb", "nack", "nack pli", "ccm fir")
PUBLISH_EXTENSIONS = (MID, RID, REPAIRED_RID, ABS_SEND_TIME, AUDIO_LEVEL)
OPUS_WISHES = {
    "minptime": "10",
    "useinbandfec": "1",
    "usedtx": "1",
    "maxaveragebitrate": "32000",
}
"""What a publisher is asked for (RFC 7587 §6.1): thin links, loss repaired in band."""
VIDEO_SSRC = 0x50480000
AUDIO_SSRC = 0x50481000
REPORT_SSRC = 0x50482000
"""Fixed numbers: an SSRC is unique within its session, and shared numbering lets one rewritten
packet serve many receivers."""
LAYER_RANK = {"q": 0, "h": 1, "f": 2, "l": 0, "low": 0, "m": 1, "mid": 1, "high": 2, "hi": 2}


@dataclass(frozen=True)
class Track:
    """What a publisher sends in one m-line."""

    kind: str
    codec: str
    payload_type: int
    rtx_payload_type: int | None
    clock_rate: int
    mid: str
    extensions: dict[int, str]
    layers: tuple[str, ...]
    ssrcs: tuple[int, ...]
    repairs: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Slot:
    """A fixed receive slot: `V0`–`V4`, `A0`–`A2`; `abs_send_time` is the extension id or 0."""

    name: str
    kind: str
    payload_type: int
    ssrc: int
    clock_rate: int
    abs_send_time: int


@dataclass(frozen=True)
class Local:
    """Our side of a session's transport."""

    session: str
    version: int
    ice_ufrag: str
    ice_password: str
    fingerprint: str
    setup: str
    candidates: tuple[str, ...]
    port: int


def plan_publish(offer: Offer, codec: str) -> list[Track | None]:
    """A track per m-line that we take: the first audio and the first video.

    Raises OfferRefused `codec_unsupported` when nothing offered can be used, `bad_direction` when
    the site does not want to send.
    """
    tracks: list[Track | None] = []
    taken: set[str] = set()
    sends = False
    for media in offer.media:
        track = None
        if media.kind in ("audio", "video") and _live(media, offer):
            sends = sends or media.direction in ("sendonly", "sendrecv")
            if media.kind not in taken and media.direction in ("sendonly", "sendrecv"):
                track = _track(media, codec)
        if track is not None:
            taken.add(media.kind)
        tracks.append(track)
    if not sends:
        raise OfferRefused("bad_direction")
    if not taken:
        raise OfferRefused("codec_unsupported")
    return tracks


def plan_receive(offer: Offer, codec: str, bounds: Bounds | None = None) -> list[Slot | None]:
    """A slot per m-line: the n-th video line is Vn, the n-th audio line An.

    Raises OfferRefused `codec_unsupported`, `bad_direction`, `too_many_slots`.
    """
    bounds = bounds or Bounds()
    slots: list[Slot | None] = []
    counts = {"video": 0, "audio": 0}
    limits = {"video": bounds.video_slots, "audio": bounds.audio_slots}
    wanted = False
    for media in offer.media:
        slot = None
        receives = media.direction in ("recvonly", "sendrecv")
        if media.kind in counts and _live(media, offer) and receives:
            wanted = True
            index = counts[media.kind]
            if index >= limits[media.kind]:
                raise OfferRefused("too_many_slots")
            counts[media.kind] += 1
            slot = _slot(media, codec, index)
        slots.append(slot)
    if not wanted:
        raise OfferRefused("bad_direction")
    if not any(slots):
        raise OfferRefused("codec_unsupported")
    return slots


def _slot(media: Media, codec: str, index: int) -> Slot | None:
    chosen = choose_codec(media, codec)
    if chosen is None:
        return None
    video = media.kind == "video"
    return Slot(
        ("V" if video else "A") + str(index),
        media.kind,
        chosen.payload_type,
        (VIDEO_SSRC if video else AUDIO_SSRC) + index,
        chosen.clock_rate,
        _small(media.extensions.get(ABS_SEND_TIME, 0)) if video else 0,
    )


def choose_codec(media: Media, codec: str) -> Codec | None:
    """Opus for audio; for video the meeting's codec. H.264: packetization mode 1, baseline."""
    offered = [media.codecs[int(f)] for f in media.formats if int(f) in media.codecs]
    if media.kind == "audio":
        return next((c for c in offered if c.name == "opus" and c.clock_rate == 48000), None)
    if codec == "vp8":
        return next((c for c in offered if c.name == "vp8" and c.clock_rate == 90000), None)
    fitting = [
        c
        for c in offered
        if c.name == "h264"
        and c.clock_rate == 90000
        and c.parameters.get("packetization-mode", "0") == "1"
        and c.parameters.get("profile-level-id", "42e01f").lower().startswith("42")
    ]
    fitting.sort(key=lambda c: not c.parameters.get("profile-level-id", "42e0").startswith("42e0"))
    return fitting[0] if fitting else None


def _live(media: Media, offer: Offer) -> bool:
    return bool(media.port) or media.mid in offer.bundle


def _small(identity: int) -> int:
    """Only ids of the one-byte form are used (RFC 8285 §4.2)."""
    return identity if 1 <= identity <= 14 else 0


def _rtx_for(media: Media, payload_type: int) -> int | None:
    for codec in media.codecs.values():
        if codec.name == "rtx" and codec.parameters.get("apt") == str(payload_type):
            return codec.payload_type
    return None


def _track(media: Media, codec: str) -> Track | None:
    chosen = choose_codec(media, codec)
    if chosen is None:
        return None
    layers = media.layers if media.kind == "video" and RID in media.extensions else []
    layers = sorted(layers, key=lambda rid: LAYER_RANK.get(rid, layers.index(rid)))
    return Track(
        media.kind,
        chosen.name,
        chosen.payload_type,
        _rtx_for(media, chosen.payload_type),
        chosen.clock_rate,
        media.mid,
        {media.extensions[uri]: uri for uri in PUBLISH_EXTENSIONS if uri in media.extensions},
        tuple(layers),
        tuple(media.ssrcs),
        dict(media.repairs),
    )


def write_publish_answer(offer: Offer, tracks: Iterable[Track | None], local: Local) -> str:
    """The answer to a publisher."""
    lines: list[str] = []
    accepted: list[str] = []
    for media, track in zip(offer.media, tracks, strict=True):
        if track is None:
            lines += _rejected(media)
            continue
        accepted.append(media.mid)
        types = [track.payload_type]
        if track.rtx_payload_type is not None:
            types.append(track.rtx_payload_type)
        lines += _head(media, types, local, "recvonly")
        lines += [f"a=extmap:{number} {uri}" for number, uri in track.extensions.items()]
        wishes = OPUS_WISHES if track.codec == "opus" else {}
        lines += _codec(media.codecs[track.payload_type], wishes)
        if track.rtx_payload_type is not None:
            lines.append(f"a=rtpmap:{track.rtx_payload_type} rtx/{track.clock_rate}")
            lines.append(f"a=fmtp:{track.rtx_payload_type} apt={track.payload_type}")
        if track.layers:
            lines += [f"a=rid:{rid} recv" for rid in track.layers]
            lines.append("a=simulcast:recv " + ";".join(media.layers))
    return _document(offer, local, accepted, lines)


def write_receive_answer(
    offer: Offer, slots: Iterable[Slot | None], local: Local, cname: str
) -> str:
    """The answer to a receiver: V0 and A0 share a stream, so that their lips are in step."""
    lines: list[str] = []
    accepted: list[str] = []
    for media, slot in zip(offer.media, slots, strict=True):
        if slot is None:
            lines += _rejected(media)
            continue
        accepted.append(media.mid)
        lines += _head(media, [slot.payload_type], local, "sendonly")
        if slot.abs_send_time:
            lines.append(f"a=extmap:{slot.abs_send_time} {ABS_SEND_TIME}")
        lines += _codec(media.codecs[slot.payload_type], {})
        stream = "programme" if slot.name in ("V0", "A0") else slot.name
        lines.append(f"a=msid:{stream} {slot.name}")
        lines.append(f"a=ssrc:{slot.ssrc} cname:{cname}")
        lines.append(f"a=ssrc:{slot.ssrc} msid:{stream} {slot.name}")
    return _document(offer, local, accepted, lines)


def _head(media: Media, types: list[int], local: Local, direction: str) -> list[str]:
    host = local.candidates[0]
    family = "IP6" if ":" in host else "IP4"
    lines = [
        f"m={media.kind} {local.port} {media.protocol} " + " ".join(map(str, types)),
        f"c=IN {family} {host}",
        f"a={direction}",
        "a=rtcp-mux",
    ]
    if media.mid:
        lines.append(f"a=mid:{media.mid}")
    lines += [
        f"a=ice-ufrag:{local.ice_ufrag}",
        f"a=ice-pwd:{local.ice_password}",
        f"a=fingerprint:{local.fingerprint}",
        f"a=setup:{local.setup}",
    ]
    lines += candidate_lines(local.candidates, local.port)
    return lines


def candidate_lines(candidates: Iterable[str], port: int) -> list[str]:
    """Host candidates, the first preferred (RFC 8445 §5.1.2.1), and the end of them."""
    lines = [
        f"a=candidate:{index + 1} 1 udp {(126 << 24) + ((65535 - index) << 8) + 255} {host} {port}"
        " typ host"
        for index, host in enumerate(candidates)
    ]
    return [*lines, "a=end-of-candidates"]


def _rejected(media: Media) -> list[str]:
    lines = [f"m={media.kind} 0 {media.protocol} " + " ".join(media.formats), "c=IN IP4 0.0.0.0"]
    if media.mid:
        lines.append(f"a=mid:{media.mid}")
    return [*lines, "a=inactive"]


def _codec(codec: Codec, wishes: dict[str, str]) -> list[str]:
    number = codec.payload_type
    name = {"opus": "opus", "vp8": "VP8", "h264": "H264"}[codec.name]
    channels = "/2" if codec.name == "opus" else ""
    lines = [f"a=rtpmap:{number} {name}/{codec.clock_rate}{channels}"]
    if codec.name != "opus":
        lines += [f"a=rtcp-fb:{number} {fb}" for fb in VIDEO_FEEDBACK if fb in codec.feedback]
    parameters = dict(wishes)
    if codec.name == "h264":
        level = codec.parameters.get("profile-level-id", "42e01f").lower()
        parameters = {
            "level-asymmetry-allowed": "1",
            "packetization-mode": "1",
            "profile-level-id": level if level.isalnum() and len(level) == 6 else "42e01f",
        }
    elif codec.name == "opus" and not wishes:
        parameters = {"minptime": "10", "useinbandfec": "1"}
    if parameters:
        text = ";".join(f"{key}={value}" for key, value in parameters.items())
        lines.append(f"a=fmtp:{number} {text}")
    return lines


def _document(offer: Offer, local: Local, accepted: list[str], lines: list[str]) -> str:
    head = [
        "v=0",
        f"o=- {int(local.session[:15] or '1', 16)} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
    ]
    if offer.bundle:
        head.append("a=group:BUNDLE " + " ".join(accepted))
    head.append("a=ice-lite")
    return "\r\n".join([*head, *lines, ""])
