"""`python -m tests.benchmarks.media`: prints the figures of bench-media, one JSON line each.

The server under test runs on the first core, the crowd on the last. `--quick` runs small sizes
for a smoke test; its numbers mean nothing. `--only janus,fanout,join,switch,loss` picks parts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.media import measures, processes
from tests.benchmarks.media.crowd import Crowd
from tests.benchmarks.media.janus import Janus, find_version
from tests.benchmarks.media.measures import Fanout, percentile
from tests.benchmarks.media.receiver import Receiver
from tests.benchmarks.media.servers import Engine, NotThere

PARTS = ("janus", "fanout", "join", "switch", "loss")
LOSS = 0.05
ONE_WAY_S = 0.04
# More than this on the server's core by other processes and delays are theirs as well.
OTHERS_BOUND_PCT = 10.0
# The publisher that the figures are of, and the one whose lines stand beside them.
CHROMIUM, PACED = "chromium-like", "paced"


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    points: tuple[int, ...] = (50, 60, 100, 203, 400)
    sites: int = 203
    peer_receivers: int = 60
    window_s: float = 5.0
    windows: int = 3
    settle_s: float = 3.0
    joins: int = 40
    switches: int = 20
    lossy_receivers: int = 10
    lossy_s: float = 30.0


FULL = Sizes()
QUICK = Sizes((2, 6), 6, 2, 0.5, 1, 0.2, 2, 2, 2, 1.5)


class Run:
    """One run: the cores, the sizes, the version, and the lines already printed."""

    def __init__(self, sizes: Sizes, quick: bool) -> None:
        self.sizes = sizes
        self.quick = quick
        self.server_core, self.crowd_core = processes.choose_cores()
        self.version = _read_version()
        self.valid = True
        self.failed = False
        self._kept: tuple[Crowd, Engine] | None = None
        os.sched_setaffinity(0, {self.crowd_core})

    def print_figure(self, name: str, value: float | None, unit: str, **beside: Any) -> None:
        """One figure with what belongs beside it."""
        line: dict[str, Any] = {"figure": name, "value": _round(value), "unit": unit}
        line |= {key: _round(item) for key, item in beside.items()}
        line.setdefault("version", self.version)
        if self.quick:
            line["quick"] = True
        print(json.dumps(line), flush=True)
        # a smoke test judges the parts, not the machine's load
        self.valid &= self.quick or bool(line.get("valid", True))

    @contextmanager
    def engine(self) -> Iterator[tuple[Crowd, Engine]]:
        """A fresh engine and crowd; a quick run keeps its first one, whose start takes longest."""
        if self._kept is None:
            new = Crowd()
            self._kept = (new, Engine(new, self.server_core, self.version))
        crowd, engine = self._kept
        try:
            yield crowd, engine
        finally:
            for problem in sorted(set(crowd.problems))[:5]:
                print(json.dumps({"problem": problem}), file=sys.stderr)
            self.failed |= bool(crowd.problems)
            crowd.close_links()
            if not self.quick:
                self.close()

    def close(self) -> None:
        """End the engine that is kept."""
        if self._kept is not None:
            self._kept[0].close()
            self._kept[1].stop()
            self._kept = None

    def describe(self, fanout: Fanout) -> dict[str, Any]:
        """What stands beside every figure of a fan-out."""
        return {
            "receivers": fanout.receivers,
            "publisher": fanout.publisher,
            "packets": fanout.packets,
            "packets_per_s": fanout.packets_per_s,
            "publisher_packets_per_s": fanout.publisher_packets_per_s,
            "windows_us": fanout.windows,
            "server_core_pct": fanout.server_core_pct,
            "crowd_core_pct": fanout.crowd_core_pct,
            "others_pct": fanout.others_pct,
            "disturbed": fanout.others_pct > OTHERS_BOUND_PCT,
            "late_ticks": fanout.late_ticks,
            "lost": fanout.lost,
            "short": fanout.short,
            "silent_receivers": fanout.silent,
            "duplicates": fanout.duplicates,
            "undecryptable": fanout.undecryptable,
            "slots_wrong": fanout.slots_wrong,
            "srtp": fanout.profile,
            "valid": fanout.valid,
        }


def _round(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


def _read_version() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def run_janus(run: Run) -> dict[tuple[str, str], Fanout]:
    """The peer with Debian's settings, and with one event loop, which suits one core better.

    By settings and publisher.
    """
    found: dict[tuple[str, str], Fanout] = {}
    sizes = run.sizes
    for label, loops in (("debian", 0), ("event_loop", 1)):
        crowd = Crowd()
        server = Janus(crowd, run.server_core, loops)
        try:
            publisher = measures.start_publisher(crowd, server, 1, "a")
            receivers: list[Receiver] = []
            measures.add_receivers(crowd, server, receivers, sizes.peer_receivers)
            patterns = (CHROMIUM,) if loops or run.quick else (CHROMIUM, PACED)
            for publisher.pattern in patterns:
                measured = found[label, publisher.pattern] = measures.measure_fanout(
                    crowd, server, publisher, receivers, run.server_core,
                    sizes.window_s, sizes.windows, sizes.settle_s,
                )  # fmt: skip
                run.print_figure(
                    "janus_us_per_packet" + _suffix(publisher.pattern),
                    measured.us_per_packet,
                    "us",
                    peer="janus",
                    version=find_version(),
                    settings=label,
                    **run.describe(measured),
                )
        finally:
            crowd.close()
            server.stop()
        if run.quick:
            break
    return found


def _suffix(pattern: str) -> str:
    return "_paced" if pattern == PACED else ""


def run_fanout(run: Run, janus: dict[tuple[str, str], Fanout]) -> None:
    """Cost per packet over the sizes, delay, loss, memory, and the ratio to the peer."""
    sizes = run.sizes
    points: dict[int, Fanout] = {}
    paced: dict[int, Fanout] = {}
    with run.engine() as (crowd, engine):
        publisher = measures.start_publisher(crowd, engine, 1, "a")
        stage = engine.set_stage("a")
        crowd.run_until(lambda: stage.done, "the stage is set")
        crowd.run_for(1.0 if not run.quick else 0.1)
        empty_kb = processes.read_rss_kb(engine.pid)
        receivers: list[Receiver] = []
        for count in sizes.points:
            measures.add_receivers(crowd, engine, receivers, count)
            beside_it = count in (sizes.sites, sizes.peer_receivers) and not run.quick
            for publisher.pattern in (PACED, CHROMIUM) if beside_it else (CHROMIUM,):
                measured = measures.measure_fanout(
                    crowd, engine, publisher, receivers, run.server_core,
                    sizes.window_s, sizes.windows, sizes.settle_s,
                )  # fmt: skip
                (paced if publisher.pattern == PACED else points)[count] = measured
                run.print_figure(
                    "us_per_packet"
                    + ("" if count == sizes.sites else f"_{count}")
                    + _suffix(publisher.pattern),
                    measured.us_per_packet,
                    "us",
                    **run.describe(measured),
                )
    main_point = points[sizes.sites]
    beside = {"receivers": sizes.sites, "valid": main_point.valid}
    lost = max(main_point.lost, main_point.short)
    run.print_figure("lost", lost, "packets", packets=main_point.packets, **beside)
    run.print_figure("delay_p50_ms", main_point.delay_p50_ms, "ms", **beside)
    run.print_figure(
        "delay_p99_ms", main_point.delay_p99_ms, "ms", max_ms=main_point.delay_max_ms, **beside
    )
    low, high = points[sizes.points[0]], points[sizes.points[-1]]
    run.print_figure(
        f"us_per_packet_{high.receivers}_vs_{low.receivers}",
        high.us_per_packet / low.us_per_packet if low.us_per_packet else None,
        "ratio",
        points={str(n): round(p.us_per_packet, 2) for n, p in points.items()},
        valid=low.valid and high.valid,
    )
    run.print_figure(
        "rss_kb_per_receiver",
        (main_point.rss_kb - empty_kb) / sizes.sites,
        "kB",
        receivers=sizes.sites,
        rss_kb=main_point.rss_kb,
        empty_kb=empty_kb,
    )
    for label, pattern, name in (
        ("debian", CHROMIUM, "vs_janus"),
        ("event_loop", CHROMIUM, "vs_janus_event_loop"),
        ("debian", PACED, "vs_janus_paced"),
    ):
        ours = (paced if pattern == PACED else points).get(sizes.peer_receivers)
        theirs = janus.get((label, pattern))
        if ours is None or theirs is None or not theirs.us_per_packet:
            continue
        run.print_figure(
            name,
            ours.us_per_packet / theirs.us_per_packet,
            "ratio",
            receivers=ours.receivers,
            publisher=pattern,
            us_per_packet=ours.us_per_packet,
            peer="janus",
            peer_version=find_version(),
            peer_us_per_packet=theirs.us_per_packet,
            peer_settings=label,
            valid=ours.valid and theirs.valid,
        )


def run_joins(run: Run) -> None:
    """All sites at once into a meeting that has a publisher, then one by one into the full one."""
    sizes = run.sizes
    with run.engine() as (crowd, engine):
        measures.start_publisher(crowd, engine, 1, "a")
        stage = engine.set_stage("a")
        crowd.run_until(lambda: stage.done, "the stage is set")
        # The publisher's first keyframe must be old news, or all would join on it.
        crowd.run_for(sizes.settle_s)
        at_once = measures.measure_joins_at_once(crowd, engine, sizes.sites)
        run.print_figure(
            f"join_{sizes.sites}_s",
            max(at_once),
            "s",
            receivers=sizes.sites,
            p50_s=percentile(at_once, 0.5),
            until="first whole keyframe",
        )
        single = measures.measure_single_joins(
            crowd, engine, sizes.sites, sizes.joins, sizes.settle_s
        )
        run.print_figure(
            "join_p95_ms",
            percentile(single, 0.95),
            "ms",
            joins=len(single),
            receivers=sizes.sites,
            p50_ms=percentile(single, 0.5),
            max_ms=max(single),
            until="first whole keyframe",
        )


def run_switches(run: Run) -> None:
    """Two publishers that answer PLI take turns on stage."""
    sizes = run.sizes
    with run.engine() as (crowd, engine):
        publishers = {
            site: measures.start_publisher(crowd, engine, number, site)
            for number, site in enumerate(("a", "b"), 1)
        }
        stage = engine.set_stage("a")
        crowd.run_until(lambda: stage.done, "the stage is set")
        receivers: list[Receiver] = []
        measures.add_receivers(crowd, engine, receivers, sizes.sites)
        crowd.run_for(sizes.settle_s)
        times, wrong = measures.measure_switches(
            crowd, engine, publishers, receivers, sizes.switches
        )
        run.print_figure(
            "switch_p95_ms",
            percentile(times, 0.95),
            "ms",
            receivers=sizes.sites,
            switches=sizes.switches,
            p50_ms=percentile(times, 0.5),
            max_ms=max(times),
            broken_continuity=wrong,
            until="first whole keyframe",
        )


def run_lossy_path(run: Run) -> None:
    """5 % loss each way and 80 ms round trip, before the receivers or before the publisher."""
    sizes = run.sizes
    for name, lossy_publisher in (
        ("frames_lost_pct_at_5pct", False),
        ("frames_lost_pct_at_5pct_up", True),
    ):
        with (
            run.engine() as (crowd, engine),
            measures.open_lossy_path(engine, run.crowd_core, LOSS, ONE_WAY_S) as proxy,
        ):
            measures.start_publisher(crowd, engine, 1, "a", proxy if lossy_publisher else None)
            stage = engine.set_stage("a")
            crowd.run_until(lambda: stage.done, "the stage is set")  # noqa: B023
            path = measures.measure_lossy_path(
                crowd, engine, sizes.lossy_receivers, sizes.lossy_s, ONE_WAY_S,
                None if lossy_publisher else proxy,
            )  # fmt: skip
        run.print_figure(
            name,
            path.lost_pct,
            "%",
            lossy="publisher" if lossy_publisher else "receivers",
            frames=path.frames,
            receivers=sizes.lossy_receivers,
            round_trip_ms=2 * ONE_WAY_S * 1000,
            deadline_ms=400,
            nacks=path.nacks,
            plis=path.plis,
            packets_recovered=path.packets_late,
            packets_lost=path.packets_lost,
        )


def main() -> int:
    """0 when all asked for was measured and valid; 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated")
    parser.add_argument("--ahead", action="store_true", help="take precedence on a shared machine")
    arguments = parser.parse_args()
    if arguments.ahead:
        processes.go_ahead()
    parts = arguments.only.split(",")
    run = Run(QUICK if arguments.quick else FULL, arguments.quick)
    janus: dict[tuple[str, str], Fanout] = {}
    if "janus" in parts:
        try:
            janus = run_janus(run)
        except NotThere as reason:
            # The peer is optional for a smoke test, owed by a full run.
            print(json.dumps({"problem": str(reason)}), file=sys.stderr)
            run.failed |= not run.quick
    try:
        if "fanout" in parts:
            run_fanout(run, janus)
        if "join" in parts:
            run_joins(run)
        if "switch" in parts:
            run_switches(run)
        if "loss" in parts:
            run_lossy_path(run)
    except NotThere as reason:
        print(json.dumps({"problem": str(reason)}), file=sys.stderr)
        return 1
    finally:
        run.close()
    return 0 if run.valid and not run.failed else 1


if __name__ == "__main__":
    sys.exit(main())
