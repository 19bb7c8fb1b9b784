"""`kill -9` under load: nothing acknowledged is lost; and a server that lies is found out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.harness.server import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.harness.crash", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=550)


@pytest.mark.timeout(600)
def test_ten_kills_lose_and_double_nothing() -> None:
    done = run("--cycles", "10")
    assert done.stdout.splitlines()[-1:] == ["lost 0 doubled 0"], done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.timeout(600)
def test_a_server_that_answers_before_it_commits_is_found_out() -> None:
    done = run("--cycles", "3", "--acknowledge-early")
    last = done.stdout.splitlines()[-1].split()
    assert last[0] == "lost", done.stdout + done.stderr
    assert int(last[1]) > 0
    assert done.returncode == 1
