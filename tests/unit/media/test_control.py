"""The control channel: typed messages in, refusals with a code, never a crash."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bounds import Bounds
from media.control import (
    ControlError,
    End,
    Hello,
    Mute,
    OpenMeeting,
    Publish,
    Restart,
    SetStage,
    Stats,
    WorkerClient,
    read_request,
)
from media.engine import Engine
from media.worker import Worker

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    made = Worker(Engine(), str(tmp_path / "w.sock"), bounds=Bounds(control_line_bytes=4096))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def client(worker: Worker) -> AsyncIterator[WorkerClient]:
    events: list[dict[str, Any]] = []
    made = WorkerClient(events.append)
    await made.connect(worker.path)
    yield made
    await made.close()


class TestMessages:
    @pytest.mark.parametrize(
        "message",
        [
            Hello(),
            OpenMeeting(meeting="m", codec="h264", voice_slots=["V0"]),
            Publish(id=5, meeting="m", site="a", offer="v=0"),
            SetStage(meeting="m", video={"V0": "a"}, audio={}),
            Mute(meeting="m", site="a", audio=True),
            Stats(),
        ],
    )
    def test_round_trip(self, message: Any) -> None:
        assert read_request(message.model_dump_json().encode()) == message

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"nonsense",
            b"[]",
            b'{"type":"dance"}',
            b'{"type":"end"}',
            b'{"type":"stats","more":1}',
            b'{"type":"open_meeting","meeting":"m","codec":"av1"}',
            b'{"type":"hello","protocol":"x"}',
            b"[" * 3000,
            b'{"type":"set_stage","meeting":"m","video":{"V0":1}}',
            b"\xff\xfe",
        ],
    )
    def test_malformed_is_refused(self, line: bytes) -> None:
        with pytest.raises(ControlError) as refused:
            read_request(line)
        assert refused.value.code == "malformed"

    @given(json_values)
    def test_any_json_is_refused(self, value: Any) -> None:
        with pytest.raises(ControlError):
            read_request(json.dumps(value).encode())


class TestChannel:
    async def test_the_worker_introduces_itself(self, client: WorkerClient, worker: Worker) -> None:
        assert client.welcome["udp_port"] == worker.engine.port.number
        assert client.welcome["protocol"] == 1

    async def test_commands_and_refusals(self, client: WorkerClient) -> None:
        await client.request(OpenMeeting(meeting="m"))
        await client.request(SetStage(meeting="m", video={"V0": "a"}))
        stats = await client.request(Stats())
        assert stats["meetings"]["m"]["stage"]["video"] == {"V0": "a"}
        for message, code in (
            (End(session="x"), "no_session"),
            (Restart(session="x", fragment=""), "no_session"),
            (Publish(meeting="n", site="a", offer="v=0"), "no_meeting"),
            (Publish(meeting="m", site="a", offer="v=0"), "no_media"),
            (Publish(meeting="m", site="a/b", offer="v=0"), "bad_name"),
            (SetStage(meeting="m", video={"V9": "a"}), "bad_slot"),
            (OpenMeeting(meeting="m", codec="h264"), "codec_differs"),
        ):
            with pytest.raises(ControlError) as refused:
                await client.request(message)
            assert refused.value.code == code

    async def test_a_defect_costs_one_command_not_the_channel(
        self,
        client: WorkerClient,
        worker: Worker,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """The pool ends a worker, with all its sessions, when its channel ends."""

        def defect(*args: Any) -> None:
            raise ValueError("not foreseen")

        monkeypatch.setattr(worker.engine, "set_stage", defect)
        with pytest.raises(ControlError) as refused:
            await client.request(SetStage(meeting="m"))
        assert (refused.value.code, refused.value.detail) == ("internal", "ValueError")
        assert "not foreseen" in capsys.readouterr().err
        assert await client.request(Stats())
        assert not client.lost.is_set()

    async def test_a_defect_of_a_listener_does_not_end_the_channel(self, worker: Worker) -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, what: told.append(what))

        def defect(event: dict[str, Any]) -> None:
            raise KeyError("session")

        made = WorkerClient(defect)
        await made.connect(worker.path)
        worker.tell({"event": "speaking"})
        assert await made.request(Stats())
        assert isinstance(told[0]["exception"], KeyError)
        await made.close()

    async def test_hello_comes_first(self, worker: Worker) -> None:
        reader, writer = await asyncio.open_unix_connection(worker.path)
        writer.write(b'{"type":"stats","id":3}\n')
        reply = json.loads(await reader.readline())
        assert reply == {"re": 3, "error": {"code": "hello_first", "detail": ""}}
        writer.write(b'{"type":"hello","id":4,"protocol":99}\n')
        assert json.loads(await reader.readline())["error"]["code"] == "protocol"
        writer.close()

    async def test_nonsense_is_answered_and_the_rest_goes_on(
        self, worker: Worker, client: WorkerClient
    ) -> None:
        reader, writer = await asyncio.open_unix_connection(worker.path)
        for line in (b"\x00\xff\n", b"{}\n", b"[1]\n", b'{"type":"hello"}\n'):
            writer.write(line)
        replies = [json.loads(await reader.readline()) for _ in range(4)]
        assert [r.get("error", {}).get("code") for r in replies] == ["malformed"] * 3 + [None]
        assert await client.request(Stats())
        writer.close()

    async def test_an_endless_line_cuts_only_its_sender(
        self, worker: Worker, client: WorkerClient
    ) -> None:
        reader, writer = await asyncio.open_unix_connection(worker.path)
        writer.write(b"x" * 10_000)
        assert await reader.read() == b""
        assert await client.request(Stats())
        writer.close()

    async def test_no_more_clients_than_the_bound(self, worker: Worker) -> None:
        clients = [WorkerClient() for _ in range(worker.bounds.control_clients)]
        for made in clients:
            await made.connect(worker.path)
        reader, _ = await asyncio.open_unix_connection(worker.path)
        assert await reader.read() == b""
        for made in clients:
            await made.close()

    async def test_all_clients_hear_events(self, worker: Worker) -> None:
        heard: list[list[dict[str, Any]]] = [[], []]
        clients = [WorkerClient(heard[0].append), WorkerClient(heard[1].append)]
        for made in clients:
            await made.connect(worker.path)
        worker.tell({"event": "speaking", "site": "a"})
        for made in clients:
            await made.request(Stats())
            await made.close()
        assert heard == [[{"event": "speaking", "site": "a"}]] * 2

    async def test_requests_fail_when_the_worker_goes(self, worker: Worker) -> None:
        made = WorkerClient()
        await made.connect(worker.path)
        await worker.close()
        async with asyncio.timeout(5):
            await made.lost.wait()
        with pytest.raises(ControlError) as refused:
            await made.request(Stats())
        assert refused.value.code == "worker_lost"
        await made.close()

    async def test_a_hung_worker_is_a_timeout(self, tmp_path: Path) -> None:
        held: list[asyncio.StreamWriter] = []

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.append(writer)

        path = str(tmp_path / "silent.sock")
        server = await asyncio.start_unix_server(silent, path)
        made = WorkerClient(timeout=0.05)
        with pytest.raises(ControlError) as refused:
            await made.connect(path)
        assert refused.value.code == "timeout"
        await made.close()
        server.close()
        for writer in held:
            writer.close()
