"""Fan-outs of a test: the plan of one command everywhere, and its results."""

from __future__ import annotations

from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.result import Result
from tests.engine.jobs.twins import House


async def collect(house: House, plan: Plan) -> dict[str, Result]:
    """Run a plan to its end."""
    return {result.device: result async for result in house.jobs.run(plan)}


async def command(house: House, text: str = "uptime", **more: object) -> Plan:
    """A plan to run a command everywhere."""
    return await house.jobs.plan("run_command", house.rows, {"command": text, **more})
