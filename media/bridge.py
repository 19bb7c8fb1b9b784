"""Meetings, sites, stage and slots: pure state, no sockets.

A meeting has one stage: which site stands in which slot. The stage is set whole by command; by
option some slots follow the voice, but only while the chair leaves them empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"^[A-Za-z0-9_.~-]{1,64}$")
_SLOT = re.compile(r"^(V[0-4]|A[0-2])$")

CODECS = ("vp8", "h264")
VOICE_HOLD_S = 2.0
"""A speaker keeps the slot at least this long: pictures that jump are worse than late ones."""
VOICE_RISE_S = 0.6
"""So long must another be louder; a cough is shorter."""
VOICE_MARGIN_DB = 6.0
VOICE_FLOOR_DB = -50.0


class Refused(ValueError):
    """A command that cannot be carried out. `code` names why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def check_name(name: str) -> str:
    """A meeting's or site's name: 1–64 of letters, digits, `_.~-`. Raises Refused `bad_name`."""
    if not _NAME.match(name):
        raise Refused("bad_name")
    return name


def slot_kind(slot: str) -> str:
    """`video` or `audio`. Raises Refused `bad_slot`."""
    if not _SLOT.match(slot):
        raise Refused("bad_slot", slot)
    return "video" if slot[0] == "V" else "audio"


class Loudest:
    """Who speaks, from audio levels (RFC 6464), with hysteresis. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.levels: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self.speaker: str | None = None
        self._since = -1e9
        self._rival: str | None = None
        self._rival_since = 0.0

    def hear(self, site: str, level_db: float, now: float) -> str | None:
        """A packet's level (−127…0 dBov). Returns the new speaker when it changes, else None."""
        old = self.levels.get(site, -127.0)
        gain = 0.25 if level_db > old else 0.05
        level = self.levels[site] = old + (level_db - old) * gain
        self._heard[site] = now
        if site == self.speaker:
            return None
        current = self._level(self.speaker, now)
        if level < max(VOICE_FLOOR_DB, current + VOICE_MARGIN_DB):
            if self._rival == site:
                self._rival = None
            return None
        if self._rival != site:
            self._rival, self._rival_since = site, now
        if now - self._rival_since < VOICE_RISE_S or now - self._since < VOICE_HOLD_S:
            return None
        self.speaker, self._since, self._rival = site, now, None
        return site

    def forget(self, site: str) -> None:
        self.levels.pop(site, None)
        self._heard.pop(site, None)
        if self.speaker == site:
            self.speaker = None

    def _level(self, site: str | None, now: float) -> float:
        if site is None or now - self._heard.get(site, -1e9) > 1.0:
            # DTX: who sends nothing is silent
            return -127.0
        return self.levels.get(site, -127.0)


@dataclass
class Meeting:
    """`stage`: slot → site, as set. `voice_slots`: slots that follow the voice when left empty."""

    name: str
    codec: str = "vp8"
    voice_slots: tuple[str, ...] = ()
    stage: dict[str, str] = field(default_factory=dict)
    muted: set[tuple[str, str]] = field(default_factory=set)
    loudest: Loudest = field(default_factory=Loudest)

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.codec not in CODECS:
            raise Refused("codec_unsupported", self.codec)
        for slot in self.voice_slots:
            slot_kind(slot)

    def set_stage(self, video: dict[str, str], audio: dict[str, str]) -> None:
        """The whole stage. A slot not named is empty. Raises Refused `bad_slot`, `bad_name`."""
        stage: dict[str, str] = {}
        for kind, part in (("video", video), ("audio", audio)):
            for slot, site in part.items():
                if slot_kind(slot) != kind:
                    raise Refused("bad_slot", slot)
                stage[slot] = check_name(site)
        self.stage = stage

    def mute(self, site: str, kind: str, muted: bool) -> None:
        """Server-side: nothing of `kind` is forwarded from `site`, whatever it sends."""
        check_name(site)
        if kind not in ("audio", "video"):
            raise Refused("bad_kind", kind)
        (self.muted.add if muted else self.muted.discard)((site, kind))

    def source(self, slot: str) -> str | None:
        """The site that stands in `slot`, or None when it is empty or muted."""
        site = self.stage.get(slot)
        if site is None and slot in self.voice_slots:
            site = self.loudest.speaker
        if site is None or (site, slot_kind(slot)) in self.muted:
            return None
        return site

    def described(self) -> dict[str, dict[str, str]]:
        """The stage as it is now, voice included: `{"video": {...}, "audio": {...}}`."""
        now = dict(self.stage)
        if self.loudest.speaker is not None:
            for slot in self.voice_slots:
                now.setdefault(slot, self.loudest.speaker)
        return {
            kind: {slot: site for slot, site in now.items() if slot_kind(slot) == kind}
            for kind in ("video", "audio")
        }
