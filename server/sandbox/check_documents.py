"""`phonghop check-documents FOLDER`: every file of a folder through the ingest of uploads."""

import asyncio
import contextlib
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from server.sandbox.ingest import ingest
from server.sandbox.ladder import Sandbox, choose_sandbox
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable

EXIT_UNAVAILABLE = 3


async def check_document(sandbox: Sandbox, path: Path) -> str:
    """Either "ok" or the code of the refusal."""
    try:
        async with contextlib.aclosing(ingest(sandbox, path)) as events:
            async for _ in events:
                pass
    except DocumentRefused as refused:
        return refused.code
    except OSError as error:
        # A file we may not read is refused like any other; the folder goes on.
        return f"unreadable_{error.errno}"
    return "ok"


async def check_folder(
    sandbox: Sandbox, folder: Path, workers: int
) -> AsyncIterator[tuple[Path, str]]:
    """Each regular file below `folder` with its result, as they finish."""
    files = await asyncio.to_thread(lambda: sorted(p for p in folder.rglob("*") if p.is_file()))

    async def check(path: Path) -> tuple[Path, str]:
        return path, await check_document(sandbox, path)

    waiting = iter(files[workers:])
    running = {asyncio.create_task(check(path)) for path in files[:workers]}
    while running:
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if (path := next(waiting, None)) is not None:
                running.add(asyncio.create_task(check(path)))
            yield task.result()


def main(folder: Path, workers: int = 2) -> int:
    """Print a line per refused file and one JSON line of counts. Exit code 0 when every file gave
    pages or a clear refusal, 1 when one crashed or timed out, 3 without a sandbox."""
    return asyncio.run(_main(folder, workers))


async def _main(folder: Path, workers: int) -> int:
    sandbox = await choose_sandbox()
    counts: Counter[str] = Counter()
    try:
        sandbox.use_rung()
        async for path, result in check_folder(sandbox, folder, workers):
            counts[result] += 1
            if result != "ok":
                sys.stdout.write(f"{result}\t{path.relative_to(folder)}\n")
                sys.stdout.flush()
    except SandboxUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_UNAVAILABLE
    crashed, timed_out = counts["crashed"], counts["timed_out"]
    files = counts.total()
    summary = {
        "files": files,
        "ok": counts["ok"],
        "refused": files - counts["ok"] - crashed - timed_out,
        "crashed": crashed,
        "timed_out": timed_out,
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    return 1 if crashed or timed_out else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
