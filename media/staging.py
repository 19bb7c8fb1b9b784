"""The stage, carried out for one receiver: which stream each of its slots shows."""

from __future__ import annotations

from collections.abc import Callable

from .lanes import Sink
from .publisher import Incoming, Publisher
from .receiver import Receiver

NOMINAL_BPS = (120_000.0, 400_000.0, 1_000_000.0)
"""A layer's rate until it is measured."""
STALE_S = 1.5
"""A layer without a packet for so long is off: encoders pause the top layer on thin links."""
SMALL_SLOTS = ("V2", "V3", "V4")
"""Shown as thumbnails: they get the lowest layer."""


def point_slots(
    receiver: Receiver, source: Callable[[str], Publisher | None], sink: Sink, now: float
) -> bool:
    """Point every slot at its source's best layer that the receiver can carry.

    `source` names the publisher of a slot, or None. True when a keyframe was asked for.
    """
    offers: dict[str, list[float]] = {}
    layers: dict[str, list[Incoming]] = {}
    publishers: dict[str, Publisher] = {}
    audible = 0
    for slot, feed in receiver.feeds.items():
        publisher = source(slot)
        kind = "video" if slot[0] == "V" else "audio"
        found = publisher.layers(kind) if publisher is not None else []
        if not found or publisher is None:
            feed.want(None)
        elif kind == "audio":
            audible += 1
            if feed.wanted is not found[0].stream:
                feed.want(found[0].stream)
        else:
            alive = [i for i in found if now - i.stream.last_arrival < STALE_S] or found[:1]
            layers[slot] = alive[:1] if slot in SMALL_SLOTS else alive
            offers[slot] = [_rate(i, n) for n, i in enumerate(layers[slot])]
            publishers[slot] = publisher
    chosen = receiver.downlink.decide(now, offers, max(1, audible))
    asked = False
    for slot, publisher in publishers.items():
        feed = receiver.feeds[slot]
        if slot not in chosen:
            feed.want(None)
            continue
        stream = layers[slot][chosen[slot]].stream
        if feed.wanted is stream:
            continue
        feed.want(stream)
        if feed.wanted is stream and not stream.start_late(feed, now, sink):
            publisher.want_keyframe(stream)
            asked = True
    return asked


def _rate(incoming: Incoming, index: int) -> float:
    measured = incoming.reception.bitrate
    return measured if measured > 1000 else NOMINAL_BPS[min(index, 2)]
