"""The sockets of a worker's port: one for media, one for all that can wait a few milliseconds.

Both are bound to the same port; a classic BPF program in the kernel gives RTP to the first and
everything else (STUN, DTLS, RTCP) to the second. So hundreds of receivers that report and check do
not wake the worker one by one: it reads what they said when a packet of media wakes it anyway.
The split is for speed alone. Whatever comes on either socket is treated the same.
"""

from __future__ import annotations

import contextlib
import socket
from struct import pack

from .datagrams import libc_types

SO_ATTACH_REUSEPORT_CBPF = 51
_LOAD_BYTE, _JUMP_IF_AT_LEAST, _RETURN = 0x30, 0x35, 0x06
"""Opcodes of classic BPF (linux/filter.h)."""
_SORT = (
    (_LOAD_BYTE, 0, 0, 0),
    (_JUMP_IF_AT_LEAST, 0, 5, 128),
    (_JUMP_IF_AT_LEAST, 4, 0, 192),
    (_LOAD_BYTE, 0, 0, 1),
    (_JUMP_IF_AT_LEAST, 1, 0, 224),
    (_JUMP_IF_AT_LEAST, 1, 0, 192),
    (_RETURN, 0, 0, 0),
    (_RETURN, 0, 0, 1),
)
"""RFC 7983 and RFC 5761: first byte 128–191 and second byte not 192–223 is RTP, socket 0. A jump
is (opcode, steps if true, steps if false, value)."""


def open_sockets(host: str, port: int) -> tuple[socket.socket, socket.socket | None]:
    """The socket for media, and the one for the rest where the kernel can sort.

    Raises OSError when the port is taken, by a sibling too: the first is bound alone.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    media = _bind(family, host, port, shared=False)
    rest: socket.socket | None = None
    with contextlib.suppress(OSError):
        media.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        rest = _bind(family, host, media.getsockname()[1], shared=True)
        program = b"".join(pack("HBBI", *step) for step in _SORT)
        memory = libc_types.new("unsigned char[]", program)
        place = int(libc_types.cast("uintptr_t", memory))
        media.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, pack("HP", len(_SORT), place))
        return media, rest
    if rest is not None:
        rest.close()
    return media, None


def _bind(family: socket.AddressFamily, host: str, port: int, *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setblocking(False)
        _widen(made)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _widen(sock: socket.socket) -> None:
    """Buffers for a whole picture to all receivers, and for their reports at once (8 MB)."""
    force = ((socket.SO_SNDBUF, 32), (socket.SO_RCVBUF, 33))  # SO_SNDBUFFORCE, SO_RCVBUFFORCE
    for plain, forced in force:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, plain, 8 << 20)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, forced, 8 << 20)
