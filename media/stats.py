"""The counters of a worker, as `/stats` and the control channel show them."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import Engine
    from .link import Link


def engine_stats(engine: Engine, link: Link | None = None) -> dict[str, Any]:
    """See docs/media-worker.md. Times in seconds, memory in kB, rates in bit/s."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    fanout = engine.fanout
    meetings: dict[str, Any] = {}
    for name, meeting in engine.meetings.items():
        publishers: dict[str, Any] = {}
        for publisher in engine.publishers.values():
            if publisher.meeting != name or publisher.peer is None:
                continue
            trips = [i.missing.round_trip for i in publisher.incoming.values() if len(i.missing)]
            publishers[publisher.site] = {
                "session": publisher.session,
                "state": publisher.peer.state,
                "round_trip_ms": round(min(trips) * 1000, 2) if trips else None,
                "audio_level_db": round(meeting.loudest.levels.get(publisher.site, -127.0), 1),
                "muted": sorted(k for s, k in meeting.muted if s == publisher.site),
                "uplink": publisher.uplink.rate,
                "recovered": publisher.recovered,
                "unusable": publisher.unusable,
                "unauthentic": publisher.peer.unauthentic,
                "streams": publisher.stats(),
            }
        receivers: dict[str, list[Any]] = {}
        for receiver in engine.receivers.values():
            if receiver.meeting == name:
                receivers.setdefault(receiver.site, []).append(receiver.stats())
        meetings[name] = {
            "codec": meeting.codec,
            "stage": meeting.described(),
            "speaker": meeting.loudest.speaker,
            "publishers": publishers,
            "receivers": receivers,
        }
    return {
        "pid": os.getpid(),
        "udp_port": engine.port.number,
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 4),
        "rss_kb": rss_kb() or usage.ru_maxrss,
        "uptime_s": round(engine.clock.now() - engine.started, 3),
        "packets_in": engine.sessions.packets_in,
        "packets_out": fanout.sent,
        "bytes_out": fanout.octets,
        "send_dropped": fanout.dropped,
        "protect_failed": fanout.unprotected,
        "resent": fanout.resent,
        "datagrams_refused": sum(engine.port.refused.values()),
        "refused": dict(engine.port.refused),
        "sessions": len(engine.publishers) + len(engine.receivers),
        "lanes": sum(
            len(i.stream.lanes) for p in engine.publishers.values() for i in p.incoming.values()
        ),
        "link": link.stats() if link is not None else {},
        "meetings": meetings,
    }


def rss_kb() -> int | None:
    """Resident memory of this process in kB, or None where /proc is missing."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)
    except (OSError, ValueError):
        return None
