"""STUN as ICE-lite needs it (RFC 8489, RFC 8445): binding requests read, their answers written.

Every site asks every few seconds for as long as it stays (RFC 7675), so this is written to be
cheap. Reading never raises. FINGERPRINT is not checked: it tells STUN from other protocols on a
port, which the first byte does here, and the integrity says more.
"""

from __future__ import annotations

import hmac
import socket
from binascii import crc32
from struct import Struct
from typing import NamedTuple

COOKIE = b"\x21\x12\xa4\x42"
BINDING_REQUEST, BINDING_ANSWER = 0x0001, 0x0101
USERNAME, MESSAGE_INTEGRITY, USE_CANDIDATE = 0x0006, 0x0008, 0x0025
XOR_MAPPED_ADDRESS, FINGERPRINT = 0x0020, 0x8028
_USERNAME_MAX = 513

_header = Struct(">HH4s12s")
_attribute = Struct(">HH")
_mapped = Struct(">HHBBH")


class Request(NamedTuple):
    """A binding request. `user`: the part of USERNAME before the colon, which is ours (RFC 8445
    §7.2.2); `signed`: bytes before MESSAGE-INTEGRITY, 0 where there is none."""

    transaction: bytes
    user: str
    nominated: bool
    signed: int


def read_request(data: bytes) -> Request | None:
    """The binding request in a datagram, or None for anything else."""
    size = len(data)
    if size < 28:
        return None
    kind, length, cookie, transaction = _header.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != size - 20 or length & 3:
        return None
    user = ""
    nominated = False
    pos = 20
    while pos < size:
        kind, length = _attribute.unpack_from(data, pos)
        end = pos + 4 + length
        if end > size:
            return None
        if kind == USERNAME:
            if length > _USERNAME_MAX:
                return None
            user = data[pos + 4 : end].split(b":", 1)[0].decode("ascii", "replace")
        elif kind == USE_CANDIDATE:
            nominated = True
        elif kind == MESSAGE_INTEGRITY:
            # what stands behind it is not signed, and not read (RFC 8489 §14.5)
            return Request(transaction, user, nominated, pos if length == 20 else 0)
        pos = end + (-length & 3)
    return Request(transaction, user, nominated, 0)


def is_signed(data: bytes, request: Request, password: bytes) -> bool:
    """Whether MESSAGE-INTEGRITY was made with `password`."""
    end = request.signed
    if not end:
        return False
    covered = data[:2] + (end + 4).to_bytes(2, "big") + data[4:end]
    return hmac.compare_digest(hmac.digest(password, covered, "sha1"), data[end + 4 : end + 24])


def write_answer(request: Request, host: str, port: int, password: bytes) -> bytes:
    """The success answer: where the request came from, signed."""
    mask = COOKIE + request.transaction
    ipv6 = ":" in host
    address = socket.inet_pton(socket.AF_INET6 if ipv6 else socket.AF_INET, host)
    size = len(address)
    hidden = int.from_bytes(address, "big") ^ int.from_bytes(mask[:size], "big")
    mapped = _mapped.pack(XOR_MAPPED_ADDRESS, 4 + size, 0, 2 if ipv6 else 1, port ^ 0x2112)
    body = mapped + hidden.to_bytes(size, "big")

    def head(more: int) -> bytes:
        return _header.pack(BINDING_ANSWER, len(body) + more, COOKIE, request.transaction)

    digest = hmac.digest(password, head(24) + body, "sha1")
    body += _attribute.pack(MESSAGE_INTEGRITY, 20) + digest
    check = crc32(head(8) + body) ^ 0x5354554E
    return head(8) + body + _attribute.pack(FINGERPRINT, 4) + check.to_bytes(4, "big")
