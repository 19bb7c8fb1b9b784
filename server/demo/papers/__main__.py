"""`python -m server.demo.papers KEY OUTPUT`: draw one paper of the demo into a file."""

from __future__ import annotations

import argparse
from datetime import date, time
from pathlib import Path

from server.demo.papers import KEYS
from server.demo.papers.drawing import draw
from server.demo.papers.setting import Setting
from server.demo.province import Profile


def main() -> None:
    """Read the arguments, draw, write."""
    parser = argparse.ArgumentParser(prog="python -m server.demo.papers")
    parser.add_argument("key", choices=KEYS)
    parser.add_argument("output", type=Path)
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())  # noqa: DTZ011
    parser.add_argument("--profile", type=Profile, default=Profile.TWO_TIER)
    parser.add_argument("--starts", type=time.fromisoformat, default=time(8))
    given = parser.parse_args()
    given.output.write_bytes(draw(given.key, Setting(given.today, given.profile, given.starts)))


if __name__ == "__main__":
    main()
