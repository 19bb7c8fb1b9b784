"""The private names of aiortc, aioice and pylibsrtp that `media/` uses, and how they must behave.

When one of these fails after an upgrade, read the new source before moving the pin.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
import subprocess
import sys

import pylibsrtp
import pytest
from aioice import stun
from aiortc import rtcdtlstransport as dtls
from pylibsrtp._binding import ffi, lib

PINS = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}


@pytest.mark.parametrize(("package", "version"), PINS.items())
def test_versions_are_the_ones_that_were_read(package: str, version: str) -> None:
    assert importlib.metadata.version(package) == version


def test_dtls_transport_has_the_names() -> None:
    certificate = dtls.RTCCertificate.generateCertificate()
    transport = dtls.RTCDtlsTransport(object(), [certificate])  # type: ignore[arg-type]
    assert transport._role == "auto"
    transport._set_role("server")
    assert transport._role == "server"
    assert transport.state == "new"
    for name in ("_rx_srtp", "_tx_srtp", "_ssl"):
        assert getattr(transport, name) is None
    assert dtls.SRTP_AEAD_AES_128_GCM in transport._srtp_profiles
    assert list(inspect.signature(certificate._create_ssl_context).parameters) == ["srtp_profiles"]


async def test_two_transports_over_plain_pipes_agree_on_our_profile() -> None:
    """`_recv`, `_send`, `role` and `state` are all that is needed; the server's order wins."""

    class Pipe:
        role = "controlled"
        state = "completed"

        def __init__(self) -> None:
            self.queue: asyncio.Queue[bytes] = asyncio.Queue()
            self.other: Pipe = self

        async def _recv(self) -> bytes:
            data = await self.queue.get()
            if not data:
                raise ConnectionError
            return data

        async def _send(self, data: bytes) -> None:
            self.other.queue.put_nowait(data)

    left, right = Pipe(), Pipe()
    left.other, right.other = right, left
    certificates = [dtls.RTCCertificate.generateCertificate() for _ in range(2)]
    server = dtls.RTCDtlsTransport(left, [certificates[0]])  # type: ignore[arg-type]
    client = dtls.RTCDtlsTransport(right, [certificates[1]])  # type: ignore[arg-type]
    server._set_role("server")
    client._set_role("client")
    server._srtp_profiles = [dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_SHA1_80]
    states: list[str] = []
    server.on("statechange", lambda: states.append(server.state))
    async with asyncio.timeout(10):
        await asyncio.gather(
            server.start(client.getLocalParameters()), client.start(server.getLocalParameters())
        )
    assert states == ["connecting", "connected"]
    assert server._ssl is not None
    assert server._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
    plain = b"\x80\x60\x00\x01\x00\x00\x00\x01\x00\x00\x00\x07hello"
    assert client._rx_srtp.unprotect(server._tx_srtp.protect(plain)) == plain
    # repeated protection of the same packet gives the same bytes, and is allowed
    again = server._tx_srtp.protect(plain)
    assert server._tx_srtp.protect(plain) == again
    left.queue.put_nowait(b"")
    right.queue.put_nowait(b"")
    await server.stop()
    await client.stop()


def test_srtp_binding_has_the_names() -> None:
    policy = pylibsrtp.Policy(
        key=bytes(28),
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    session = pylibsrtp.Session(policy)
    arena = ffi.new("unsigned char[]", 2048)
    length = ffi.new("int *", 12)
    ffi.memmove(arena, b"\x80\x60\x00\x01" + bytes(8), 12)
    pointer = ffi.cast("void *", arena)
    assert lib.srtp_protect(session._srtp[0], pointer, length) == 0
    assert length[0] == 28
    assert lib.srtp_err_status_ok == 0


def test_protect_refuses_as_we_expect() -> None:
    session = pylibsrtp.Session()
    with pytest.raises(ValueError, match="too long"):
        session.protect(bytes(1357))
    with pytest.raises(TypeError):
        session.protect(bytearray(20))  # type: ignore[arg-type]


def test_stun_messages_are_built_and_checked() -> None:
    """aioice is the tests' other writer and reader of STUN; the bridge has its own."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = "us:them"
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(b"password")
    parsed = stun.parse_message(bytes(request))
    assert parsed.check_message_integrity(b"password")
    assert not parsed.check_message_integrity(b"other")
    assert "USE-CANDIDATE" in parsed.attributes


@pytest.mark.parametrize("module", ["media.whip", "media.control", "media.pool"])
def test_what_the_web_process_imports_brings_no_media_library(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print([m for m in ('aiortc', 'av', 'aioice', 'pylibsrtp', 'cffi') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
