"""Whose host and whose origin is believed."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from server.http.shields import Origins

LOCAL = Origins.of("127.0.0.1", ())
PUBLIC = Origins.of("0.0.0.0", ("https://Hop.Tinh.vn/",))


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("127.0.0.1:1", True),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("evil.example:8000@localhost", False),
        ("localhost@evil.example", False),
        ("", False),
        ("[::1].evil.example", False),
    ],
)
def test_only_our_own_hosts_are_answered(host: str, allowed: bool) -> None:
    assert LOCAL.host_allowed(Headers({"host": host})) is allowed


def test_no_host_is_no_host_of_ours() -> None:
    assert LOCAL.host_allowed(Headers({})) is False
    assert Origins.of("127.0.0.1", ("hop.tinh.vn",)).host_allowed(Headers({})) is False


def same_origin(origins: Origins, **headers: str) -> bool:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return origins.same_origin(HTTPConnection({"type": "http", "headers": raw}))


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"host": "localhost:8000", "origin": "http://localhost:8000"}, True),
        ({"host": "localhost:8000", "origin": "http://LOCALHOST:8000"}, True),
        ({"host": "localhost:8000", "origin": "http://localhost:8001"}, False),
        ({"host": "localhost:8000", "origin": "http://localhost:8000.evil.example"}, False),
        ({"host": "localhost:8000", "origin": "null"}, False),
        ({"host": "localhost:8000", "origin": "file://"}, False),
        ({"host": "localhost:8000"}, False),
        ({"host": "localhost:8000", "sec_fetch_site": "same-origin"}, True),
        ({"host": "localhost:8000", "sec_fetch_site": "same-site"}, False),
        (
            {
                "host": "localhost:8000",
                "sec_fetch_site": "cross-site",
                "origin": "http://localhost:8000",
            },
            False,
        ),
    ],
)
def test_unsafe_requests_come_from_our_own_client(headers: dict[str, str], ours: bool) -> None:
    assert same_origin(LOCAL, **headers) is ours


def test_a_configured_origin_is_ours_behind_any_proxy() -> None:
    assert same_origin(PUBLIC, host="127.0.0.1:8000", origin="https://hop.tinh.vn")
    assert not same_origin(PUBLIC, host="127.0.0.1:8000", origin="http://hop.tinh.vn")
    assert PUBLIC.host_allowed(Headers({"host": "hop.tinh.vn"}))
