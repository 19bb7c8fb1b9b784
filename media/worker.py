"""The worker process: an Engine, its control channel, and its link to sibling workers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, assert_never

from . import control
from .bounds import Bounds
from .bridge import Refused
from .engine import Engine
from .link import Link
from .sdp import OfferRefused
from .stats import engine_stats

Reply = dict[str, Any]
TRACE_CHARS = 4000
"""Of a defect, in the log: the last calls say where it is."""


class Worker:
    """Serves one control socket. Every client sees every event."""

    def __init__(self, engine: Engine, path: str, *, bounds: Bounds | None = None) -> None:
        self.engine = engine
        self.path = path
        self.bounds = bounds or Bounds()
        self.link = Link(engine, path + ".rtp")
        self._clients: dict[asyncio.StreamWriter, None] = {}
        self._server: asyncio.Server | None = None
        self.stopping = asyncio.Event()
        engine.emit = self.tell

    async def open(self) -> None:
        """Listen; only the owner of the process may connect (mode 0600)."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, self.path, limit=self.bounds.control_line_bytes
            )
        finally:
            os.umask(mask)
        self.engine.open()
        self.link.open()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.link.close()
        await self.engine.close()
        for writer in list(self._clients):
            writer.close()
        for path in (self.path, self.path + ".rtp"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def tell(self, event: dict[str, Any]) -> None:
        """One event to all clients; one that does not read is cut."""
        line = json.dumps(event).encode() + b"\n"
        log(event)
        for writer in list(self._clients):
            if writer.transport.get_write_buffer_size() > self.bounds.pending_events * 256:
                self._clients.pop(writer, None)
                writer.transport.abort()
            else:
                writer.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= self.bounds.control_clients:
            writer.close()
            return
        greeted = False
        try:
            while line := await reader.readline():
                number: int | None = None
                try:
                    message = control.read_request(line)
                    number = message.id
                    if isinstance(message, control.Hello):
                        if message.protocol != control.PROTOCOL:
                            raise control.ControlError("protocol", str(control.PROTOCOL))
                        greeted = True
                        self._clients[writer] = None
                    elif not greeted:
                        raise control.ControlError("hello_first")
                    reply: Reply = {"re": number, "ok": self.carry_out(message)}
                except (Refused, OfferRefused, control.ControlError) as exc:
                    error = {"code": exc.code, "detail": exc.detail}
                    reply = {"re": number, "error": error}
                except Exception as exc:
                    # a defect in one command must not end the channel: the pool would take the
                    # worker for lost and end all its sessions
                    log({"event": "internal", "trace": traceback.format_exc()[-TRACE_CHARS:]})
                    error = {"code": "internal", "detail": type(exc).__name__}
                    reply = {"re": number, "error": error}
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, asyncio.LimitOverrunError):
            # a line beyond the limit, or a client that went away: only this client ends
            pass
        finally:
            self._clients.pop(writer, None)
            writer.close()

    def carry_out(self, message: control.AnyRequest) -> Reply:
        """One command. Raises Refused, OfferRefused."""
        engine = self.engine
        match message:
            case control.Hello():
                return {
                    "protocol": control.PROTOCOL,
                    "pid": os.getpid(),
                    "udp_port": engine.port.number,
                    "link": self.link.path,
                }
            case control.OpenMeeting():
                engine.open_meeting(message.meeting, message.codec, tuple(message.voice_slots))
                return {}
            case control.CloseMeeting():
                engine.close_meeting(message.meeting)
                return {}
            case control.Publish():
                answered = engine.publish(message.meeting, message.site, message.offer)
                return dict(vars(answered))
            case control.Receive():
                answered = engine.receive(message.meeting, message.site, message.offer)
                return dict(vars(answered))
            case control.Restart():
                fragment, etag = engine.restart(message.session, message.fragment)
                return {"fragment": fragment, "etag": etag}
            case control.End():
                engine.end(message.session, message.reason)
                return {}
            case control.SetStage():
                engine.set_stage(message.meeting, message.video, message.audio)
                return {"stage": engine.meetings[message.meeting].described()}
            case control.Mute():
                engine.mute(message.meeting, message.site, message.audio, message.video)
                return {}
            case control.Siblings():
                self.link.connect(message.paths)
                return {}
            case control.Stats():
                return engine_stats(engine, self.link)
            case _:
                assert_never(message)


def log(event: dict[str, Any]) -> None:
    """One structured line on standard error."""
    sys.stderr.write(json.dumps({"at": round(time.time(), 3), **event}) + "\n")


async def run_worker(
    path: str,
    host: str,
    port: int,
    candidates: tuple[str, ...],
    parent: int | None = None,
) -> None:
    """Serve until SIGTERM, or until the process that started it is gone."""
    # media makes and drops objects without cycles: Python's 700 had the collector run for nothing
    gc.set_threshold(10_000)
    worker = Worker(Engine(host, port, candidates=candidates), path)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    await worker.open()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stopping.set)
    log({"event": "worker_ready", "pid": os.getpid(), "udp_port": worker.engine.port.number})
    while not worker.stopping.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await worker.stopping.wait()
        if parent is not None and os.getppid() != parent:
            break
    await worker.close()
