"""RTCP on the wire: what the bridge reads and writes (RFC 3550, 4585, 5104, draft REMB).

Reading never fails on a block it does not know; a compound packet whose lengths do not add up
raises MalformedPacket.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct, pack, unpack_from
from struct import error as struct_error
from typing import NamedTuple

from .rtp import MalformedPacket

_head = Struct(">BBH").unpack_from
_report_block = Struct(">IIIIII").unpack_from
SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206


class ReportBlock(NamedTuple):
    """RFC 3550 §6.4.1. `lost_fraction` 0–1; `jitter` in clock units; `lsr`, `dlsr` 1/65536 s."""

    ssrc: int
    lost_fraction: float
    lost: int
    highest: int
    jitter: int
    lsr: int
    dlsr: int


class SenderReport(NamedTuple):
    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int


class Nack(NamedTuple):
    ssrc: int
    sequences: tuple[int, ...]


class KeyframeRequest(NamedTuple):
    """PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1)."""

    ssrc: int


class Remb(NamedTuple):
    bitrate: int
    ssrcs: tuple[int, ...]


class Bye(NamedTuple):
    ssrcs: tuple[int, ...]


Report = ReportBlock | SenderReport | Nack | KeyframeRequest | Remb | Bye


def read_rtcp(data: bytes) -> list[Report]:
    """All that the bridge understands in a compound packet, in order. Raises MalformedPacket."""
    found: list[Report] = []
    pos = 0
    size = len(data)
    try:
        while pos < size:
            first, kind, words = _head(data, pos)
            end = pos + 4 + 4 * words
            if first >> 6 != 2 or end > size:
                raise MalformedPacket("RTCP length")
            _read_one(found, first & 0x1F, kind, data[pos + 4 : end])
            pos = end
    except struct_error as exc:
        raise MalformedPacket("RTCP block") from exc
    return found


def _read_one(found: list[Report], count: int, kind: int, body: bytes) -> None:
    if kind == RR:
        _read_blocks(found, count, body, 4)
    elif kind == SR:
        found.append(SenderReport(*unpack_from(">IQIII", body)))
        _read_blocks(found, count, body, 24)
    elif kind == BYE:
        found.append(Bye(tuple(unpack_from(f">{count}I", body))))
    elif kind == RTPFB and count == 1:
        sequences: list[int] = []
        for pos in range(8, len(body) - 3, 4):
            base, mask = unpack_from(">HH", body, pos)
            sequences.append(base)
            sequences.extend((base + 1 + i) & 0xFFFF for i in range(16) if mask >> i & 1)
        found.append(Nack(unpack_from(">I", body, 4)[0], tuple(sequences)))
    elif kind == PSFB and count == 15 and body[8:12] == b"REMB":
        total, high, low = unpack_from(">BBH", body, 12)
        mantissa = ((high & 0x03) << 16) | low
        found.append(Remb(mantissa << (high >> 2), tuple(unpack_from(f">{total}I", body, 16))))
    elif kind == PSFB and count == 1:
        found.append(KeyframeRequest(unpack_from(">I", body, 4)[0]))
    elif kind == PSFB and count == 4:
        for pos in range(8, len(body) - 7, 8):
            found.append(KeyframeRequest(unpack_from(">I", body, pos)[0]))


def _read_blocks(found: list[Report], count: int, body: bytes, pos: int) -> None:
    for _ in range(count):
        ssrc, loss, highest, jitter, lsr, dlsr = _report_block(body, pos)
        lost = loss & 0xFFFFFF
        if lost & 0x800000:
            lost -= 0x1000000
        found.append(ReportBlock(ssrc, (loss >> 24) / 256, lost, highest, jitter, lsr, dlsr))
        pos += 24


def _block(count: int, kind: int, body: bytes) -> bytes:
    return pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def _report_blocks(blocks: Iterable[ReportBlock]) -> tuple[int, bytes]:
    parts = [
        pack(
            ">IIIIII",
            b.ssrc,
            min(255, int(b.lost_fraction * 256)) << 24 | max(0, b.lost) & 0xFFFFFF,
            b.highest & 0xFFFFFFFF,
            b.jitter & 0xFFFFFFFF,
            b.lsr,
            b.dlsr,
        )
        for b in blocks
    ][:31]
    return len(parts), b"".join(parts)


def write_sender_report(report: SenderReport) -> bytes:
    """A sender report without report blocks."""
    return _block(
        0,
        SR,
        pack(
            ">IQIII",
            report.ssrc,
            report.ntp,
            report.timestamp & 0xFFFFFFFF,
            report.packets & 0xFFFFFFFF,
            report.octets & 0xFFFFFFFF,
        ),
    )


def write_receiver_report(sender: int, blocks: Iterable[ReportBlock]) -> bytes:
    count, body = _report_blocks(blocks)
    return _block(count, RR, pack(">I", sender) + body)


def write_cname(ssrcs: Iterable[int], cname: str) -> bytes:
    """SDES with one CNAME for all `ssrcs` (at most 31): the receiver then syncs their clocks."""
    text = cname.encode()[:255]
    item = bytes((1, len(text))) + text
    item += bytes(4 - len(item) % 4)
    chunks = [pack(">I", ssrc) + item for ssrc in ssrcs][:31]
    return _block(len(chunks), SDES, b"".join(chunks))


def write_nack(sender: int, ssrc: int, sequences: Iterable[int]) -> bytes:
    """RFC 4585 §6.2.1; `sequences` are extended or 16-bit numbers, ascending."""
    pairs: list[tuple[int, int]] = []
    base = mask = 0
    for sequence in sequences:
        gap = sequence - base
        if pairs and 0 < gap <= 16:
            mask |= 1 << (gap - 1)
            pairs[-1] = (base, mask)
        else:
            base, mask = sequence, 0
            pairs.append((base, mask))
    body = b"".join(pack(">HH", base & 0xFFFF, mask) for base, mask in pairs)
    return _block(1, RTPFB, pack(">II", sender, ssrc) + body)


def write_pli(sender: int, ssrc: int) -> bytes:
    return _block(1, PSFB, pack(">II", sender, ssrc))


def write_remb(sender: int, bitrate: int, ssrcs: Iterable[int]) -> bytes:
    """draft-alvestrand-rmcat-remb-03 §2.2."""
    names = tuple(ssrcs)[:255]
    exponent = max(0, bitrate.bit_length() - 18)
    mantissa = bitrate >> exponent
    head = pack(">BBH", len(names), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF)
    body = pack(">II", sender, 0) + b"REMB" + head + pack(f">{len(names)}I", *names)
    return _block(15, PSFB, body)
