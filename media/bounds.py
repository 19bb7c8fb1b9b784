"""Every bound of the bridge, named, with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass

DATAGRAM_MAX = 1500
"""Bytes. An Ethernet MTU; pylibsrtp's buffer holds no more, and raises beyond it."""

PLAIN_MAX = 1400
"""Bytes of one outgoing RTP packet before protection: with IP, UDP, tag and our extension it
still fits an MTU of 1,500. Larger packets of a publisher are dropped and counted."""


@dataclass(frozen=True)
class Bounds:
    """Limits of one worker. Counts unless a unit is named."""

    sessions: int = 640
    """204 sites with two sessions each, and as many again for rejoining after a cut."""
    memory_mb: int = 1024
    """Resident memory beyond which no new session is opened: 640 sessions need about 200 MB."""
    meetings: int = 32
    """A province holds a few meetings at a time; each costs little, but names come from outside."""
    publishers: int = 24
    """Per meeting: four on stage, the rest signal checks before they are called."""
    streams_per_session: int = 12
    """Three video layers, one audio, and their retransmission streams, with room for restarts."""
    m_lines: int = 16
    """Eight slots, and m-lines that we refuse."""
    video_slots: int = 5
    audio_slots: int = 3
    sdp_bytes: int = 65536
    """Chromium's offer with eight slots is about 40 kB."""
    sdp_lines: int = 4000
    video_cache: int = 512
    """Packets per layer: about 3 s at 1.5 Mbit/s; libsrtp re-protects at most 1,024 back."""
    audio_cache: int = 64
    missing: int = 256
    """Packets asked again per stream; beyond that a keyframe is cheaper."""
    nack_tries: int = 10
    nack_answer_per_report: int = 64
    """Packets resent for one NACK message: a forged flood costs at most this."""
    resend_burst: int = 200
    """Packets that may be resent at once to one site: a quarter second of 720p."""
    resend_per_s: float = 100.0
    """…and per second from then on; beyond it a keyframe request helps more than repetition."""
    epochs: int = 8
    """Past numberings of a slot kept for NACK: a switch happens at most a few times per second."""
    late_start_packets: int = 150
    late_start_s: float = 0.4
    """A late joiner gets the last group of pictures when it is no longer than this: Chromium plays
    a burst at the pace of its timestamps, so a burst of 2 s was 2 s of delay and a freeze. With a
    keyframe request per second, nobody waits longer than 0.6 s and a keyframe."""
    dtls_queue: int = 32
    """Datagrams: a DTLS flight is at most five; the rest is a flood."""
    addresses_per_session: int = 6
    """Validated by STUN: one per interface and address family of a site."""
    handshake_s: float = 15.0
    """Offer to connected; then the session is dropped."""
    silence_s: float = 15.0
    """Without any authenticated datagram (RFC 7675 allows 30); Chromium checks every 2.5 s."""
    drain: int = 128
    """Datagrams read before the event loop gets its turn."""
    control_line_bytes: int = 1 << 20
    """One control message: an SDP of 64 kB escaped in JSON fits many times."""
    control_clients: int = 8
    pending_events: int = 4096
    """Events kept for a control client that does not read; then it is cut."""
    fanout: int = 1024
    """Receivers served from one batch buffer (2 MB); more are sent in further batches."""


PLI_INTERVAL_S = 1.0
"""At most one keyframe request per source stream and second: a keyframe costs ten pictures."""
REMB_INTERVAL_S = 0.5
"""Chromium ramps all its layers within a second at this rate."""
REPORT_INTERVAL_S = 1.0
REPORT_FRESH_S = 0.2
"""So long a receiver that joined waits for the report that puts picture and voice in step."""
TICK_S = 0.02
"""Retry timer of NACK while packets are missing: shorter than a picture."""
CALM_TICK_S = 0.08
"""The same while nothing is missing; it paces the reports and the layer choice."""
CALM_GRACE_S = 0.03
"""So long a calm tick waits for a packet of media to wake the worker anyway."""
CALLS_WAIT_S = 0.04
"""Two packets of voice: when no media came for so long, checks and reports wake the worker
themselves. While it flows they wait for the next packet."""
CALLS_GAP_S = 0.015
"""While media flows, checks and reports are read this seldom: with every voice, not between."""
CARE_S = 0.5
"""A receiver's layers are chosen anew this often, sooner when it reported…"""
CARE_CALM_S = 5.0
"""…and this seldom while it gets all there is and nothing speaks against it: what the stage offers
is looked at in every tick, and a bad report counts at once…"""
CARE_GAP_S = 0.2
"""…but not sooner than this: reports come from outside."""
NACK_REORDER_S = 0.008
"""A gap younger than this may be reordering."""
AUDIO_ONLY_BPS = 150_000
"""Below this a picture is worse than none."""
UPLINK_MAX_BPS = 2_500_000
"""Told to a publisher by REMB: 180p + 360p + 720p with audio."""
UPLINK_MIN_BPS = 120_000
