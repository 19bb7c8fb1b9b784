"""A server that cannot start says why in one line, and a second one leaves the folder alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import Settings
from server.starting import CannotStart, hold_folder, read_settings, take_port
from tests.harness.server import ROOT


def test_one_server_holds_a_folder_and_the_next_is_told_which(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=8123)
    with hold_folder(settings), pytest.raises(CannotStart, match=r"http://127\.0\.0\.1:8123"):
        hold_folder(settings)
    hold_folder(settings).close()


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="PHONGHOP_DATA"):
        hold_folder(Settings(data=tmp_path / "file"))


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} .* PHONGHOP_PORT"):
            take_port(Settings(port=port))


def test_a_setting_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONGHOP_PORT", "abc")
    with pytest.raises(CannotStart, match="PHONGHOP_PORT='abc'"):
        read_settings()


def test_the_command_ends_with_that_line_and_no_traceback(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=8124)
    environment = {**os.environ, "PHONGHOP_DATA": str(settings.data), "PHONGHOP_PORT": "8124"}
    with hold_folder(settings):
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", "serve"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is served already" in done.stderr
    assert done.stdout == ""
