"""The pool's record of sessions, against a worker's socket that answers as fast as one can."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from media.control import ControlError, WorkerClient
from media.pool import WorkerPool


async def test_an_end_right_behind_the_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    """Reply and `ended` come in one piece: the session must not be entered after its end."""

    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            reply: dict[str, Any] = {"re": message["id"], "ok": {}}
            said = json.dumps(reply) + "\n"
            if message["type"] == "receive":
                reply["ok"] = {"session": "s1", "answer": "v=0", "etag": "e1"}
                ended = {"event": "ended", "session": "s1", "reason": "replaced"}
                said = json.dumps(reply) + "\n" + json.dumps(ended) + "\n"
            writer.write(said.encode())
        writer.close()

    server = await asyncio.start_unix_server(hasty, str(tmp_path / "worker0.sock"))
    heard: list[str] = []
    pool = WorkerPool(tmp_path, on_event=lambda event: heard.append(event["event"]))
    seat = pool._seats[0]
    seat.client = WorkerClient(lambda event: pool._heard(seat, event))
    await seat.client.connect(seat.path)
    with pytest.raises(ControlError) as refused:
        await pool.receive("m", "a", "v=0")
    assert refused.value.code == "session_ended"
    assert heard == ["ended"]
    assert (pool._sessions, seat.sessions) == ({}, set())
    await seat.client.close()
    server.close()
