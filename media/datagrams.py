"""libc's calls for many datagrams at once, and socket addresses as they lie in memory.

cffi's ABI mode: nothing is compiled at installation. A call that libc lacks is None.
"""

from __future__ import annotations

import socket
from array import array
from typing import Any

import cffi

Address = tuple[str, int]
"""Host text and port as the socket gives them; IPv6 addresses carry two more fields, kept apart."""

libc_types = cffi.FFI()
libc_types.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr {
        void *msg_name; unsigned int msg_namelen;
        struct iovec *msg_iov; size_t msg_iovlen;
        void *msg_control; size_t msg_controllen; int msg_flags;
    };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int sendmmsg(int fd, struct mmsghdr *vector, unsigned int count, int flags);
    int recvmmsg(int fd, struct mmsghdr *vector, unsigned int count, int flags, void *timeout);
    """
)


def find_in_libc(name: str) -> Any:
    """The function, or None where libc has none of that name."""
    try:
        return getattr(libc_types.dlopen(None), name)
    except (AttributeError, OSError):
        return None


def pack_address(address: Address, ipv6: bool) -> bytes:
    """A `sockaddr_in` (16 bytes) or `sockaddr_in6` (28 bytes) as Linux lays them out."""
    host, port = address[0], address[1]
    if not ipv6:
        family = array("H", (socket.AF_INET,)).tobytes()
        return family + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)
    host, _, zone = host.partition("%")
    scope = socket.if_nametoindex(zone) if zone else 0
    return (
        array("H", (socket.AF_INET6,)).tobytes()
        + port.to_bytes(2, "big")
        + bytes(4)
        + socket.inet_pton(socket.AF_INET6, host)
        + array("I", (scope,)).tobytes()
    )


def unpack_address(raw: bytes) -> Address:
    """The other way; a link-local address keeps its zone, as `recvfrom` gives it."""
    port = int.from_bytes(raw[2:4], "big")
    if len(raw) == 16:
        return socket.inet_ntoa(raw[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, raw[8:24])
    scope = array("I", raw[24:28])[0]
    if scope:
        try:
            host += f"%{socket.if_indextoname(scope)}"
        except OSError:
            host += f"%{scope}"
    return host, port
