"""`make bench-reading`: all figures of reading, one JSON line each.

A demo server on temporary data is started, its papers are read, and the server, the ingest and
the browser are measured one after the other.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.benchmarks.reading import server_figures
from tests.harness.server import ROOT, RunningServer


def run(module: str, *arguments: str) -> int:
    """Another measurement in its own process; its lines go to our standard output."""
    command = [sys.executable, "-m", f"tests.benchmarks.reading.{module}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """All of them; the exit status tells of one that could not be taken."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer(Path(folder) / "data", demo=True).start()
        try:
            uvloop.run(server_figures.all_read(server))
            uvloop.run(server_figures.measure(server))
            failed |= run("browser", server.base)
        finally:
            server.stop()
    return failed | run("ingest")


if __name__ == "__main__":
    sys.exit(main())
