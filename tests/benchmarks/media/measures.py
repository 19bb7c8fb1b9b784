"""What is measured: functions that drive a crowd against one server and return numbers."""

from __future__ import annotations

import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks.media import processes, vp8
from tests.benchmarks.media.crowd import Crowd
from tests.benchmarks.media.link import State
from tests.benchmarks.media.publisher import Publisher
from tests.benchmarks.media.receiver import JITTER_BUFFER_S, Receiver
from tests.benchmarks.media.sdp import VIDEO_PT
from tests.benchmarks.media.servers import Engine, Server

# A crowd that needs more of its core than this may have been the limit itself.
CROWD_BOUND_PCT = 80.0
# Every tenth receiver decrypts everything and notes every delay.
WITNESS_EVERY = 10
# Packets between publisher and receiver at either end of a window: 60 ms of a paced stream.
ON_THE_WAY = 10


@dataclass
class Fanout:
    """One size: medians over windows, sums of losses."""

    receivers: int
    publisher: str
    us_per_packet: float
    windows: list[float]
    packets: int
    packets_per_s: float
    lost: int
    short: int
    silent: int
    duplicates: int
    undecryptable: int
    time_steps_back: int
    slots_wrong: int
    sampled: int
    delay_p50_ms: float
    delay_p99_ms: float
    delay_max_ms: float
    server_core_pct: float
    crowd_core_pct: float
    others_pct: float
    late_ticks: int
    publisher_packets_per_s: float
    rss_kb: int
    profile: str

    @property
    def valid(self) -> bool:
        """Whether the crowd was not the limit and every receiver got the whole stream."""
        return self.crowd_core_pct <= CROWD_BOUND_PCT and self.short == 0


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile; nan of nothing."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def start_publisher(
    crowd: Crowd, server: Server, number: int, site: str, via: tuple[str, int] | None = None
) -> Publisher:
    """A connected, sending publisher, behind the proxy `via` if there is one."""
    publisher = Publisher(crowd, number)
    server.publish(publisher, site, via)
    crowd.run_until(lambda: publisher.packets > 20, f"publisher {site} sends", 10)
    return publisher


def add_receivers(crowd: Crowd, server: Server, present: list[Receiver], total: int) -> None:
    """Grow `present` to `total` receivers that all get audio and video."""
    new = [
        Receiver(crowd, witness=number % WITNESS_EVERY == 0)
        for number in range(len(present), total)
    ]
    server.watch(new)
    present.extend(new)
    crowd.run_until(lambda: all(len(r.slots) >= 2 for r in new), f"{total} receivers get media")


