"""The template: a process that has loaded the libraries, has read nothing foreign, and forks.

Loading PyMuPDF costs about a second of CPU; a fork of a process that has done so costs a few
milliseconds. Each fork is a fresh process for one document: it locks itself down before it reads.
The template itself never reads anything but requests of the server.

A request is one message on the control socket with two or three descriptors: the fork's data
socket, its lifeline, and the document. On the lifeline the server sends a byte to have the fork
killed, and gets the fork's wait status (int32) when it is gone.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import struct
from itertools import pairwise
from typing import Any, NoReturn

from server.sandbox.child.main import JOBS, run_job

REQUEST_BYTES = 1 << 16
_FIRST_DESCRIPTOR, _MOST_DESCRIPTORS = 3, 65_536
STATUS = struct.Struct("=i")


class Template:
    """Serves requests from `control` until the server closes it."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lifelines: dict[int, socket.socket] = {}
        self._woken, waker = socket.socketpair()
        self._waker = waker
        for end in (self._woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)

    def serve(self) -> NoReturn:
        while True:
            watched = [self._control, self._woken, *self._lifelines.values()]
            readable, _, _ = select.select(watched, [], [])
            if self._woken in readable:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            self._reap()
            for pid, lifeline in list(self._lifelines.items()):
                if lifeline in readable:
                    # A byte or the end: either way nobody wants this fork any more.
                    os.kill(pid, signal.SIGKILL)
                    self._lifelines[pid].recv(1)
            if self._control in readable:
                self._answer()

    def _reap(self) -> None:
        while self._lifelines:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            lifeline = self._lifelines.pop(pid, None)
            if lifeline is not None:
                with contextlib.suppress(OSError):
                    lifeline.send(STATUS.pack(status))
                lifeline.close()

    def _answer(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._control, REQUEST_BYTES, 3)
        if not message:
            for pid in self._lifelines:
                os.kill(pid, signal.SIGKILL)
            os._exit(0)
        request: dict[str, Any] = json.loads(message)
        job = importlib.import_module(JOBS[request["job"]])
        job.warm_up()
        if not descriptors:
            return
        data, lifeline = descriptors[:2]
        document = descriptors[2] if len(descriptors) > 2 else None
        pid = os.fork()
        if pid == 0:
            self._become_fork(request, data, document)
        self._lifelines[pid] = socket.socket(fileno=lifeline)
        os.close(data)
        if document is not None:
            os.close(document)

    def _become_fork(self, request: dict[str, Any], data: int, document: int | None) -> NoReturn:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Everything of the template and of other forks: sockets, whatever a library opened.
        kept = sorted({data} if document is None else {data, document})
        for low, high in pairwise([_FIRST_DESCRIPTOR - 1, *kept, _MOST_DESCRIPTORS]):
            os.closerange(low + 1, high)
        try:
            run_job(request, data, document)
        finally:
            os._exit(1)


def main() -> NoReturn:
    """Standard input is the control socket; forks must find the null device there."""
    control = socket.socket(fileno=os.dup(0))
    os.dup2(2, 0)
    Template(control).serve()
