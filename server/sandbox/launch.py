"""Start one sandboxed process on one rung of the ladder, and talk to it in frames.

The child gets: no environment, the package directories it needs (read-only, where the rung shows
any files at all), two pipes, and the document as an open descriptor. Everything it says is checked
against `SandboxLimits` before it is believed.
"""

import asyncio
import contextlib
import functools
import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

from server.sandbox.frames import PREFIX, FrameError, pack_frame, read_prefix, unpack_frame
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import REFUSAL_CODES, DocumentRefused, RefusalCode, SandboxUnavailable

_ROOT = Path(__file__).resolve().parents[2]
_BOOT = (
    "import sys,json;c=json.loads(sys.argv[1]);sys.path[:0]=c['paths'];"
    "from server.sandbox.child.main import main;main(c)"
)
_PACKAGES = ("pymupdf", "PIL", "pikepdf", "lxml", "packaging", "deprecated", "wrapt")
RUNGS = ("bubblewrap", "namespaces", "landlock", "none")
_CPU_SIGNALS = (signal.SIGXCPU,)
_KILL_GRACE_S = 5.0


@functools.cache
def library_paths() -> tuple[str, ...]:
    """Directories that hold the child's packages, as they are in this interpreter."""
    found: dict[str, None] = {}
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found[str(Path(spec.origin).parent.parent)] = None
    return tuple(found)


def interpreter() -> str:
    """The interpreter behind the virtual environment: it needs no pyvenv.cfg to start."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return os.path.realpath(base)


@functools.cache
def bubblewrap_command() -> tuple[str, ...]:
    """bwrap with everything unshared and only the interpreter's own files to be seen."""
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bwrap is not installed")
    command = [program, "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"]
    command += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name in ("/lib", "/lib64", "/lib32"):
        if os.path.islink(name):
            command += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            command += ["--ro-bind", name, name]
    shown = [
        "/usr",
        sys.base_prefix,
        sys.base_exec_prefix,
        *library_paths(),
        str(_ROOT / "server" / "__init__.py"),
        str(_ROOT / "server" / "sandbox"),
        str(_ROOT / "annotations"),
    ]
    for path in dict.fromkeys(shown):
        command += ["--ro-bind", path, path]
    return (*command, "--chdir", "/", "--")


class SandboxedProcess:
    """One child. Use `start_process`; `frames()` until it ends; always `end()`."""

    def __init__(self, process: asyncio.subprocess.Process, limits: SandboxLimits) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the child needs both pipes")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._limits = limits
        self._received = 0
        self._waited = 0.0
        self.walls: tuple[str, ...] = ()

    @property
    def pid(self) -> int:
        return self._process.pid

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
        """What the end of the child means. bwrap reports a signal as 128 + its number."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILL_GRACE_S):
                await self._process.wait()
        code = self._process.returncode
        if code is None:
            self.kill()
            return DocumentRefused("crashed", "closed its pipe and stayed")
        number = -code if code < 0 else code - 128
        if number in _CPU_SIGNALS:
            return DocumentRefused("too_complex", "CPU time")
        return DocumentRefused("crashed", f"exit code {code}")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """Kill the child if it still runs, and reap it."""
        self.kill()
        self._stdin.close()
        await self._process.wait()


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
    config = {
        "job": job,
        "rung": rung,
        "limits": limits.to_json(),
        "fd": fd,
        "extra": extra or {},
        "paths": [str(_ROOT), *library_paths()],
    }
    command = [interpreter(), "-I", "-S", "-B", "-c", _BOOT, json.dumps(config)]
    try:
        if rung == "bubblewrap":
            command = [*bubblewrap_command(), *command]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=() if fd is None else (fd,),
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxUnavailable(f"{rung}: {error}") from error
    child = SandboxedProcess(process, limits)
    try:
        header, _ = await child.receive(limits.start_wall_s)
    except DocumentRefused as refused:
        await child.end()
        raise SandboxUnavailable(f"{rung}: child did not start: {refused}") from refused
    except BaseException:
        await child.end()
        raise
    if header.get("event") != "ready":
        await child.end()
        raise SandboxUnavailable(f"{rung}: {header.get('detail', 'no walls')}")
    child.walls = tuple(str(wall) for wall in header.get("walls", ()))
    return child
