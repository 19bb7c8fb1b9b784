"""Debian's Janus with its VideoRoom, the peer of the figures, driven over its HTTP API."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.media import processes, sdp
from tests.benchmarks.media.crowd import Crowd
from tests.benchmarks.media.publisher import Publisher
from tests.benchmarks.media.receiver import Receiver
from tests.benchmarks.media.requests import ask
from tests.benchmarks.media.servers import NotThere, accept_answer, adopt_extensions

ROOM = 1234
_LIBRARIES = "/usr/lib/x86_64-linux-gnu/janus"

_CORE = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports"
  events_folder = "{libraries}/events"
  loggers_folder = "{libraries}/loggers"
  debug_level = 2
  session_timeout = 0
  {loops}
}}
nat: {{
  ice_lite = true
  full_trickle = false
  ice_enforce_list = "{interface}"
}}
media: {{
  ipv6 = false
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "libjanus_pfunix.so,libjanus_websockets.so,libjanus_rabbitmq.so,\
libjanus_mqtt.so,libjanus_nanomsg.so" }}
"""
_HTTP = """
general: {{ json = "compact" base_path = "/janus" http = true port = {port} ip = "127.0.0.1" }}
admin: {{ admin_http = false }}
"""
_OTHER_PLUGINS = (
    "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail"
)


def find_version() -> str:
    """The installed version, such as 1.1.2; NotThere without the program."""
    program = shutil.which("janus")
    if program is None:
        raise NotThere("janus is not installed (apt-get install janus)")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"Janus version: \d+ \(([\d.]+)\)", said.stdout)
    return found[1] if found else "unknown"


class Janus:
    """Janus with one VideoRoom, ICE-lite, no STUN server, API on loopback only.

    `loops` 0 is the default of one thread per handle; otherwise a fixed number of event loops.
    """

    name = "janus"

    def __init__(self, crowd: Crowd, core: int, loops: int = 0) -> None:
        self.crowd = crowd
        self.loops = loops
        self.version = find_version()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = ("127.0.0.1", port)
        self._folder = tempfile.TemporaryDirectory(prefix="bench-janus-")
        folder = Path(self._folder.name)
        (folder / "janus.jcfg").write_text(
            _CORE.format(
                folder=folder,
                libraries=_LIBRARIES,
                loops=f"event_loops = {loops}" if loops else "",
                interface="lo",
                plugins=",".join(f"libjanus_{name}.so" for name in _OTHER_PLUGINS.split()),
            )
        )
        (folder / "janus.transport.http.jcfg").write_text(_HTTP.format(port=port))
        (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        self._log = (folder / "log").open("w")
        self._process = processes.start_pinned(
            ["janus", "-F", str(folder)], core, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.pid = self._process.pid
        self._feed: Any = None
        self._events: list[dict[str, Any]] = []
        self._open()

    # API ----------------------------------------------------------------------------------

    def _open(self) -> None:
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(self.address, 1):
                break
            if time.monotonic() > until or self._process.poll() is not None:
                self.stop()
                raise NotThere("janus did not come up")
            time.sleep(0.05)
        self._session = self._call("", {"janus": "create"})["data"]["id"]
        host = self._attach()
        room = {
            "request": "create",
            "room": ROOM,
            "publishers": 6,
            "bitrate": 0,
            "audiocodec": "opus",
            "videocodec": "vp8",
            "fir_freq": 0,
            "videoorient_ext": False,
            "playoutdelay_ext": False,
            "transport_wide_cc_ext": False,
        }
        made = self._call(f"/{host}", {"janus": "message", "body": room})
        if made["plugindata"]["data"].get("videoroom") != "created":
            raise RuntimeError(f"no room: {made}")

    def _call(self, where: str, message: dict[str, Any]) -> Any:
        session = f"/{self._session}" if message["janus"] != "create" else ""
        message["transaction"] = secrets.token_hex(6)
        said = ask(self.crowd, self.address, "POST", f"/janus{session}{where}", message)
        if said["janus"] == "error":
            raise RuntimeError(f"janus: {said['error']}")
        return said

    def _attach(self) -> int:
        answer = self._call("", {"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(answer["data"]["id"])

    def _message(self, handle: int, body: dict[str, Any], jsep: Any = None) -> dict[str, Any]:
        """Send a message that is answered by an event of the same transaction."""
        message: dict[str, Any] = {"janus": "message", "body": body}
        if jsep is not None:
            message["jsep"] = jsep
        transaction = self._call(f"/{handle}", message)["transaction"]
        while True:
            for event in self._events:
                if event.get("transaction") == transaction:
                    self._events.remove(event)
                    data = event["plugindata"]["data"]
                    if "error" in data:
                        raise RuntimeError(f"janus: {data['error']}")
                    return event
            path = f"/janus/{self._session}?maxev=10"
            said = ask(self.crowd, self.address, "GET", path)
            for event in said if isinstance(said, list) else [said]:
                if event["janus"] == "event":
                    self._events.append(event)
                elif event["janus"] == "hangup":
                    self.crowd.problems.append(f"janus hung up: {event.get('reason')}")

    # Media --------------------------------------------------------------------------------

    def publish(self, publisher: Publisher, site: str, via: tuple[str, int] | None = None) -> None:
        handle = self._attach()
        join = {"request": "join", "ptype": "publisher", "room": ROOM, "display": site}
        self._feed = self._message(handle, join)["plugindata"]["data"]["id"]
        offer = sdp.build_description(
            [("audio", "sendonly"), ("video", "sendonly")],
            publisher.ufrag,
            publisher.password,
            self.crowd.identity.fingerprint,
            # Janus would answer actpass with active, and the crowd is a DTLS client only.
            setup="active",
            ssrcs={"audio": publisher.audio_ssrc, "video": publisher.video_ssrc},
        )
        event = self._message(handle, {"request": "publish"}, {"type": "offer", "sdp": offer})
        adopt_extensions(publisher, accept_answer(publisher, event["jsep"]["sdp"], via))

    def watch(self, receivers: list[Receiver]) -> None:
        for receiver in receivers:
            handle = self._attach()
            join = {
                "request": "join",
                "ptype": "subscriber",
                "room": ROOM,
                "streams": [{"feed": self._feed}],
            }
            offer = self._message(handle, join)["jsep"]["sdp"]
            remote = sdp.read_description(offer)
            types: dict[str, int] = {}
            for section in remote.sections:
                types.update(section.payload_types)
            receiver.video_types = frozenset({types["VP8"]})
            answer = sdp.build_description(
                [(section.kind, "recvonly") for section in remote.sections],
                receiver.ufrag,
                receiver.password,
                self.crowd.identity.fingerprint,
                setup="active",
                mids=[section.mid for section in remote.sections],
                payload_types=types,
                extensions=False,
            )
            accept_answer(receiver, offer)
            self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    def stop(self) -> None:
        processes.stop(self._process)
        self._log.close()
        self._folder.cleanup()
