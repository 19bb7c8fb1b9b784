"""One fork: give everything up, then do one job on one document.

The request is `{"job", "rung", "limits", "extra"}`; frames go both ways on the data socket.
"""

import contextlib
import importlib
import mmap
import os
from typing import Any, NoReturn

from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import enter_namespaces, lock_down
from server.sandbox.limits import SandboxLimits

EXIT_LOCKDOWN_FAILED = 97
INGEST_NICENESS = 5
JOBS = {
    "probe": "server.sandbox.child.probe_job",
    "ingest": "server.sandbox.child.ingest_job",
    "tiles": "server.sandbox.child.tiles_job",
    "export": "server.sandbox.child.export_job",
    "notes": "server.sandbox.child.notes_job",
    "xfdf": "server.sandbox.child.xfdf_job",
}
"""Each job module has `warm_up`, `run` and `refusal_of`."""


def map_file(fd: int | None) -> memoryview:
    """The document as read-only memory; mapping reads nothing of it."""
    if fd is None:
        return memoryview(b"")
    data = memoryview(mmap.mmap(fd, 0, prot=mmap.PROT_READ))
    os.close(fd)
    return data


def run_job(request: dict[str, Any], data_fd: int, document: int | None) -> NoReturn:
    """Lock down, say `ready`, run; ends the process."""
    limits = SandboxLimits.from_json(request["limits"])
    channel = Channel(data_fd, data_fd, limits)
    job = importlib.import_module(JOBS[request["job"]])
    if request["job"] == "ingest":
        # Somebody waits for a tile or a download; a meeting in session waits for nobody's upload.
        os.nice(INGEST_NICENESS)
    try:
        if request["rung"] == "namespaces":
            enter_namespaces()
        data = map_file(document)
        walls = lock_down(request["rung"], limits, len(data))
    except OSError as error:
        channel.send({"event": "lockdown_failed", "detail": f"{type(error).__name__}: {error}"})
        os._exit(EXIT_LOCKDOWN_FAILED)
    channel.send({"event": "ready", "walls": walls})
    try:
        job.run(channel, data, request["extra"], limits)
    except Exception as error:
        code, detail = job.refusal_of(error)
        with contextlib.suppress(OSError):
            channel.send({"event": "refused", "code": code, "detail": detail[:500]})
    os._exit(0)
