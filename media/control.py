"""The worker's client: typed messages over a local socket, one JSON object per line.

With `whip.py` all that a web process imports of this package; neither imports aiortc or av.
`docs/media-worker.md` describes every message with an example.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from .bounds import Bounds

PROTOCOL = 1
REQUEST_TIMEOUT_S = 10.0
"""A worker answers within milliseconds; after this it is taken for hung."""

Name = Annotated[str, Field(min_length=1, max_length=64)]
Session = Annotated[str, Field(min_length=1, max_length=64)]
Sdp = Annotated[str, Field(max_length=65536)]
Slots = Annotated[dict[str, str], Field(max_length=8)]


class Request(BaseModel):
    """What every request has: a number that its reply repeats."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: int = 0


class Hello(Request):
    """First on every connection; another protocol number is refused."""

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL


class OpenMeeting(Request):
    type: Literal["open_meeting"] = "open_meeting"
    meeting: Name
    codec: Literal["vp8", "h264"] = "vp8"
    voice_slots: Annotated[list[str], Field(max_length=8)] = []


class CloseMeeting(Request):
    type: Literal["close_meeting"] = "close_meeting"
    meeting: Name


class Publish(Request):
    """Answered with `{"session", "answer", "etag"}`."""

    type: Literal["publish"] = "publish"
    meeting: Name
    site: Name
    offer: Sdp


class Receive(Request):
    """Answered with `{"session", "answer", "etag"}`."""

    type: Literal["receive"] = "receive"
    meeting: Name
    site: Name
    offer: Sdp


class Restart(Request):
    """An ICE restart; answered with `{"fragment", "etag"}`."""

    type: Literal["restart"] = "restart"
    session: Session
    fragment: Sdp


class End(Request):
    type: Literal["end"] = "end"
    session: Session
    reason: Annotated[str, Field(max_length=64)] = "ended"


class SetStage(Request):
    """The whole stage: slot → site. A slot not named is empty."""

    type: Literal["set_stage"] = "set_stage"
    meeting: Name
    video: Slots = {}
    audio: Slots = {}


class Mute(Request):
    """Server-side mute of a publisher; None leaves a kind as it is."""

    type: Literal["mute"] = "mute"
    meeting: Name
    site: Name
    audio: bool | None = None
    video: bool | None = None


class Siblings(Request):
    """The datagram sockets of the other workers, which get the streams they subscribe to."""

    type: Literal["siblings"] = "siblings"
    paths: Annotated[list[str], Field(max_length=64)]


class Stats(Request):
    type: Literal["stats"] = "stats"


AnyRequest = (
    Hello
    | OpenMeeting
    | CloseMeeting
    | Publish
    | Receive
    | Restart
    | End
    | SetStage
    | Mute
    | Siblings
    | Stats
)
_requests: TypeAdapter[AnyRequest] = TypeAdapter(Annotated[AnyRequest, Field(discriminator="type")])


class ControlError(Exception):
    """A refusal of the worker, or of the channel. `code` names why; `detail` is for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def read_request(line: bytes) -> AnyRequest:
    """Raises ControlError `malformed` for anything that is not a known, complete message."""
    try:
        return _requests.validate_json(line)
    except (ValidationError, RecursionError) as exc:
        raise ControlError("malformed", str(exc)[:300]) from exc


class WorkerClient:
    """One connection to one worker. `request` may be used by many tasks at once.

    `on_event` is called with each event; `lost` is set when the connection ends.
    """

    def __init__(
        self,
        on_event: Callable[[dict[str, Any]], None] | None = None,
        *,
        timeout: float = REQUEST_TIMEOUT_S,
        bounds: Bounds | None = None,
    ) -> None:
        self.on_event = on_event
        self.lost = asyncio.Event()
        self.welcome: dict[str, Any] = {}
        self._timeout = timeout
        self._limit = (bounds or Bounds()).control_line_bytes
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._records: dict[int, Callable[[dict[str, Any]], None]] = {}
        self._next = 1
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def connect(self, path: str) -> dict[str, Any]:
        """Connect and say hello; returns the worker's welcome (`pid`, `udp_port`, …).

        Raises OSError when nobody listens, ControlError `protocol` for another version.
        """
        reader, self._writer = await asyncio.open_unix_connection(path, limit=self._limit)
        self._task = asyncio.get_running_loop().create_task(self._read(reader))
        self.welcome = await self.request(Hello())
        return self.welcome

    async def request(
        self, message: Request, record: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Send and wait for the reply. Raises ControlError: the worker's refusal, `worker_lost`,
        or `timeout` (then it is unknown whether it was done).

        `record` is called with a good reply when it is read, before any later event is: the
        waiting task goes on only after all that was read in one go.
        """
        writer = self._writer
        if writer is None or self.lost.is_set():
            raise ControlError("worker_lost")
        number, self._next = self._next, self._next + 1
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        if record is not None:
            self._records[number] = record
        try:
            line = message.model_copy(update={"id": number}).model_dump_json()
            writer.write(line.encode() + b"\n")
            try:
                async with asyncio.timeout(self._timeout):
                    await writer.drain()
                    return await reply
            except TimeoutError as exc:
                raise ControlError("timeout") from exc
            except ConnectionError as exc:
                raise ControlError("worker_lost") from exc
        finally:
            self._waiting.pop(number, None)
            self._records.pop(number, None)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._end()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._take(json.loads(line))
        except (OSError, ValueError):
            pass
        finally:
            self._end()

    def _take(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self._tell(message)
            return
        reply = self._waiting.get(message.get("re", 0))
        if reply is None or reply.done():
            return
        if "error" in message:
            error = message["error"]
            reply.set_exception(ControlError(error["code"], error.get("detail", "")))
        else:
            record = self._records.get(message["re"])
            if record is not None:
                record(message["ok"])
            reply.set_result(message["ok"])

    def _tell(self, event: dict[str, Any]) -> None:
        """A listener's defect is told to the loop; the connection goes on."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception as exc:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"listener of {event['event']}", "exception": exc}
            )

    def _end(self) -> None:
        self.lost.set()
        if self._writer is not None:
            self._writer.close()
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(ControlError("worker_lost"))
