"""STUN against aioice's reading and writing of it, and against anything at all."""

from __future__ import annotations

from aioice import stun as judge
from hypothesis import given
from hypothesis import strategies as st

from media import stun

PASSWORD = b"0123456789012345678901"


def ask(
    user: str = "ours:theirs", nominated: bool = True, password: bytes = PASSWORD
) -> judge.Message:
    request = judge.Message(judge.Method.BINDING, judge.Class.REQUEST)
    request.attributes["USERNAME"] = user
    request.attributes["PRIORITY"] = 1
    if nominated:
        request.attributes["USE-CANDIDATE"] = None
    request.attributes["ICE-CONTROLLING"] = 7
    request.add_message_integrity(password)
    return request


@given(st.text("abcXYZ019+/", min_size=1, max_size=40), st.booleans())
def test_a_request_of_another_writer_is_read(user: str, nominated: bool) -> None:
    asked = ask(f"{user}:theirs", nominated)
    data = bytes(asked)
    found = stun.read_request(data)
    assert found is not None
    assert (found.user, found.nominated) == (user, nominated)
    assert found.transaction == asked.transaction_id
    assert stun.is_signed(data, found, PASSWORD)
    assert not stun.is_signed(data, found, b"another password")


@given(st.sampled_from(["192.0.2.7", "2001:db8::5", "::1", "0.0.0.0"]), st.integers(1, 65535))
def test_an_answer_is_read_by_another_reader(host: str, port: int) -> None:
    asked = ask()
    found = stun.read_request(bytes(asked))
    assert found is not None
    answer = judge.parse_message(stun.write_answer(found, host, port, PASSWORD))
    assert answer.message_class == judge.Class.RESPONSE
    assert answer.transaction_id == asked.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (host, port)
    assert answer.check_message_integrity(PASSWORD)
    assert "FINGERPRINT" in answer.attributes


def test_without_a_signature_nothing_is_signed() -> None:
    request = judge.Message(judge.Method.BINDING, judge.Class.REQUEST)
    request.attributes["USERNAME"] = "ours:theirs"
    data = bytes(request)
    found = stun.read_request(data)
    assert found is not None
    assert not stun.is_signed(data, found, PASSWORD)


def test_what_stands_behind_the_signature_is_not_read() -> None:
    """Or a stranger on the path could nominate an address in a site's own request."""
    request = judge.Message(judge.Method.BINDING, judge.Class.REQUEST)
    request.attributes["USERNAME"] = "ours:theirs"
    request.attributes["MESSAGE-INTEGRITY"] = judge.message_integrity(bytes(request), PASSWORD)
    request.attributes["USE-CANDIDATE"] = None
    data = bytes(request)
    found = stun.read_request(data)
    assert found is not None
    assert stun.is_signed(data, found, PASSWORD)
    assert not found.nominated


@given(st.integers(0, 200), st.integers(0, 7))
def test_a_changed_bit_breaks_the_signature(place: int, bit: int) -> None:
    data = bytearray(bytes(ask()))
    signed = stun.read_request(bytes(data))
    assert signed is not None
    # the two attributes behind it are integrity itself and the fingerprint; the length of the
    # message is rewritten by who signs (RFC 8489 §14.5)
    place %= signed.signed + 24
    data[place] ^= 1 << bit
    found = stun.read_request(bytes(data))
    assert found is None or not stun.is_signed(bytes(data), found, PASSWORD)


def test_answers_and_indications_are_no_requests() -> None:
    for kind in (judge.Class.RESPONSE, judge.Class.INDICATION, judge.Class.ERROR):
        message = judge.Message(judge.Method.BINDING, kind)
        message.attributes["USERNAME"] = "ours:theirs"
        message.add_message_integrity(PASSWORD)
        assert stun.read_request(bytes(message)) is None


@given(st.binary(max_size=120), st.binary(max_size=60))
def test_any_datagram_is_read_without_an_error(noise: bytes, tail: bytes) -> None:
    for data in (noise, b"\x00\x01" + noise, _framed(noise), bytes(ask())[:-8] + tail):
        found = stun.read_request(data)
        assert found is None or not stun.is_signed(data, found, b"never this one")


def _framed(body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE + bytes(12) + body
