"""What collecting from one device costs: CPU on our side, bytes on the wire.

The answers are those of one simulated device of each model on its newest release; nothing is sent.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Callable, Sequence

from owtui.engine.monitoring.document import check
from owtui.engine.openwrt import collect, probe, sums
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import Outcome
from owtui.errors import MissingError
from owtui.simulator.bus.core import UbusError
from owtui.simulator.jsontext import compact
from owtui.simulator.models import MODELS, releases_for
from tests.bench.measure import Spread, title
from tests.simulator.rig import Bench, identity

TOKEN = "0123456789abcdef01234567"


class Rpc:
    """The ubus of a simulated device; counts the bytes of its answers as uhttpd would send them."""

    name = "ap-01"

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.bytes = 0
        self._told: dict[str, dict[str, object]] = {}

    async def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Outcome]:
        """Answer each; one that was answered before costs nothing but its copy."""
        return [await self._one(call) for call in calls]

    async def call(self, obj: str, method: str, args: object = None, **_: object) -> object:
        """Is not used while collecting."""
        raise AssertionError(obj)

    async def _one(self, call: Call) -> Outcome:
        key = f"{call.words} {json.dumps(call.args)}"
        if key not in self._told:
            try:
                answer = await self._bench.device.bus.call(call.obj, call.method, call.args)
            except UbusError as error:
                return MissingError(str(error))
            text = compact(answer or {})
            self.bytes += len(text) + len('{"jsonrpc":"2.0","id":10,"result":[0,]},')
            self._told[key] = json.loads(text)
        return self._told[key]


def timed(work: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU of one."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) * 1000 / times


def show(times: int, runs: int) -> None:
    """Print a line a model, and what validation and the facts alone cost beside it."""
    title("collecting from one device: CPU ms to read the answer and build the document")
    asyncio.run(_show(times, runs))


async def _show(times: int, runs: int) -> None:
    for model in MODELS.values():
        bench = Bench(identity(model=model.key, release=releases_for(model)[-1].version))
        line = collect.script(TOKEN)
        packed = (await bench.raw(line))[0]
        facts = (await bench.raw(probe.script(TOKEN, ())))[0]
        report = collect.read(packed, TOKEN, "ssh")
        rpc = Rpc(bench)
        router = UbusRouter(rpc, lambda: TOKEN)
        await router.collect()

        def survey(facts: bytes = facts) -> object:
            reading = probe.read(facts, TOKEN)
            return reading.facts("ssh"), sums.read(reading.sums)

        def read(packed: bytes = packed) -> object:
            return collect.read(packed, TOKEN, "ssh")

        def valid(document: object = report.document) -> object:
            return check(document)

        whole = Spread.of(timed(read, times) for _ in range(runs))
        plain = len(zlib.decompress(packed, wbits=31))
        print(
            f"{model.key:16s} {whole} ms (facts alone {timed(survey, times):.2f}, validation"
            f" {timed(valid, times):.2f}); SSH {len(packed):,} B, unpacked {plain:,},"
            f" facts alone {len(facts):,}; ubus {rpc.bytes:,} B; question {len(line):,} B"
        )
