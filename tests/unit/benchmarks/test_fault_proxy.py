"""The fault proxy does to datagrams what it is told, in each direction by itself."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.benchmarks.media.fault_proxy import Address, FaultProxy, Faults


class Peer(asyncio.DatagramProtocol):
    """Keeps what it gets; an echo sends it back."""

    def __init__(self, echo: bool) -> None:
        self.echo = echo
        self.received: list[tuple[bytes, Address]] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.received.append((data, addr))
        if self.echo:
            self.transport.sendto(data, addr)

    async def until(self, count: int) -> None:
        """Wait until `count` datagrams have come."""
        await until(lambda: len(self.received) >= count)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`, at most ten seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[Peer]:
    transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Peer(True), local_addr=("127.0.0.1", 0)
    )
    yield peer
    transport.close()


async def open_client(address: Address) -> Peer:
    _, peer = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Peer(False), remote_addr=address
    )
    return peer


def open_proxy(echo: Peer, up: Faults | None = None, down: Faults | None = None) -> FaultProxy:
    server = echo.transport.get_extra_info("sockname")
    return FaultProxy(server, up, down, random.Random(1))


async def test_each_client_has_its_own_address_and_its_own_answers(echo: Peer) -> None:
    proxy = open_proxy(echo, Faults(delay_s=0.01), Faults(delay_s=0.01))
    address = await proxy.open()
    one, two = await open_client(address), await open_client(address)
    for number in range(20):
        one.transport.sendto(b"one%d" % number)
        two.transport.sendto(b"two%d" % number)
    await one.until(20)
    await two.until(20)
    assert [data for data, _ in one.received] == [b"one%d" % number for number in range(20)]
    assert [data for data, _ in two.received] == [b"two%d" % number for number in range(20)]
    assert len({address for _, address in echo.received}) == 2
    await proxy.close()


async def test_loss_takes_its_share_of_one_direction_only(echo: Peer) -> None:
    proxy = open_proxy(echo, up=Faults(loss=0.5))
    client = await open_client(await proxy.open())
    for number in range(200):
        client.transport.sendto(b"%d" % number)
        await asyncio.sleep(0)
    await until(lambda: proxy.dropped + len(client.received) == 200)
    assert 60 < proxy.dropped < 140
    assert len(echo.received) == 200 - proxy.dropped
    await proxy.close()


async def test_jitter_lets_datagrams_overtake_and_duplicates_double_them(echo: Peer) -> None:
    proxy = open_proxy(echo, up=Faults(jitter_s=0.02, duplicate=1.0))
    client = await open_client(await proxy.open())
    for number in range(30):
        client.transport.sendto(b"%02d" % number)
    await client.until(60)
    order = [data for data, _ in echo.received]
    assert len(order) == 60
    assert order != sorted(order)
    await proxy.close()


async def test_a_cut_path_carries_nothing_until_it_is_back(echo: Peer) -> None:
    proxy = open_proxy(echo)
    client = await open_client(await proxy.open())
    client.transport.sendto(b"before")
    await client.until(1)
    proxy.up.cut = True
    client.transport.sendto(b"lost")
    await until(lambda: proxy.dropped == 1)
    proxy.up.cut = False
    client.transport.sendto(b"after")
    await client.until(2)
    assert [data for data, _ in client.received] == [b"before", b"after"]
    await proxy.close()


def test_a_link_of_a_rate_delays_and_then_loses() -> None:
    """80 kbit/s: a datagram of 972 bytes with its headers takes a tenth of a second."""
    link = Faults(rate_bps=80_000, queue_s=0.25)
    waits = [link.wait_in_queue(972, 100.0) for _ in range(5)]
    assert waits[:3] == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3)]
    assert waits[3:] == [None, None]
    assert link.wait_in_queue(972, 100.2) == pytest.approx(0.2)
    assert link.wait_in_queue(972, 200.0) == pytest.approx(0.1)
    assert Faults().wait_in_queue(972, 100.0) == 0.0
