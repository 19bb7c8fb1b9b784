"""The licence inventory of the running server, from what is installed."""

from __future__ import annotations

from functools import cache
from importlib import metadata

from server.people.messages import Part


def _field(one: metadata.Distribution, name: str) -> str:
    return str(one.metadata[name]) if name in one.metadata else ""


@cache
def parts() -> list[Part]:
    """Every library this server was installed with, by name, with its licence as it states it."""
    found: dict[str, Part] = {}
    for one in metadata.distributions():
        name = one.metadata["Name"]
        licence = _field(one, "License-Expression") or _field(one, "License")
        if not licence or len(licence) > 80:
            kinds = [
                line.rsplit(" :: ", 1)[-1]
                for line in one.metadata.get_all("Classifier") or []
                if line.startswith("License ::")
            ]
            licence = ", ".join(kinds) or licence.split("\n", 1)[0][:80]
        found[name.lower()] = Part(name=name, version=one.version, licence=licence)
    return [found[name] for name in sorted(found)]
