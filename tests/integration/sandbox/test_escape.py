"""Code inside the child cannot get out, on any rung this machine has."""

import dataclasses
import os
import signal
from pathlib import Path

import pytest

from server.sandbox import templates
from server.sandbox.ingest import ingest
from server.sandbox.ladder import LADDER, Sandbox, choose_sandbox, probe_rung, run_escape_attempts
from server.sandbox.launch import start_process
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable


@pytest.mark.parametrize("rung", LADDER)
async def test_every_attempt_to_get_out_fails(rung: str) -> None:
    try:
        outcome, walls = await run_escape_attempts(rung, SandboxLimits())
    except SandboxUnavailable as error:
        pytest.skip(f"this machine has no {rung}: {error}")
    assert len(outcome) >= 11
    assert {name: result for name, result in outcome.items() if result is not None} == {}
    assert "rlimits" in walls


async def test_without_walls_the_same_attempts_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe itself is proved: a child that locks nothing down gets through everywhere."""
    boot = (
        "import sys,json;sys.path[:0]=json.loads(sys.argv[1]);"
        "import server.sandbox.child.main as m;m.lock_down=lambda *a:[];"
        "from server.sandbox.child.template import main;main()"
    )
    templates.stop_template("none")
    monkeypatch.setattr(templates, "BOOT", boot)
    try:
        outcome, _ = await run_escape_attempts("none", SandboxLimits())
    finally:
        templates.stop_template("none")
    through = {name for name, result in outcome.items() if result is not None}
    wanted = {"connect", "read_passwd", "read_canary", "write_canary", "write_new_file"}
    assert through >= wanted | {"execute", "fork", "signal_parent", "changed_host"}


async def test_the_ladder_says_why_a_rung_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    templates.stop_template("bubblewrap")
    monkeypatch.setenv("PATH", "/nonexistent")
    found = await choose_sandbox()
    assert found.rung != "bubblewrap"
    assert found.refused[0][0] == "bubblewrap"
    assert "not installed" in found.explain()


async def test_no_rung_refuses_uploads_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    nothing = await choose_sandbox(ladder=("no_such_rung",))
    assert nothing.rung is None
    with pytest.raises(SandboxUnavailable) as caught:
        async for _ in ingest(nothing, path):
            pass
    assert "no_such_rung" in caught.value.reason
    assert (await choose_sandbox(allow_unsandboxed=True, ladder=())).rung == "none"


async def test_a_silent_child_is_ended(sandbox: Sandbox) -> None:
    """A tile process that is asked nothing says nothing: patience ends, and so does the child."""
    limits = dataclasses.replace(sandbox.limits, frame_wall_s=0.2)
    fd = os.memfd_create("pdf")
    os.write(fd, b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n")
    os.write(fd, b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n")
    os.write(fd, b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n")
    child = await start_process(sandbox.use_rung(), "tiles", limits, fd, {"marks_drawn": False})
    os.close(fd)
    with pytest.raises(DocumentRefused) as caught:
        await child.receive()
    assert caught.value.code == "timed_out"
    await child.end()
    assert child.status == signal.SIGKILL


async def test_a_template_that_dies_is_started_again(sandbox: Sandbox) -> None:
    await probe_rung(sandbox.use_rung(), SandboxLimits())
    templates._running[sandbox.use_rung()].process.kill()
    templates._running[sandbox.use_rung()].process.wait()
    assert await probe_rung(sandbox.use_rung(), SandboxLimits())
