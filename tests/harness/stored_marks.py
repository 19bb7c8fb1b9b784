"""What lies in a server's database, read past the server: for proofs that nothing is lost or
applied twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_UNACCOUNTED = """
SELECT id FROM layer AS l WHERE kind = 'private' AND head_seq !=
  (SELECT count(*) FROM annotation WHERE layer = l.id) +
  (SELECT count(*) FROM op WHERE layer = l.id AND before IS NOT NULL)
"""


def read_stored(database: Path) -> tuple[set[str], list[str]]:
    """The marks, deleted ones too, and the private layers that count other changes than their
    marks and their history tell of: there something was applied twice, or half."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        marks = {row[0] for row in connection.execute("SELECT id FROM annotation")}
        return marks, [row[0] for row in connection.execute(_UNACCOUNTED)]
    finally:
        connection.close()
