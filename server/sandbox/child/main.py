"""The child process: load and warm the libraries, give everything up, do one job.

`main` gets its configuration as a dict from the command line:
`{"job", "rung", "limits", "fd" (the document, or null), "extra"}`.
Frames go out on what was standard output; standard output itself is turned away, because libraries
print to it.
"""

import contextlib
import importlib
import mmap
import os
import sys
from typing import Any

from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import enter_namespaces, lock_down
from server.sandbox.limits import SandboxLimits

EXIT_LOCKDOWN_FAILED = 97
JOBS = {
    "probe": "server.sandbox.child.probe_job",
    "ingest": "server.sandbox.child.ingest_job",
    "tiles": "server.sandbox.child.tiles_job",
    "export": "server.sandbox.child.export_job",
}


def map_file(fd: int | None) -> memoryview:
    """The document as read-only memory; mapping reads nothing of it."""
    if fd is None:
        return memoryview(b"")
    data = memoryview(mmap.mmap(fd, 0, prot=mmap.PROT_READ))
    os.close(fd)
    return data


def main(config: dict[str, Any]) -> None:
    """Lock down, then run. A job module has `warm_up`, `run` and `refusal_of`."""
    limits = SandboxLimits.from_json(config["limits"])
    rung, fd = config["rung"], config["fd"]
    channel = Channel(0, os.dup(1), limits)
    os.dup2(2, 1)
    try:
        if rung == "namespaces":
            enter_namespaces()
        job = importlib.import_module(JOBS[config["job"]])
        job.warm_up()
        data = map_file(fd)
        walls = lock_down(rung, limits, len(data))
    except OSError as error:
        channel.send({"event": "lockdown_failed", "detail": f"{type(error).__name__}: {error}"})
        os._exit(EXIT_LOCKDOWN_FAILED)
    channel.send({"event": "ready", "walls": walls})
    try:
        job.run(channel, data, config.get("extra") or {}, limits)
    except Exception as error:
        code, detail = job.refusal_of(error)
        with contextlib.suppress(OSError):
            channel.send({"event": "refused", "code": code, "detail": detail[:500]})
    os._exit(0)


if __name__ == "__main__":
    sys.exit("started only by server.sandbox.launch")
