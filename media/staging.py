"""The stage, carried out: what each slot offers now, and which of it one receiver gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .bridge import Meeting
from .lanes import Sink
from .publisher import Incoming, Publisher
from .receiver import Receiver

NOMINAL_BPS = (120_000.0, 400_000.0, 1_000_000.0)
"""A layer's rate until it is measured."""
STALE_S = 1.5
"""A layer without a packet for so long is off: encoders pause the top layer on thin links."""
SMALL_SLOTS = ("V2", "V3", "V4")
"""Shown as thumbnails: they get the lowest layer."""


class Shown(NamedTuple):
    """What stands in a slot: its publisher, the layers on offer (lowest first), their bit/s."""

    publisher: Publisher
    video: bool
    layers: list[Incoming]
    rates: list[float]


class Scene:
    """The slots of a meeting at one moment, each looked up once for all its receivers.

    `find` names the publisher of a site, or None.
    """

    def __init__(self, room: Meeting, find: Callable[[str], Publisher | None], now: float) -> None:
        self.room = room
        self.now = now
        self._find = find
        self._slots: dict[str, Shown | None] = {}

    def shown(self, slot: str, receiver: str) -> Shown | None:
        """What the site `receiver` gets in `slot`, or None. Nobody gets their own back."""
        try:
            shown = self._slots[slot]
        except KeyError:
            shown = self._slots[slot] = self._look(slot)
        return shown if shown is not None and shown.publisher.site != receiver else None

    def offer(self) -> list[tuple[str, list[Incoming]]]:
        """The layers that stand in each slot: while it is the same, so is what receivers with
        room for everything get."""
        return [
            (slot, shown.layers)
            for slot in (*self.room.stage, *self.room.voice_slots)
            if (shown := self.shown(slot, "")) is not None
        ]

    def _look(self, slot: str) -> Shown | None:
        site = self.room.source(slot)
        publisher = self._find(site) if site is not None else None
        if publisher is None:
            return None
        video = slot[0] == "V"
        found = publisher.layers("video" if video else "audio")
        if not found:
            return None
        if video:
            found = [i for i in found if self.now - i.stream.last_arrival < STALE_S] or found[:1]
            if slot in SMALL_SLOTS:
                found = found[:1]
        return Shown(publisher, video, found, [_rate(i, n) for n, i in enumerate(found)])


def point_slots(receiver: Receiver, scene: Scene, sink: Sink) -> bool:
    """Point every slot at its source's best layer that the receiver can carry.

    True when a keyframe was asked for.
    """
    offers: dict[str, list[float]] = {}
    shown: dict[str, Shown] = {}
    audible = 0
    for slot, feed in receiver.feeds.items():
        found = scene.shown(slot, receiver.site)
        if found is None:
            feed.want(None)
        elif found.video:
            shown[slot] = found
            offers[slot] = found.rates
        else:
            audible += 1
            stream = found.layers[0].stream
            if feed.wanted is not stream:
                feed.want(stream)
    chosen = receiver.downlink.decide(scene.now, offers, max(1, audible))
    asked = False
    for slot, found in shown.items():
        feed = receiver.feeds[slot]
        if slot not in chosen:
            feed.want(None)
            continue
        stream = found.layers[chosen[slot]].stream
        if feed.wanted is stream:
            continue
        feed.want(stream)
        if feed.wanted is stream and not stream.start_late(feed, scene.now, sink):
            found.publisher.want_keyframe(stream)
            asked = True
    return asked


def _rate(incoming: Incoming, index: int) -> float:
    measured = incoming.reception.bitrate
    return measured if measured > 1000 else NOMINAL_BPS[min(index, 2)]
