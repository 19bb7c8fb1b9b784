"""Start the template of a rung and ask it for forks.

One template per rung and server process, started with the first request, started again when it has
died. It gets no environment and the package directories it needs, read-only where the rung shows
any files at all.
"""

import contextlib
import dataclasses
import functools
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

RUNGS = ("bubblewrap", "namespaces", "landlock", "none")
_ROOT = Path(__file__).resolve().parents[2]
BOOT = (
    "import sys,json;sys.path[:0]=json.loads(sys.argv[1]);"
    "from server.sandbox.child.template import main;main()"
)
_PACKAGES = (
    "pymupdf",
    "PIL",
    "pikepdf",
    "lxml",
    "packaging",
    "deprecated",
    "wrapt",
    "docx",
    "typing_extensions",
)
_END_S = 5.0


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


@dataclasses.dataclass(slots=True)
class RunningTemplate:
    """The process and our end of its control socket."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def ask(self, request: dict[str, Any], descriptors: list[int]) -> None:
        """`OSError` when it is gone or does not read."""
        socket.send_fds(self.control, [json.dumps(request).encode()], descriptors)

    def end(self) -> threading.Thread:
        """Close the control socket: the template kills its forks and leaves, or is killed. The
        thread waits for that, because whoever calls is the event loop, mostly of a template that
        hangs."""
        self.control.close()
        reaper = threading.Thread(target=self._reap, name="reaper", daemon=True)
        reaper.start()
        return reaper

    def _reap(self) -> None:
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_running: dict[str, RunningTemplate] = {}


def _start(rung: str) -> RunningTemplate:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    paths = json.dumps([str(_ROOT), *library_paths()])
    with theirs:
        command = [interpreter(), "-I", "-S", "-B", "-c", BOOT, paths]
        if rung == "bubblewrap":
            command = [*bubblewrap_command(), *command]
        # Not on a helper thread: bwrap would die with it (prctl PR_SET_PDEATHSIG).
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    return RunningTemplate(process, ours)


def ask_template(rung: str, request: dict[str, Any], descriptors: list[int]) -> None:
    """Send one request to the rung's template, starting it where needed. `OSError` otherwise."""
    template = _running.get(rung)
    if template is not None:
        if template.process.poll() is None:
            with contextlib.suppress(BrokenPipeError, ConnectionError):
                template.ask(request, descriptors)
                return
        stop_template(rung)
    template = _running[rung] = _start(rung)
    template.ask(request, descriptors)


def stop_template(rung: str) -> threading.Thread | None:
    """End one rung's template with all its forks; the thread ends with it."""
    template = _running.pop(rung, None)
    return None if template is None else template.end()


def stop_templates() -> None:
    """End every template: the server is closing, or a test wants a fresh one."""
    for reaper in [stop_template(rung) for rung in list(_running)]:
        if reaper is not None:
            reaper.join()
