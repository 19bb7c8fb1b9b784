"""Processes under test: pinned to a core, and what the kernel says they used."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def choose_cores() -> tuple[int, int]:
    """(server core, crowd core); the same one twice where the machine has only one."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


def go_ahead() -> None:
    """Schedule this process and all it starts before others (real time; needs the right to).

    For a machine that is shared: CPU per packet still suffers from caches that others fill, but
    delays no longer measure the others.
    """
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def start_pinned(command: list[str], core: int, **options: object) -> subprocess.Popen[str]:
    """Start `command` with its whole process tree on `core`, ended with this process group."""
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        command,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        **options,
    )


def stop(process: subprocess.Popen[str]) -> None:
    """End the process's session by its own id, firmly after five seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


def read_cpu_s(pid: int) -> float:
    """User and system time of one process with all its threads, in seconds (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def read_rss_kb(pid: int) -> int:
    """Resident memory in kB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ValueError(f"no VmRSS for {pid}")


def read_core_busy_s(core: int) -> float:
    """Seconds that `core` was busy since boot, by anybody (stolen time included)."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *values = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _wait, irq, soft, steal = map(int, values[:8])
            return (user + nice + system + irq + soft + steal) / _TICKS
    raise ValueError(f"no core {core}")
