"""Start one sandboxed process on one rung of the ladder, and talk to it in frames.

The child is a fork of the rung's template. It gets a data socket and the document as an open
descriptor. Everything it says is checked against `SandboxLimits` before it is believed.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from server.sandbox.child.template import STATUS
from server.sandbox.frames import PREFIX, FrameError, pack_frame, read_prefix, unpack_frame
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import (
    REFUSAL_CODES,
    DocumentRefused,
    RefusalCode,
    SandboxUnavailable,
)
from server.sandbox.templates import RUNGS, ask_template, stop_template

_CPU_SIGNALS = (signal.SIGXCPU,)
_KILL_GRACE_S = 5.0


class SandboxedProcess:
    """One child. Use `start_process`; `frames()` until it ends; always `end()`."""

    def __init__(
        self,
        data: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        lifeline: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        limits: SandboxLimits,
    ) -> None:
        self._stdout, self._stdin = data
        self._life, self._kill = lifeline
        self._limits = limits
        self._received = 0
        self._waited = 0.0
        self.walls: tuple[str, ...] = ()
        self.status: int | None = None
        """The wait status, once the child is gone and reaped."""

    async def send(self, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
        try:
            self._stdin.write(pack_frame(header, blobs))
            await self._stdin.drain()
        except ConnectionError as error:
            raise await self._death() from error

    async def receive(
        self, patience: float | None = None, max_body: int | None = None
    ) -> tuple[dict[str, Any], list[bytes]]:
        """The next frame. `DocumentRefused` when the child refuses, dies or is silent too long."""
        limits = self._limits
        loop = asyncio.get_running_loop()
        began = loop.time()
        patience = patience if patience is not None else limits.frame_wall_s
        patience = min(patience, limits.total_wall_s - self._waited)
        try:
            async with asyncio.timeout(patience):
                header, blobs = await self._read_frame(max_body or limits.max_frame_bytes)
        except TimeoutError as error:
            self.kill()
            raise DocumentRefused("timed_out", f"silent for {patience:.0f} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise await self._death() from error
        except FrameError as error:
            self.kill()
            raise DocumentRefused("crashed", f"spoke out of turn: {error}") from error
        self._waited += loop.time() - began
        if header.get("event") == "refused":
            raise refusal_from(header)
        return header, blobs

    async def frames(self) -> AsyncIterator[tuple[dict[str, Any], list[bytes]]]:
        while True:
            yield await self.receive()

    async def _read_frame(self, max_body: int) -> tuple[dict[str, Any], list[bytes]]:
        stream = self._stdout
        lengths = read_prefix(
            await stream.readexactly(PREFIX.size), self._limits.max_header_bytes, max_body
        )
        self._received += sum(lengths)
        if self._received > self._limits.max_output_bytes:
            self.kill()
            raise DocumentRefused("too_complex", "output above its bound")
        return unpack_frame(*[await stream.readexactly(length) for length in lengths])

    async def _death(self) -> DocumentRefused:
        """What the end of the child means."""
        if not await self._wait_for_end():
            self.kill()
            return DocumentRefused("crashed", "closed its socket and stayed")
        if self.status is None:
            return DocumentRefused("crashed", "its template is gone")
        if os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) in _CPU_SIGNALS:
            return DocumentRefused("too_complex", "CPU time")
        return DocumentRefused("crashed", f"wait status {self.status}")

    async def _wait_for_end(self) -> bool:
        """Was the child gone within the grace? Sets `status` where the template could tell."""
        if self.status is not None:
            return True
        try:
            async with asyncio.timeout(_KILL_GRACE_S):
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    (self.status,) = STATUS.unpack(await self._life.readexactly(STATUS.size))
        except TimeoutError:
            return False
        return True

    def kill(self) -> None:
        """Have the template kill the child; harmless when it is gone."""
        if not self._kill.is_closing():
            self._kill.write(b"k")

    async def end(self) -> None:
        """Kill the child if it still runs, and wait until it is reaped."""
        self.kill()
        try:
            await self._wait_for_end()
        finally:
            self._stdin.close()
            self._kill.close()


def refusal_from(header: dict[str, Any]) -> DocumentRefused:
    """A refusal the child sent, with a code this side knows."""
    code = header.get("code")
    if isinstance(code, str) and code in REFUSAL_CODES:
        return DocumentRefused(cast(RefusalCode, code), str(header.get("detail", "")))
    return DocumentRefused("crashed", "refused without a known code")


async def start_process(
    rung: str,
    job: str,
    limits: SandboxLimits,
    fd: int | None = None,
    extra: dict[str, Any] | None = None,
) -> SandboxedProcess:
    """A child that has locked itself down and begins `job` on the document behind `fd`.

    `fd` stays the caller's to close. `SandboxUnavailable` where the rung cannot be built.
    """
    if rung not in RUNGS:
        raise SandboxUnavailable(f"{rung}: no such rung")
    request = {"job": job, "rung": rung, "limits": limits.to_json(), "extra": extra or {}}
    ours, theirs = socket.socketpair()
    life, their_life = socket.socketpair()
    with theirs, their_life:
        descriptors = [theirs.fileno(), their_life.fileno(), *([] if fd is None else [fd])]
        try:
            ask_template(rung, request, descriptors)
        except OSError as error:
            ours.close()
            life.close()
            raise SandboxUnavailable(f"{rung}: {error}") from error
    child = SandboxedProcess(
        await asyncio.open_connection(sock=ours), await asyncio.open_connection(sock=life), limits
    )
    try:
        header, _ = await child.receive(limits.start_wall_s)
    except DocumentRefused as refused:
        await child.end()
        if child.status is None:
            # No word from the template either: the next request starts a new one.
            stop_template(rung)
        raise SandboxUnavailable(f"{rung}: child did not start: {refused}") from refused
    except BaseException:
        await child.end()
        raise
    if header.get("event") != "ready":
        await child.end()
        raise SandboxUnavailable(f"{rung}: {header.get('detail', 'no walls')}")
    child.walls = tuple(str(wall) for wall in header.get("walls", ()))
    return child


def warm_template(rung: str) -> None:
    """Let the rung's template load the libraries now, so that the first document does not wait."""
    with contextlib.suppress(OSError):
        ask_template(rung, {"job": "export"}, [])
