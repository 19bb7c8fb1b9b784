"""Try to get out. Each attempt that succeeds is a hole; the parent decides what that means."""

import errno
import os
import socket
from typing import Any

from server.sandbox.child.channel import Channel
from server.sandbox.limits import SandboxLimits


def warm_up() -> None:
    """`socket` and `os` are loaded with this module; the resolver is not wanted."""


def refusal_of(error: Exception) -> tuple[str, str]:
    return "crashed", repr(error)


def run(channel: Channel, data: memoryview, extra: dict[str, Any], limits: SandboxLimits) -> None:
    channel.send({"event": "probe", "outcome": try_to_escape(extra["canary"], extra["port"])})


def _reach_host(port: int) -> None:
    with socket.socket() as sock:
        sock.settimeout(2)
        sock.connect(("127.0.0.1", port))


def _open_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", 9))


def _read(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _execute() -> None:
    for program in ("/bin/true", "/usr/bin/true"):
        if pid := os.posix_spawn(program, [program], {}):
            os.waitpid(pid, 0)
            return


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _signal_parent() -> None:
    os.kill(os.getppid(), 0)
    if os.getppid() == 0:
        raise PermissionError("the parent is in another pid namespace")


def _list_environment() -> None:
    if set(os.environ) - {"LC_CTYPE", "LC_ALL", "PWD"}:
        return
    raise PermissionError("empty")


def _use_stray_descriptors() -> None:
    """Only the data socket may be open beside the three standard ones (the null device)."""
    found = [fd for fd in range(3, 64) if _is_open(fd)]
    if len(found) <= 1 and not any(_is_socket(fd) for fd in range(3)):
        raise PermissionError("nothing to use")


def _is_open(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno != errno.EBADF
    return True


def _is_socket(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno == errno.ESPIPE
    return False


def try_to_escape(canary: str, port: int) -> dict[str, Any]:
    """`{attempt: None if it was stopped by an OSError, else what happened}`."""
    attempts = {
        "connect": lambda: _reach_host(port),
        "send_datagram": _open_socket,
        "read_passwd": lambda: _read("/etc/passwd"),
        "read_canary": lambda: _read(canary),
        "write_canary": lambda: _write(canary),
        "write_new_file": lambda: _write(canary + ".escaped"),
        "write_tmp": lambda: _write("/tmp/phonghop-escaped"),  # noqa: S108
        "execute": _execute,
        "fork": _fork,
        "signal_parent": _signal_parent,
        "descriptors": _use_stray_descriptors,
        "environment": _list_environment,
    }
    outcome: dict[str, Any] = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            outcome[name] = None
        else:
            outcome[name] = "succeeded"
    return outcome
