"""WHIP and WHEP sessions over HTTP (RFC 9725, draft-ietf-wish-whep), without a web framework.

A front (the test front here, the web process later) turns its requests into these calls and the
`Answer`s into responses. SDP is only carried: the worker reads and writes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from .bounds import Bounds
from .control import ControlError

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
PROBLEM_TYPE = "application/problem+json"

Direction = Literal["publish", "receive"]

STATUS = {
    "no_session": 404,
    "no_meeting": 404,
    "bad_name": 404,
    "codec_differs": 409,
    "session_ended": 409,
    "sdp_too_large": 413,
    "too_many_sessions": 503,
    "too_many_publishers": 503,
    "too_much_memory": 503,
    "too_many_meetings": 503,
    "worker_lost": 503,
    "timeout": 504,
    "internal": 500,
    "malformed": 400,
    "sdp_malformed": 400,
}
"""HTTP status of a refusal; any other refusal of an offer is 422 (understood, cannot be done)."""


@dataclass(frozen=True)
class Answer:
    """A response: status, headers, body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class IceServer:
    """A STUN or TURN server. With `secret`, credentials are short-lived (coturn's
    `use-auth-secret`): the user name is the end of validity, the password its HMAC-SHA1."""

    url: str
    secret: str = ""
    lifetime_s: int = 3600

    def link(self, user: str, wall: float) -> str:
        """The `Link` header value (RFC 9725 §4.6) for `user`, valid from `wall` on."""
        value = f'<{self.url}>; rel="ice-server"'
        if not self.secret:
            return value
        name = f"{int(wall) + self.lifetime_s}:{user}"
        digest = hmac.new(self.secret.encode(), name.encode(), hashlib.sha1).digest()
        password = base64.b64encode(digest).decode()
        return f'{value}; username="{name}"; credential="{password}"; credential-type="password"'


class Bridge(Protocol):
    """What answers SDP: a worker, or the pool of workers. All raise ControlError."""

    async def publish(self, meeting: str, site: str, offer: str) -> dict[str, str]: ...
    async def receive(self, meeting: str, site: str, offer: str) -> dict[str, str]: ...
    async def restart(self, session: str, fragment: str) -> dict[str, str]: ...
    async def end(self, session: str, reason: str = "ended") -> None: ...


def problem(status: int, code: str, detail: str = "") -> Answer:
    """An error as RFC 9457 with the machine-readable `code`."""
    body = {"type": "about:blank", "status": status, "code": code}
    if detail:
        body["detail"] = detail
    return Answer(status, {"Content-Type": PROBLEM_TYPE}, json.dumps(body).encode())


def refused(error: ControlError) -> Answer:
    answer = problem(STATUS.get(error.code, 422), error.code, error.detail)
    if answer.status == 503:
        answer.headers["Retry-After"] = "2"
    return answer


def media_type(header: str) -> str:
    return header.split(";", 1)[0].strip().lower()


class Sessions:
    """The HTTP side of all WHIP and WHEP sessions: URLs, entity tags, preconditions.

    `prefix` is the path of session URLs; the last part is the worker's unguessable session name.
    """

    def __init__(
        self,
        bridge: Bridge,
        *,
        prefix: str = "/session/",
        ice_servers: tuple[IceServer, ...] = (),
        wall: Callable[[], float],
        bounds: Bounds | None = None,
    ) -> None:
        self._bridge = bridge
        self._prefix = prefix
        self._ice_servers = ice_servers
        self._wall = wall
        self._bounds = bounds or Bounds()
        self._etags: dict[str, str] = {}

    def known(self, session: str) -> bool:
        return session in self._etags

    def ended(self, session: str) -> None:
        """The worker says that a session is over: its URL is gone."""
        self._etags.pop(session, None)

    def options(self) -> Answer:
        """Pre-flight, and what may be posted (RFC 9725 §4.7)."""
        return Answer(
            204,
            {
                "Accept-Post": SDP_TYPE,
                "Accept-Patch": FRAGMENT_TYPE,
                "Allow": "OPTIONS, POST, PATCH, DELETE",
            },
        )

    async def post(
        self, direction: Direction, meeting: str, site: str, content_type: str, body: bytes
    ) -> Answer:
        """Open a session (RFC 9725 §4.2): 201 with Location, ETag, Link and the SDP answer."""
        if media_type(content_type) != SDP_TYPE:
            return problem(415, "not_sdp")
        if len(body) > self._bounds.sdp_bytes:
            return problem(413, "sdp_too_large")
        try:
            offer = body.decode()
        except UnicodeDecodeError:
            return problem(400, "sdp_malformed")
        call = self._bridge.publish if direction == "publish" else self._bridge.receive
        try:
            answered = await call(meeting, site, offer)
        except ControlError as exc:
            return refused(exc)
        session = answered["session"]
        self._etags[session] = answered["etag"]
        headers = {
            "Content-Type": SDP_TYPE,
            "Location": self._prefix + session,
            "ETag": f'"{answered["etag"]}"',
            "Accept-Patch": FRAGMENT_TYPE,
        }
        if self._ice_servers:
            links = [server.link(site, self._wall()) for server in self._ice_servers]
            headers["Link"] = ", ".join(links)
        return Answer(201, headers, answered["answer"].encode())

    async def patch(
        self, session: str, content_type: str, if_match: str | None, body: bytes
    ) -> Answer:
        """Trickled candidates: 204. ICE restart (`If-Match: *`): 200 with our fragment.

        RFC 9725 §4.3: 428 without If-Match, 412 for another generation, 415 for another type. A
        failed restart leaves the session as it is.
        """
        etag = self._etags.get(session)
        if etag is None:
            return problem(404, "no_session")
        if media_type(content_type) != FRAGMENT_TYPE:
            return problem(415, "not_fragment")
        if if_match is None:
            return problem(428, "if_match_required")
        if len(body) > 16384:
            return problem(413, "sdp_too_large")
        try:
            fragment = body.decode()
        except UnicodeDecodeError:
            return problem(400, "sdp_malformed")
        if if_match.strip() != "*":
            if if_match.strip().removeprefix("W/").strip('"') != etag:
                return problem(412, "other_generation")
            # an ICE-lite agent needs no remote candidates: checks come to it
            return Answer(204)
        if "a=ice-ufrag:" not in fragment or "a=ice-pwd:" not in fragment:
            return problem(422, "no_credentials")
        try:
            answered = await self._bridge.restart(session, fragment)
        except ControlError as exc:
            return refused(exc)
        if session not in self._etags:
            # it ended meanwhile: its URL must stay gone
            return problem(404, "no_session")
        self._etags[session] = answered["etag"]
        headers = {"Content-Type": FRAGMENT_TYPE, "ETag": f'"{answered["etag"]}"'}
        return Answer(200, headers, answered["fragment"].encode())

    async def delete(self, session: str) -> Answer:
        """End a session (RFC 9725 §4.2). One that could not be ended keeps its URL, for a retry."""
        if session not in self._etags:
            return problem(404, "no_session")
        try:
            await self._bridge.end(session)
        except ControlError as exc:
            if exc.code not in ("no_session", "worker_lost"):
                return refused(exc)
        self.ended(session)
        return Answer(200)
