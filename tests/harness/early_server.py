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

from sqlalchemy import event

from server import cli
from server.database import Database

DELAY_SECONDS = 0.05
kept: Any = Database._write_group


def answer_first(self: Database, connection: Any, members: list[Any]) -> bool:
    """The group as always, but answered before its COMMIT."""
    if not Path(os.environ["ANSWER_EARLY_WHEN"]).exists():
        return bool(kept(self, connection, members))

    def tell(_connection: Any) -> None:
        self._answer(members)
        time.sleep(DELAY_SECONDS)

    event.listen(self.writer, "commit", tell)
    try:
        return bool(kept(self, connection, members))
    finally:
        event.remove(self.writer, "commit", tell)


if __name__ == "__main__":
    Database._write_group = answer_first  # type: ignore[method-assign]
    cli.main()
