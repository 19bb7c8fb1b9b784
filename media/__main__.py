"""`python -m media`: a bare worker, or the test front with its workers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m media", description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--control", metavar="PATH", help="serve as a worker on this local socket")
    mode.add_argument("--front", metavar="HOST:PORT", help="serve the loopback test front")
    parser.add_argument("--udp", metavar="HOST:PORT", default="127.0.0.1:0")
    parser.add_argument("--candidate", metavar="IP", action="append", default=[])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--token", default="")
    parser.add_argument("--log", metavar="FILE", help="where workers write (default: stderr)")
    parser.add_argument("--directory", type=Path, help="where the local sockets are made")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    udp = _address(chosen.udp)
    candidates = tuple(chosen.candidate)
    if chosen.control:
        return _run_worker(chosen.control, udp, candidates, chosen.parent)
    with contextlib.ExitStack() as stack:
        directory = chosen.directory or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bridge-"))
        )
        asyncio.run(_run_front(_address(chosen.front), directory, udp, candidates, chosen))
    return 0


def _run_worker(
    path: str, udp: tuple[str, int], candidates: tuple[str, ...], parent: int | None
) -> int:
    import uvloop

    from .worker import run_worker

    # receiving costs half with uvloop; see docs/decisions/
    uvloop.run(run_worker(path, udp[0], udp[1], candidates, parent))
    return 0


async def _run_front(
    address: tuple[str, int],
    directory: Path,
    udp: tuple[str, int],
    candidates: tuple[str, ...],
    chosen: argparse.Namespace,
) -> None:
    from .front import run_front

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    await run_front(
        *address,
        directory,
        workers=chosen.workers,
        udp=udp,
        candidates=candidates,
        token=chosen.token,
        stop=stop,
        say=say,
        log=chosen.log,
    )


if __name__ == "__main__":
    sys.exit(main())
