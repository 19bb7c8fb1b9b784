"""RTCP that the crowd sends and reads (RFC 3550 §6, RFC 4585, REMB draft-alvestrand-rmcat-remb)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK_FMT, PLI_FMT, FIR_FMT, APP_FMT = 1, 1, 4, 15
# Seconds from 1900 (NTP) to 1970 (Unix).
_NTP_EPOCH = 2_208_988_800


def build_sender_report(ssrc: int, unix_ns: int, rtp_time: int, packets: int, size: int) -> bytes:
    """SR without blocks, followed by SDES CNAME, as a browser sends for each outgoing stream."""
    seconds, rest = divmod(unix_ns, 1_000_000_000)
    report = struct.pack(
        "!BBHIIIIII",
        0x80,
        SR,
        6,
        ssrc,
        seconds + _NTP_EPOCH & 0xFFFFFFFF,
        (rest << 32) // 1_000_000_000,
        rtp_time & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        size & 0xFFFFFFFF,
    )
    name = b"bench"
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\0"
    chunk += bytes(-len(chunk) % 4)
    return report + struct.pack("!BBH", 0x81, SDES, len(chunk) // 4) + chunk


def build_receiver_report(
    ssrc: int, blocks: Iterable[tuple[int, int, int, int, int, int]]
) -> bytes:
    """RR; a block is (source, fraction lost, lost, highest sequence, LSR, delay since LSR)."""
    body = b""
    count = 0
    for source, fraction, lost, highest, last_report, delay in blocks:
        body += struct.pack(
            "!IIIIII",
            source,
            fraction << 24 | lost & 0xFFFFFF,
            highest & 0xFFFFFFFF,
            0,
            last_report,
            delay,
        )
        count += 1
    return struct.pack("!BBHI", 0x80 | count, RR, 1 + 6 * count, ssrc) + body


def build_remb(ssrc: int, bits_per_second: int, sources: list[int]) -> bytes:
    """Receiver Estimated Maximum Bitrate for `sources`."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    word = len(sources) << 24 | exponent << 18 | bits_per_second >> exponent
    fci = b"REMB" + struct.pack("!I", word) + b"".join(struct.pack("!I", s) for s in sources)
    return struct.pack("!BBHII", 0x80 | APP_FMT, PSFB, 2 + len(fci) // 4, ssrc, 0) + fci


def build_nack(ssrc: int, source: int, missing: list[int]) -> bytes:
    """Generic NACK (RFC 4585 §6.2.1) for `missing`, 16-bit sequence numbers in order."""
    fci = b""
    at = 0
    while at < len(missing):
        first = missing[at]
        mask = 0
        at += 1
        while at < len(missing) and 0 < (missing[at] - first & 0xFFFF) <= 16:
            mask |= 1 << ((missing[at] - first & 0xFFFF) - 1)
            at += 1
        fci += struct.pack("!HH", first, mask)
    return struct.pack("!BBHII", 0x80 | NACK_FMT, RTPFB, 2 + len(fci) // 4, ssrc, source) + fci


def build_pli(ssrc: int, source: int) -> bytes:
    """Picture Loss Indication (RFC 4585 §6.3.1)."""
    return struct.pack("!BBHII", 0x80 | PLI_FMT, PSFB, 2, ssrc, source)


def split_compound(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(packet type, count or format, body after the 4-byte header) of each part."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        if end > len(data):
            return
        yield kind, first & 0x1F, data[at + 4 : end]
        at = end


def read_nack(body: bytes) -> tuple[int, list[int]]:
    """(media SSRC, sequence numbers) of a generic NACK body."""
    source = struct.unpack_from("!I", body, 4)[0]
    wanted: list[int] = []
    for at in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, at)
        wanted.append(first)
        wanted.extend(first + 1 + bit & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return source, wanted
