"""`make bench-media` runs from end to end at small sizes; its numbers are not judged here."""

import importlib.util
import json
import shutil
import subprocess
import sys

import pytest


def run(*arguments: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.media", "--quick", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(shutil.which("janus") is None, reason="Debian's janus is not installed")
def test_the_peer_forwards_to_the_crowd() -> None:
    (line,) = run("--only", "janus")
    assert line["figure"] == "janus_us_per_packet"
    assert line["packets"]
    assert (line["lost"], line["undecryptable"], line["slots_wrong"]) == (0, 0, 0)


@pytest.mark.skipif(
    importlib.util.find_spec("media.__main__") is None, reason="the engine is not here yet"
)
def test_the_engine_gives_every_figure() -> None:
    lines = {line["figure"]: line for line in run("--only", "fanout,join,switch,loss")}
    assert {
        "us_per_packet",
        "lost",
        "delay_p50_ms",
        "delay_p99_ms",
        "rss_kb_per_receiver",
        "switch_p95_ms",
        "join_p95_ms",
        "join_6_s",
        "frames_lost_pct_at_5pct",
    } <= set(lines)
    assert lines["us_per_packet"]["lost"] == 0
    assert lines["us_per_packet"]["undecryptable"] == 0
    assert lines["us_per_packet"]["slots_wrong"] == 0
    assert lines["switch_p95_ms"]["broken_continuity"] == 0
