"""Ending a template that hangs."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from server.sandbox import templates

DEAF = "import time;print('up',flush=True);time.sleep(600)"


def deaf_template() -> templates.RunningTemplate:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == b"up\n"
    return templates.RunningTemplate(process, ours)


def test_a_template_that_hangs_does_not_hold_up_who_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(templates, "_END_S", 600.0)
    template = deaf_template()
    monkeypatch.setitem(templates._running, "deaf", template)
    reaper = templates.stop_template("deaf")
    assert reaper is not None
    assert template.process.poll() is None
    template.process.kill()
    reaper.join(60)
    assert template.process.returncode == -signal.SIGKILL
    assert templates.stop_template("deaf") is None


def test_it_is_killed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_END_S", 0.01)
    template = deaf_template()
    monkeypatch.setattr(templates, "_running", {"deaf": template})
    templates.stop_templates()
    assert template.process.returncode == -signal.SIGKILL
