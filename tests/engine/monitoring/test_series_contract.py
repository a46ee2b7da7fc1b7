"""One suite for both stores of series: the SQLite file and a real VictoriaMetrics."""

from __future__ import annotations

import asyncio
import math
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import pytest

from owtui.engine.monitoring.victoria import KEYS_A_REQUEST, VictoriaSeries, _selectors
from owtui.errors import InputError, ProtocolError, RefusedError
from storage.series import How, Key, Point, Series, SqliteSeries, mac_code, mac_of, members
from tests.tools import tool

DAY = 86_400.0
BEGIN = time.time() // DAY * DAY - 3 * DAY  # VictoriaMetrics knows no other clock than today's
NOW = BEGIN + 2 * DAY
AP, ROUTER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
CPU = Key(AP, "cpu", "cpu_usage")
WAN = Key(ROUTER, "traffic", "rx_bytes", (("ifname", "wan"),))
LAN = Key(ROUTER, "traffic", "rx_bytes", (("ifname", 'br-lan, 5=GHz "x" \\y'),))
PLAIN = Key(ROUTER, "traffic", "rx_bytes")
CLIENTS = Key(AP, "wifi_clients", "clients", (("ifname", "wlan0"), ("ssid", "Café 5 GHz")))


@dataclass
class Store:
    """A store, and how to wait until what was written can be read."""

    series: Series
    settle: Callable[[], Awaitable[None]]

    async def write(self, points: list[Point]) -> None:
        await self.series.write(points)
        await self.settle()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the run's own: its URL."""
    program = tool("victoria-metrics", "victoria-metrics")
    folder = tmp_path_factory.mktemp("victoria")
    port = free_port()
    command = [
        program,
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=3y",
        "-dedup.minScrapeInterval=1ms",
        "-memory.allowedBytes=64MB",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            transport = httpx.HTTPTransport(retries=8)  # waits 0.5 s, 1 s, 2 s … for its port
            with httpx.Client(transport=transport, trust_env=False, timeout=60) as client:
                assert client.get(f"{url}/health").text == "OK"
            yield url
        finally:
            process.terminate()


@pytest.fixture(params=["sqlite", "sqlite packed", "victoria"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    series: Series
    if request.param == "victoria":
        url: str = request.getfixturevalue("victoria")
        series = VictoriaSeries.at(url, lambda: NOW)

        async def settle() -> None:
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(f"{url}/internal/force_flush")
    else:
        series = SqliteSeries.open(tmp_path / "series.db", lambda: NOW)

        async def settle() -> None:
            if request.param == "sqlite packed":
                await series.compact(NOW + 3 * DAY)

    yield Store(series, settle)
    await series.forget([AP, ROUTER, OTHER])
    await series.close()


async def test_points_are_read_as_written_in_any_order(store: Store) -> None:
    points = [
        Point(key, BEGIN + at, value)
        for key in (WAN, LAN, PLAIN)
        for at, value in ((120.001, 2.0), (0.0, 0.1), (60.5, -1e-7), (180.0, 123456789012.25))
    ]
    await store.write(points[:5])
    await store.write(points[5:])
    found = await store.series.read([WAN, LAN, PLAIN, CPU], BEGIN, BEGIN + 180)
    for key in (WAN, LAN, PLAIN):
        assert np.round(found[key].times_s - BEGIN, 3).tolist() == [0.0, 60.5, 120.001]
        assert found[key].values.tolist() == [0.1, -1e-7, 2.0]
    assert not len(found[CPU].values)


async def test_series_of_an_object_are_listed_and_forgotten(store: Store) -> None:
    await store.write([Point(key, BEGIN, 1.0) for key in (CPU, WAN, LAN, PLAIN, CLIENTS)])
    assert await store.series.series_of(ROUTER) == sorted([WAN, LAN, PLAIN])
    assert await store.series.series_of(AP) == sorted([CPU, CLIENTS])
    await store.series.forget([ROUTER])
    assert await store.series.series_of(ROUTER) == []
    assert not await store.series.latest_at([WAN, LAN, PLAIN], BEGIN + 1)
    await store.write([Point(WAN, BEGIN + 60, 7.0)])
    found = await store.series.read([WAN, CPU], BEGIN, BEGIN + DAY)
    assert found[WAN].values.tolist() == [7.0]
    assert found[CPU].values.tolist() == [1.0]


async def test_the_picture_of_a_moment(store: Store) -> None:
    await store.write(
        [Point(key, BEGIN + hour * 3600, hour) for key in (CPU, WAN) for hour in (1, 2)]
    )
    await store.write([Point(PLAIN, BEGIN + 600, 5.0)])
    keys = [CPU, WAN, PLAIN, LAN]
    found = await store.series.latest_at(keys, BEGIN + 7199.999)
    assert found == {
        CPU: Point(CPU, BEGIN + 3600, 1.0),
        WAN: Point(WAN, BEGIN + 3600, 1.0),
        PLAIN: Point(PLAIN, BEGIN + 600, 5.0),
    }
    exactly = await store.series.latest_at(keys, BEGIN + 7200, within_s=60)
    assert exactly == {key: Point(key, BEGIN + 7200, 2.0) for key in (CPU, WAN)}
    await store.write([Point(CPU, NOW - 60, 9.0)])
    assert await store.series.last(keys) == {CPU: Point(CPU, NOW - 60, 9.0)}


EXPECTED = {
    How.MEAN: [2.0, math.nan, 4.0, 7.0],
    How.SUM: [6.0, math.nan, 8.0, 7.0],
    How.MIN: [1.0, math.nan, 4.0, 7.0],
    How.MAX: [4.0, math.nan, 4.0, 7.0],
    How.LAST: [4.0, math.nan, 4.0, 7.0],
    How.COUNT: [3.0, math.nan, 2.0, 1.0],
    How.DISTINCT: [2.0, math.nan, 1.0, 1.0],
    How.MODE: [1.0, math.nan, 4.0, 7.0],
}


@pytest.mark.parametrize("how", list(How))
@pytest.mark.parametrize("step", [600, 3600, 21_600])
async def test_buckets(store: Store, how: How, step: int) -> None:
    places = [(0, 1.0), (0.3, 1.0), (0.999, 4.0), (2, 4.0), (2.5, 4.0), (3.2, 7.0), (3.6, 9.0)]
    start = BEGIN + 7 * step
    points = [Point(CPU, start + round(at * step, 3), value) for at, value in places]
    await store.write([*points, Point(CPU, start - 0.001, 50.0)])
    # The range ends in the midst of the last bucket, whose later point is not in it.
    found = await store.series.buckets([CPU, WAN], start, start + 3.5 * step, step, how)
    np.testing.assert_allclose(found.values[CPU], EXPECTED[how])
    assert np.isnan(found.values[WAN]).tolist() == [True] * 4
    assert (found.start_s, found.step_s) == (start, step)


async def test_clients_of_a_site_are_counted_once(store: Store) -> None:
    roof = CLIENTS._replace(object_id=OTHER)
    macs = ["02:00:00:00:00:01", "02:00:00:00:00:02", "FE:FF:FF:FF:FF:FF"]
    await store.write(members(CLIENTS, BEGIN, macs) + members(roof, BEGIN, macs[1:]))
    await store.write(members(CLIENTS, BEGIN + 60, macs[:2]))
    keys = [CLIENTS, roof]
    each = await store.series.buckets(keys, BEGIN, BEGIN + 1200, 600, How.DISTINCT)
    assert [each.values[key][0] for key in keys] == [3, 2]
    pooled = await store.series.pooled(keys, BEGIN, BEGIN + 1200, 600, How.DISTINCT)
    np.testing.assert_array_equal(pooled, [3, math.nan])
    found = await store.series.read([CLIENTS], BEGIN, BEGIN + 1)
    assert [mac_of(code) for code in found[CLIENTS].values] == [mac.lower() for mac in macs]


@pytest.mark.parametrize("how", [How.MEAN, How.SUM, How.MIN, How.MAX, How.COUNT])
async def test_pooled_buckets(store: Store, how: How) -> None:
    values = {CPU: [1.0, 2.0, 3.0], WAN: [10.0]}
    await store.write(
        [
            Point(key, BEGIN + nth * 60, v)
            for key, own in values.items()
            for nth, v in enumerate(own)
        ]
    )
    found = await store.series.pooled([CPU, WAN, LAN], BEGIN, BEGIN + 1200, 600, how)
    expected = {How.MEAN: 4.0, How.SUM: 16.0, How.MIN: 1.0, How.MAX: 10.0, How.COUNT: 4.0}
    np.testing.assert_allclose(found, [expected[how], math.nan])


async def test_a_batch_that_is_sent_again_counts_once(store: Store) -> None:
    batch = [Point(CPU, BEGIN + nth * 60, float(nth)) for nth in range(10)]
    for _ in range(2):
        await store.write(batch)
    found = await store.series.buckets([CPU], BEGIN, BEGIN + 3600, 3600, How.COUNT)
    assert found.values[CPU].tolist() == [10]


async def test_many_devices_in_one_question(store: Store) -> None:
    keys = [Key(UUID(int=100 + nth), "ping", "reachable") for nth in range(450)]
    await store.write([Point(key, BEGIN, float(nth)) for nth, key in enumerate(keys)])
    found = await store.series.latest_at(keys, BEGIN + 30)
    assert [found[key].value for key in keys] == list(range(450))
    await store.series.forget([key.object_id for key in keys])


async def test_no_number_and_no_range_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="finite"):
        await store.series.write([Point(CPU, BEGIN, math.nan)])
    with pytest.raises(ValueError, match="no buckets"):
        await store.series.buckets([CPU], BEGIN, BEGIN, 60, How.MEAN)
    await store.series.write([])
    assert (await store.series.sizes()).series >= 0


def test_what_is_no_mac_is_refused() -> None:
    for text in ("", "02:00:00:00:00", "wlan0", "02:00:00:00:00:0g"):
        with pytest.raises(ValueError, match="MAC"):
            mac_code(text)


async def test_a_server_that_is_away_or_another_is_told() -> None:
    away = VictoriaSeries.at(f"http://127.0.0.1:{free_port()}", lambda: NOW)
    with pytest.raises(RefusedError):
        await away.write([Point(CPU, BEGIN, 1.0)])
    await away.close()
    with pytest.raises(InputError):
        VictoriaSeries.at("victoria.example", lambda: NOW)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    other = VictoriaSeries.at(f"http://127.0.0.1:{port}/", lambda: NOW)
    with pytest.raises(ProtocolError, match="404: not here"):
        await other.sizes()
    await other.close()
    server.close()


def test_a_fleet_asked_device_by_device_is_asked_kind_by_kind() -> None:
    fields = [f"field_{n}" for n in range(8)]
    keys = [Key(UUID(int=n), "state", field) for n in range(1000) for field in fields]
    asked = [(selectors, wanted) for selectors, wanted in _selectors(keys)]
    assert sum(len(selectors) for selectors, _ in asked) <= 8000 / KEYS_A_REQUEST + len(fields)
    assert frozenset().union(*(wanted for _, wanted in asked)) == frozenset(keys)
