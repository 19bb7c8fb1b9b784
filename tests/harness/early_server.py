"""The server with its one promise broken: answers leave before the COMMIT.

For the crash test alone, to show that it would notice. The COMMIT comes a little later than the
answer, as it would with a slow disk, so that a kill in between shows without a power cut. It
begins when the file named by ANSWER_EARLY_WHEN exists: until then the test prepares.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from server import cli
from server.sqlite import raw_of
from server.writer import Writer

DELAY_SECONDS = 0.05
kept: Any = Writer._write_group


def answer_first(self: Writer, connection: Any, members: list[Any]) -> bool:
    """The group as always, but answered before its COMMIT."""
    if not Path(os.environ["ANSWER_EARLY_WHEN"]).exists():
        return bool(kept(self, connection, members))

    def tell(statement: str) -> None:
        if statement == "COMMIT":
            self._answer(members)
            time.sleep(DELAY_SECONDS)

    raw = raw_of(connection)
    raw.set_trace_callback(tell)
    try:
        return bool(kept(self, connection, members))
    finally:
        raw.set_trace_callback(None)


if __name__ == "__main__":
    Writer._write_group = answer_first  # type: ignore[method-assign]
    cli.main()