def measure_fanout(
    crowd: Crowd,
    server: Server,
    publisher: Publisher,
    receivers: list[Receiver],
    core: int,
    window_s: float,
    windows: int,
    settle_s: float = 3.0,
) -> Fanout:
    """CPU of the server per packet delivered, with everything that could spoil the number."""
    crowd.run_for(settle_s)
    for receiver in receivers:
        receiver.forget_so_far()
    costs: list[float] = []
    crowd.late_ticks = 0
    started, crowd_cpu = time.monotonic(), time.process_time()
    server_cpu, busy = processes.read_cpu_s(server.pid), processes.read_core_busy_s(core)
    sent = publisher.packets
    behind = [publisher.packets - r.unique for r in receivers]
    for _ in range(windows):
        cpu, seen = processes.read_cpu_s(server.pid), sum(r.packets for r in receivers)
        crowd.run_for(window_s)
        cpu = processes.read_cpu_s(server.pid) - cpu
        seen = sum(r.packets for r in receivers) - seen
        costs.append(cpu / max(seen, 1) * 1e6)
    wall = time.monotonic() - started
    crowd_cpu = time.process_time() - crowd_cpu
    server_cpu = processes.read_cpu_s(server.pid) - server_cpu
    busy = processes.read_core_busy_s(core) - busy
    sent = publisher.packets - sent
    # What is on its way, or may still be asked for again, has half a second to come.
    packets = sum(r.packets for r in receivers)
    crowd.run_for(0.5)
    # A receiver that gets nothing has no gaps: so each is also held against the publisher.
    fallen = [
        publisher.packets - r.unique - before for r, before in zip(receivers, behind, strict=True)
    ]
    slots = [slot for r in receivers for slot in r.slots.values()]
    delays = [delay / 1e6 for r in receivers for delay in r.delays_ns]
    return Fanout(
        receivers=len(receivers),
        publisher=publisher.pattern,
        us_per_packet=statistics.median(costs),
        windows=[round(cost, 2) for cost in costs],
        packets=packets,
        packets_per_s=packets / wall,
        lost=sum(slot.lost for slot in slots),
        short=sum(count for count in fallen if count > ON_THE_WAY),
        silent=sum(count > sent // 2 for count in fallen),
        duplicates=sum(slot.duplicates for slot in slots),
        undecryptable=sum(r.undecryptable for r in receivers),
        time_steps_back=sum(slot.time_steps_back for slot in slots),
        slots_wrong=sum(len(r.slots) != 2 for r in receivers),
        sampled=sum(r.sampled for r in receivers),
        delay_p50_ms=percentile(delays, 0.5),
        delay_p99_ms=percentile(delays, 0.99),
        delay_max_ms=max(delays, default=math.nan),
        server_core_pct=100 * server_cpu / wall,
        crowd_core_pct=100 * crowd_cpu / wall,
        others_pct=max(0.0, 100 * (busy - server_cpu) / wall),
        late_ticks=crowd.late_ticks,
        publisher_packets_per_s=sent / wall,
        rss_kb=processes.read_rss_kb(server.pid),
        profile=receivers[0].profile,
    )


def measure_single_joins(
    crowd: Crowd, engine: Engine, first: int, count: int, pause_s: float
) -> list[float]:
    """Offer → first whole keyframe, ms, one site after another into a running meeting.

    Up to `pause_s` lie between two joins: closer together, one would live on the keyframe that
    the one before it had asked for.
    """
    times = []
    pauses = random.Random(11)
    for number in range(first, first + count):
        receiver = Receiver(crowd)
        watch = receiver.start_watching()
        request = engine.offer_watching(receiver, number)
        crowd.run_until(lambda: request.done, "the answer")  # noqa: B023
        engine.begin_watching(receiver, request)
        crowd.run_until(lambda: bool(watch.whole_keyframes), "a joiner's picture", 20)  # noqa: B023
        times.append((min(watch.whole_keyframes.values()) - request.began) * 1000)
        receiver.watch = None
        receiver.close()
        crowd.run_for(pauses.uniform(0.0, pause_s))
    return times


def measure_joins_at_once(crowd: Crowd, engine: Engine, count: int) -> list[float]:
    """Offer → first whole keyframe of `count` sites that all offer in one moment, s."""
    receivers = [Receiver(crowd) for _ in range(count)]
    watches = [receiver.start_watching() for receiver in receivers]
    requests = [engine.offer_watching(receiver, i) for i, receiver in enumerate(receivers)]
    waiting = list(zip(receivers, requests, strict=True))

    def settled() -> bool:
        for pair in [pair for pair in waiting if pair[1].done]:
            waiting.remove(pair)
            engine.begin_watching(*pair)
        return not waiting and all(watch.whole_keyframes for watch in watches)

    began = requests[0].began
    crowd.run_until(settled, f"{count} sites that join at once have a picture")
    for receiver in receivers:
        receiver.watch = None
    return [min(watch.whole_keyframes.values()) - began for watch in watches]


def measure_switches(
    crowd: Crowd,
    engine: Engine,
    publishers: dict[str, Publisher],
    receivers: list[Receiver],
    rounds: int,
) -> tuple[list[float], int]:
    """Stage command sent → new source's first whole keyframe, ms per receiver and round.

    Also returns how many RTP time stamps or sequence numbers went wrong at the switches.
    """
    times: list[float] = []
    sites = list(publishers)
    for receiver in receivers:
        receiver.forget_so_far()
    for turn in range(rounds):
        site = sites[(turn + 1) % len(sites)]
        number = publishers[site].number
        watches = [receiver.start_watching() for receiver in receivers]
        request = engine.set_stage(site)
        crowd.run_until(
            lambda: all(number in watch.whole_keyframes for watch in watches),  # noqa: B023
            f"all see {site} on stage",
            20,
        )
        times += [(watch.whole_keyframes[number] - request.began) * 1000 for watch in watches]
        for receiver in receivers:
            receiver.watch = None
        # Beyond the throttle of one PLI a second, at a changing phase of the second.
        crowd.run_for(1.2 + turn % 5 * 0.13)
    slots = [slot for receiver in receivers for slot in receiver.slots.values()]
    wrong = sum(slot.lost + slot.duplicates + slot.time_steps_back for slot in slots)
    return times, wrong


@dataclass
class LossyPath:
    """Frames over a path with loss."""

    frames: int
    lost: int
    nacks: int
    plis: int
    packets_late: int
    packets_lost: int

    @property
    def lost_pct(self) -> float:
        """Share of frames not whole by the jitter buffer's deadline, in per cent."""
        return 100 * self.lost / max(self.frames, 1)


@contextmanager
def open_lossy_path(
    engine: Engine, core: int, loss: float, one_way_s: float
) -> Iterator[tuple[str, int]]:
    """A fault proxy in its own process before the engine's port; gives its address."""
    command = [
        sys.executable, "-m", "tests.benchmarks.media.fault_proxy",
        "--to", f"{engine.udp[0]}:{engine.udp[1]}",
        "--loss", str(loss), "--delay-ms", str(one_way_s * 1000), "--seed", "5",
    ]  # fmt: skip
    proxy = processes.start_pinned(command, core, stdout=subprocess.PIPE)
    try:
        assert proxy.stdout is not None
        yield "127.0.0.1", int(proxy.stdout.readline())
    finally:
        processes.stop(proxy)


def measure_lossy_path(
    crowd: Crowd,
    engine: Engine,
    count: int,
    seconds: float,
    one_way_s: float,
    via: tuple[str, int] | None,
) -> LossyPath:
    """Frames at `count` receivers, behind the proxy `via` or, with None, a lossy publisher's.

    A frame counts as whole when all its packets came within the jitter buffer (400 ms) after
    the path's own delay.
    """
    receivers = [Receiver(crowd, ask_again=True) for _ in range(count)]
    seen = [_count_frames(receiver, one_way_s) for receiver in receivers]
    for receiver in receivers:
        receiver.start_watching()
    engine.watch(receivers, via=via)
    crowd.run_until(
        lambda: all(r.state is State.CONNECTED and len(r.slots) == 2 for r in receivers),
        "receivers on a lossy path get media",
    )
    crowd.run_for(1.0)
    for receiver in receivers:
        receiver.forget_so_far()
    first = max(max(frames, default=0) for frames in seen) + 1
    crowd.run_for(seconds)
    last = min(max(frames, default=0) for frames in seen)
    crowd.run_for(1.0)
    lost = sum(
        not _is_whole(frames.get(number)) for frames in seen for number in range(first, last)
    )
    slots = [slot for receiver in receivers for slot in receiver.slots.values()]
    video = [slot for slot in slots if slot.payload_type == VIDEO_PT]
    path = LossyPath(
        frames=(last - first) * count,
        lost=lost,
        nacks=sum(receiver.nacks_sent for receiver in receivers),
        plis=sum(receiver.plis_sent for receiver in receivers),
        packets_late=sum(slot.late for slot in slots),
        packets_lost=sum(slot.lost for slot in video),
    )
    for receiver in receivers:
        receiver.close()
    return path


def _count_frames(receiver: Receiver, one_way_s: float) -> dict[int, tuple[set[int], int]]:
    """Note which packets of each frame came in time; number → (indices, count)."""
    frames: dict[int, tuple[set[int], int]] = {}

    def note(tag: vp8.Tag, arrived: float) -> None:
        if arrived - tag.sent_ns / 1e9 <= one_way_s + JITTER_BUFFER_S:
            frames.setdefault(tag.frame, (set(), tag.count))[0].add(tag.index)

    receiver.on_frame_packet = note
    return frames


def _is_whole(frame: tuple[set[int], int] | None) -> bool:
    return frame is not None and len(frame[0]) == frame[1]
