"""What every request passes: trusted hosts, same origin for unsafe requests, security headers.

Decisions look at `scope["path"]` and the raw Host header, never at a URL built from them
(CVE-2026-48710).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import DomainError
from server.http.problems import problem

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def policy(host: str) -> str:
    """The policy of an answer; older Safari wants a WebSocket's own scheme named."""
    return f"{POLICY}; connect-src 'self' ws://{host} wss://{host}"


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), payment=(), usb=()",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Origins:
    """Which hosts and origins are this server's own."""

    hosts: frozenset[str]
    extra: frozenset[str]

    @classmethod
    def of(cls, listen: str, origins: Iterable[str]) -> Origins:
        """From the address listened on and the configured origins."""
        extra = frozenset(origin.rstrip("/").lower() for origin in origins)
        named = {urlsplit(origin).hostname for origin in extra}
        hosts = LOOPBACK | {listen.lower()} | {name for name in named if name}
        return cls(frozenset(hosts), extra)

    def host_allowed(self, headers: Headers) -> bool:
        """Whether the Host header names this server (DNS rebinding)."""
        host = headers.get("host", "").lower()
        name, port = (host, "") if host.endswith("]") else host.partition(":")[::2]
        if host.startswith("[") and not host.endswith("]"):
            name, _, port = host.rpartition(":")
        return name in self.hosts and (not port or port.isdecimal())

    def same_origin(self, connection: HTTPConnection) -> bool:
        """Whether an unsafe request or a WebSocket comes from the client of this server.

        A browser tells by Origin or Sec-Fetch-Site; who tells neither is no browser with a cookie.
        """
        headers = connection.headers
        site = headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        origin = headers.get("origin")
        if origin is None:
            return site is not None
        origin = origin.lower()
        host = headers.get("host", "").lower()
        return origin in self.extra or origin in (f"http://{host}", f"https://{host}")


class Shields:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self.app = app
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not ours, and put the headers on every answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                host = connection.headers.get("host", "")
                if self.origins.host_allowed(connection.headers):
                    headers.setdefault("Content-Security-Policy", policy(host))
                else:
                    headers.setdefault("Content-Security-Policy", POLICY)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        connection = HTTPConnection(scope)
        if not self.origins.host_allowed(connection.headers):
            await problem(DomainError("unknown_host", 421))(scope, receive, send_with_headers)
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS") and not self.origins.same_origin(
            connection
        ):
            await problem(DomainError("origin", 403))(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)
