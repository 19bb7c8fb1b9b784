"""A disk that is full, and the order of fsync and acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import Settings
from tests.harness.crash import stored
from tests.harness.marks import Outbox, put
from tests.harness.meetings import make_meeting
from tests.harness.server import ROOT, RunningServer, populate, running
from tests.harness.tablet import Tablet

PUSHES = 200
PROOF_PUSHES = 1_000


def may_mount() -> bool:
    """Whether this process may mount in a namespace of its own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    trial = "mount -t tmpfs -o size=64k tmpfs /mnt"
    return subprocess.run(["unshare", "-m", "sh", "-c", trial], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="needs root and the right to mount a small tmpfs")
def test_a_full_disk_acknowledges_nothing_false_and_recovers_without_a_restart() -> None:
    """The whole runs in a mount namespace of its own: the small disk ends with it."""
    inside = f"mount -t tmpfs -o size=24m tmpfs /mnt && exec {sys.executable} -m {__name__}"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", inside], cwd=ROOT, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "recovered"


async def fill_and_free(data: Path) -> None:
    """Push until the disk is full; every acknowledged mark is there, and room brings all back."""
    server = RunningServer(data)
    server.people = populate(Settings(data=data))
    await asyncio.to_thread(server.start)
    secretary, delegate = Tablet(server), Tablet(server)
    await secretary.sign_in("thuky")
    await delegate.sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    card = await secretary.do("POST", f"/meetings/{meeting}/documents", {"title": "Báo cáo"})
    view = await delegate.do("GET", f"/documents/{card['id']}")
    outbox = Outbox(view["my_layer"], card["id"])
    ballast = data.parent / "ballast"
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    acknowledged, refused = [], 0
    async with delegate.live() as live:
        while refused < 3:
            frame = outbox.push(*(put(outbox.version, body="ế" * 2000) for _ in range(20)))
            answer = await outbox.send(live, frame)
            if answer["t"] == "ann.ack":
                acknowledged += [op["id"] for op in frame["ops"]]
            else:
                assert answer["code"] == "try_later", answer
                refused += 1
        assert (await secretary.refused("POST", f"/meetings/{meeting}/items", {"title": "x"}))[
            1
        ] == "disk_full"
        assert (await delegate.do("GET", f"/meetings/{meeting}"))["view"]["items"]
        ballast.unlink()
        late = outbox.push()
        assert (await outbox.send(live, late))["t"] == "ann.ack"
        acknowledged.append(late["ops"][0]["id"])
        await secretary.do("POST", f"/meetings/{meeting}/items", {"title": "Sau khi có chỗ"})
    await asyncio.gather(secretary.close(), delegate.close())
    await asyncio.to_thread(server.kill)
    marks, doubled = stored(Settings(data=data).database_file)
    assert marks == set(acknowledged)
    assert doubled == []
    print("recovered")


def may_trace() -> bool:
    """Whether strace is here and ptrace is allowed."""
    if shutil.which("strace") is None:
        return False
    return (
        subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not may_trace(), reason="needs strace and the right to trace")
@pytest.mark.parametrize("pushes", [PUSHES, pytest.param(PROOF_PUSHES, marks=pytest.mark.proof)])
@pytest.mark.timeout(900)
async def test_the_wal_is_on_the_disk_before_the_acknowledgement_leaves(
    data: Path, pushes: int
) -> None:
    with running(data) as server:
        secretary, delegate = Tablet(server), Tablet(server)
        await secretary.sign_in("thuky")
        await delegate.sign_in("daibieu1")
        meeting = await make_meeting(secretary, (delegate.person, "delegate"))
        card = await secretary.do("POST", f"/meetings/{meeting}/documents", {"title": "Báo cáo"})
        view = await delegate.do("GET", f"/documents/{card['id']}")
        outbox = Outbox(view["my_layer"], card["id"])
        assert server.process is not None
        trace = data / "trace"
        calls = "trace=pwrite64,fsync,fdatasync,write,sendto,sendmsg,writev"
        options = ["-f", "-y", "-s", "120", "-e", calls, "-o", str(trace)]
        strace = await asyncio.create_subprocess_exec(
            "strace", *options, "-p", str(server.process.pid), stderr=asyncio.subprocess.PIPE
        )
        assert strace.stderr is not None
        await strace.stderr.readline()  # "attached"
        async with delegate.live() as live:
            for _ in range(pushes):
                assert (await outbox.send(live, outbox.push()))["t"] == "ann.ack"
        strace.terminate()
        await strace.wait()
        await asyncio.gather(secretary.close(), delegate.close())
    assert order_kept(trace.read_text(errors="replace")) == pushes


def order_kept(trace: str) -> int:
    """Acknowledgements that left after a finished sync of all the WAL written before them.

    Pushes come one by one, each with a COMMIT of its own. Where another COMMIT (that somebody is at
    work is noted now and then) is just being written, there was one sync more than pushes before.
    """
    unsynced = False
    syncing: dict[str, bool] = {}
    acknowledged, synced = 0, 0
    for line in trace.splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if re.match(r"pwrite64\(\d+<[^>]*-wal>", call):
            unsynced = True
        elif re.match(r"f(data)?sync\(\d+<[^>]*-wal>", call):
            if "unfinished" in call:
                syncing[thread] = True
            else:
                unsynced, synced = False, synced + 1
        elif re.match(r"<\.\.\. f(data)?sync resumed", call) and syncing.pop(thread, False):
            unsynced, synced = False, synced + 1
        elif "ann.ack" in call:
            acknowledged += 1
            assert not unsynced or synced >= acknowledged, f"acknowledged before the sync: {line}"
    return acknowledged


if __name__ == "__main__":
    asyncio.run(fill_and_free(Path("/mnt/data")))
