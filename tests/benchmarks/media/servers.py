"""What a server under test offers to the figures, and our own engine as one."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.benchmarks.media import processes, sdp
from tests.benchmarks.media.crowd import Crowd
from tests.benchmarks.media.link import Link
from tests.benchmarks.media.publisher import Publisher
from tests.benchmarks.media.receiver import Receiver
from tests.benchmarks.media.requests import Request, ask

MEETING = "bench"


class Server(Protocol):
    """A forwarding server; `pid` is the process whose CPU counts."""

    name: str
    version: str
    pid: int

    def publish(self, publisher: Publisher, site: str, via: tuple[str, int] | None = None) -> None:
        """Offer; returns when answered, the keys follow in the crowd's loop."""

    def watch(self, receivers: list[Receiver]) -> None:
        """Let receivers join and connect, all at once or one by one as the server likes."""

    def stop(self) -> None:
        """End it."""


class NotThere(RuntimeError):
    """The server cannot be started on this machine; the words say why."""


def accept_answer(link: Link, text: str, via: tuple[str, int] | None = None) -> sdp.Remote:
    """Take over a remote description and start the path; `via` goes through a proxy."""
    remote = sdp.read_description(text)
    link.remote_ufrag = remote.ufrag
    link.remote_password = remote.password
    link.remote_fingerprint = remote.fingerprint
    address = via or remote.address
    if address is None:
        raise ValueError("the description has no IPv4 UDP candidate")
    link.connect(address)
    return remote


def offer_publishing(publisher: Publisher) -> str:
    """The offer of a camera and a microphone."""
    return sdp.build_description(
        [("audio", "sendonly"), ("video", "sendonly")],
        publisher.ufrag,
        publisher.password,
        publisher.crowd.identity.fingerprint,
        ssrcs={"audio": publisher.audio_ssrc, "video": publisher.video_ssrc},
    )


def adopt_extensions(publisher: Publisher, remote: sdp.Remote) -> None:
    """Send the header extensions that the answer accepted."""
    publisher.extensions = sdp.Extensions(
        {section.kind: section.extensions for section in remote.sections},
        {section.kind: section.mid for section in remote.sections},
    )


class Engine:
    """phonghop's media worker behind its test front (docs/media-worker.md)."""

    name = "phonghop"
    version = "0"

    def __init__(self, crowd: Crowd, core: int, version: str) -> None:
        self.crowd = crowd
        self.version = version
        self._process = processes.start_pinned(
            [sys.executable, "-m", "media", "--front", "127.0.0.1:0"],
            core,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        ready = self._await_ready()
        url = urlsplit(ready["url"])
        self.address = (url.hostname or "127.0.0.1", url.port or 80)
        self.pid = ready["workers"][0]["pid"]
        self.udp = ("127.0.0.1", ready["workers"][0]["udp_port"])

    def _await_ready(self) -> dict[str, Any]:
        out = self._process.stdout
        assert out is not None
        until = time.monotonic() + 15
        while time.monotonic() < until:
            if not select.select([out], [], [], 0.2)[0]:
                continue
            line = out.readline()
            if not line:
                break
            if line.startswith("{") and json.loads(line).get("event") == "front_ready":
                return json.loads(line)  # type: ignore[no-any-return]
        processes.stop(self._process)
        raise NotThere("python -m media --front did not come up")

    def publish(self, publisher: Publisher, site: str, via: tuple[str, int] | None = None) -> None:
        request = self._post(f"/whip/{MEETING}/{site}", offer_publishing(publisher))
        self.crowd.run_until(lambda: request.done, "WHIP answer")
        adopt_extensions(publisher, accept_answer(publisher, self._read(request), via))

    def offer_watching(
        self, receiver: Receiver, number: int, sections: list[tuple[str, str]] | None = None
    ) -> Request:
        """Post the offer of one receiver; `begin_watching` with its answer."""
        offer = sdp.build_description(
            sections or [("video", "recvonly"), ("audio", "recvonly")],
            receiver.ufrag,
            receiver.password,
            self.crowd.identity.fingerprint,
        )
        return self._post(f"/whep/{MEETING}/site-{number}", offer)

    def begin_watching(
        self, receiver: Receiver, request: Request, via: tuple[str, int] | None = None
    ) -> None:
        """Take the answer and connect."""
        accept_answer(receiver, self._read(request), via)

    def watch(self, receivers: list[Receiver], via: tuple[str, int] | None = None) -> None:
        # Eight offers at a time: this is the set-up of another figure, not a join figure.
        for at in range(0, len(receivers), 8):
            some = receivers[at : at + 8]
            requests = [self.offer_watching(r, at + i) for i, r in enumerate(some)]
            self.crowd.run_until(lambda: all(r.done for r in requests), "WHEP answers")  # noqa: B023
            for receiver, request in zip(some, requests, strict=True):
                self.begin_watching(receiver, request, via)

    def set_stage(self, site: str) -> Request:
        """Put `site` on V0 and A0; the request tells when it was sent and answered."""
        stage = {"video": {"V0": site}, "audio": {"A0": site}}
        return Request(
            self.crowd, self.address, "POST", f"/stage/{MEETING}", json.dumps(stage).encode()
        )

    def read_stats(self) -> dict[str, object]:
        """The worker's own counters."""
        stats: dict[str, object] = ask(self.crowd, self.address, "GET", "/stats")
        return stats

    def stop(self) -> None:
        processes.stop(self._process)

    def _post(self, path: str, offer: str) -> Request:
        return Request(self.crowd, self.address, "POST", path, offer.encode(), "application/sdp")

    def _read(self, request: Request) -> str:
        if request.status != 201:
            raise RuntimeError(f"answer {request.status}: {request.body[:300]!r}")
        return request.body.decode()
