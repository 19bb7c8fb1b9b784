"""One WebRTC transport of the crowd over its own UDP socket: ICE (controlling), DTLS client, SRTP.

The hot path is `Crowd.drain`, which reads the socket and calls `on_rtp` directly; everything here
runs at most a few times a second per client.
"""

from __future__ import annotations

import datetime
import enum
import secrets
import socket
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from tests.benchmarks.media import stun

if TYPE_CHECKING:
    from tests.benchmarks.media.crowd import Crowd

# Chromium checks consent about every 2.5 s (RFC 7675 allows 5 s ± 20 %).
CONSENT_PERIOD_S = 2.5
CHECK_RETRY_S = 0.05
# Room for 0.5 s of a keyframe burst at 1 Mbit/s; the kernel's default holds only about 90 packets.
SOCKET_BUFFER = 1 << 20
_PROFILES: dict[bytes, tuple[int, int, int]] = {
    b"SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}


class State(enum.Enum):
    """Where a link is: checking the path, shaking hands, carrying media, ended."""

    NEW = "new"
    CHECKING = "checking"
    HANDSHAKE = "handshake"
    CONNECTED = "connected"
    CLOSED = "closed"


class Identity:
    """The certificate shared by the whole crowd: its making is no part of any figure."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
        now = datetime.datetime.now(tz=datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .sign(self.key, hashes.SHA256())
        )
        self.fingerprint = self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_options(SSL.OP_NO_TICKET)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        context.use_certificate(self.certificate)
        context.use_privatekey(self.key)
        # The order is the crowd's preference; the server chooses, and the figures print what.
        context.set_tlsext_use_srtp(b":".join(_PROFILES))
        self.context = context


class Link:
    """ICE, DTLS and SRTP towards one server port.

    `connect()` after the remote description is known. Times are `crowd.now()` seconds.
    `on_rtp` and `on_rtcp` are overridden by publisher and receiver.
    """

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.state = State.NEW
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(16)
        self.remote_ufrag = ""
        self.remote_password = ""
        self.remote_fingerprint = ""
        self.connected_at = 0.0
        self.profile = ""
        self.consents = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        self.sock.setblocking(False)
        self.recv_into = self.sock.recv_into
        self._tie_breaker = secrets.randbits(64)
        self._ssl: SSL.Connection | None = None
        self.rx: Session | None = None
        self.tx: Session | None = None
        self._rx_handle: Any = None
        self._length = ffi.new("int *")

    # Path ---------------------------------------------------------------------------------

    def connect(self, address: tuple[str, int]) -> None:
        """Start checking the path to `address`; the DTLS handshake follows by itself."""
        self.sock.connect(address)
        self.crowd.register(self)
        self.state = State.CHECKING
        self._check()

    def close(self) -> None:
        """End the link; the server sees a DTLS close_notify and then silence."""
        if self.state is State.CLOSED:
            return
        if self._ssl is not None and self.state is State.CONNECTED:
            self._ssl.shutdown()
            self._flush()
        if self.state is not State.NEW:
            self.crowd.forget(self)
        self.state = State.CLOSED
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send a datagram; a refused or full socket loses it, as a network would."""
        if self.state is State.CLOSED:
            return
        try:
            self.sock.send(data)
        except (BlockingIOError, ConnectionRefusedError):
            self.crowd.unsent += 1

    def _check(self) -> None:
        if self.state is State.CLOSED:
            return
        names = f"{self.remote_ufrag}:{self.ufrag}"
        self.send(stun.build_request(names, self.remote_password, self._tie_breaker))
        period = CHECK_RETRY_S if self.state is State.CHECKING else CONSENT_PERIOD_S
        self.crowd.call_later(period, self._check)

    def on_stun(self, data: bytes) -> None:
        """A response proves the path; a full ICE peer's request is answered."""
        kind, transaction = stun.read_kind(data)
        if kind == stun.BINDING_RESPONSE:
            if not stun.check_integrity(data, self.remote_password):
                self.crowd.problems.append("STUN response with wrong integrity")
                return
            self.consents += 1
            if self.state is State.CHECKING:
                self.state = State.HANDSHAKE
                self._start_handshake()
        elif kind == stun.BINDING_REQUEST and stun.check_integrity(data, self.password):
            self.send(stun.build_response(transaction, self.sock.getpeername(), self.password))

    # Keys ---------------------------------------------------------------------------------

    def _start_handshake(self) -> None:
        self._ssl = SSL.Connection(self.crowd.identity.context)
        self._ssl.set_connect_state()
        self._ssl.set_ciphertext_mtu(1200)
        self._step()
        self._watch_timeout()

    def _watch_timeout(self) -> None:
        if self.state is not State.HANDSHAKE or self._ssl is None:
            return
        left = self._ssl.DTLSv1_get_timeout()
        if left is not None and left <= 0:
            self._ssl.DTLSv1_handle_timeout()
            self._flush()
            left = self._ssl.DTLSv1_get_timeout()
        self.crowd.call_later(0.05 if left is None else max(left, 0.001), self._watch_timeout)

    def on_dtls(self, data: bytes) -> None:
        """One DTLS datagram."""
        if self._ssl is None:
            return
        self._ssl.bio_write(data)
        if self.state is State.HANDSHAKE:
            self._step()
            return
        try:
            self._ssl.recv(1500)
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.crowd.closed_by_server += 1
            self.close()

    def _step(self) -> None:
        assert self._ssl is not None
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        self._flush()
        self._derive_keys(self._ssl)
        self.connected_at = self.crowd.now()
        self.state = State.CONNECTED
        self.on_connected()

    def _derive_keys(self, ssl: SSL.Connection) -> None:
        peer = ssl.get_peer_certificate(as_cryptography=True)
        assert peer is not None
        if peer.fingerprint(hashes.SHA256()).hex(":").upper() != self.remote_fingerprint:
            raise ConnectionError("the server's certificate is not the one in its description")
        name = ssl.get_selected_srtp_profile()
        number, key, salt = _PROFILES[name]
        self.profile = name.decode()
        view = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))

        def part(index: int) -> bytes:
            at = 2 * key + index * salt
            return view[index * key : (index + 1) * key] + view[at : at + salt]

        outgoing = Policy(part(0), Policy.SSRC_ANY_OUTBOUND, srtp_profile=number)
        outgoing.allow_repeat_tx = True
        incoming = Policy(part(1), Policy.SSRC_ANY_INBOUND, srtp_profile=number)
        # A client with a jitter buffer of 400 ms accepts what a retransmission brings back.
        outgoing.window_size = incoming.window_size = 1024
        self.tx, self.rx = Session(outgoing), Session(incoming)
        self._rx_handle = self.rx._srtp[0]

    def _flush(self) -> None:
        assert self._ssl is not None
        while True:
            try:
                data = self._ssl.bio_read(1500)
            except SSL.WantReadError:
                return
            # One write of the memory BIO may hold several records: each is a whole datagram's
            # worth or less, and DTLS allows several records in one datagram.
            self.send(data)

    # Media --------------------------------------------------------------------------------

    def unprotect(self, buffer: bytearray, size: int) -> int:
        """Decrypt the RTP packet at the start of `buffer` in place; its length, or -1."""
        self._length[0] = size
        if lib.srtp_unprotect(self._rx_handle, self.crowd.buffer_pointer, self._length) != 0:
            return -1
        return int(self._length[0])

    def on_connected(self) -> None:
        """Keys are there; a subclass starts its media."""

    def on_rtp(self, buffer: bytearray, size: int) -> None:
        """One SRTP packet in the first `size` bytes of the shared buffer."""

    def on_rtcp(self, data: bytes) -> None:
        """One SRTCP packet."""
