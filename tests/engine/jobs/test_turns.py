"""A plan in the order of a topology: nothing starts before what hangs on it is done."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.plan import Plan, Verdict
from owtui.engine.jobs.planner import Setting, make_plan
from owtui.engine.jobs.run import Rollout, next_move
from owtui.engine.jobs.state import JobState, ResultState
from owtui.engine.jobs.turns import Turns, arranged
from owtui.engine.topology.analysis import Shape
from owtui.engine.topology.order import order
from owtui.errors import InputError
from tests.engine.topology.meshes import mesh
from tests.rows import NOW, device

REGISTRY = Registry.load()
SETTING = Setting("ada", fleet="lab", clock=lambda: NOW, new_id=lambda: UUID(int=7))


def planned(names: list[str], action: str = "reboot", **params: object) -> Plan:
    rows = [
        device(name, connections=1, facts_at=NOW, is_deactivated=name == "off") for name in names
    ]
    return make_plan(REGISTRY.get(action), rows, params, SETTING)


def turns(plan: Plan, *waves: str, **unplaced: str) -> Turns:
    ids = {row.device: row.device_id for row in plan.rows}
    placed = {
        ids[name]: (wave, f"because of {name}")
        for wave, names in enumerate(waves)
        for name in names.split()
    }
    return Turns(placed, {ids[name]: why for name, why in unplaced.items()})


def test_rows_waves_and_reasons_follow_the_order_and_the_canary_stays() -> None:
    plan = planned(["gw", "a", "b", "off", "c", "x"])
    found = arranged(plan, turns(plan, "b c", "a", "gw", x="it is no node"), 60.0)
    assert [row.device for row in found.rows] == ["b", "c", "a", "gw", "x", "off"]
    assert found.waves == (1, 1, 1, 1, 1) and found.order == "topology"
    assert found.rows[2].turn == "because of a" and found.rows[4].turn == "last: it is no node"
    assert found.rows[5].verdict is Verdict.BLOCKED and not found.rows[5].turn
    assert "Without a place in the topology, x goes last." in found.notes
    assert Plan.from_json(found.to_json()) == found
    assert Plan.from_json(plan.to_json()) == plan and "order" not in plan.as_dict()


def test_what_goes_at_once_has_no_order() -> None:
    plan = planned(["a", "b"], "run_command", command="uptime")
    with pytest.raises(InputError, match="at once"):
        arranged(plan, Turns(), 1.0)


@pytest.mark.parametrize("seed", range(40))
def test_a_job_never_starts_a_device_before_those_that_hang_on_it(seed: int) -> None:
    chance = random.Random(seed)
    shown = mesh(chance.randint(2, 24), chance.randint(0, 30), seed)
    root = chance.choice(sorted(shown.nodes))
    plan = planned(chance.sample(sorted(shown.nodes), chance.randint(2, len(shown.nodes))))
    ids = {row.device: row.device_id for row in plan.rows}
    found = order(shown, list(ids), root)
    placed = {ids[turn.node]: (turn.wave, turn.reason) for turn in found.turns}
    ordered = arranged(plan, Turns(placed), 60.0)
    assert {row.base for row in ordered.rows} == {row.base for row in plan.rows}
    shape, names = Shape(shown), [row.device for row in ordered.changing]
    states = [ResultState.PENDING] * len(names)
    rollout = Rollout(ordered.waves, chance.randint(1, 5), ordered.stop_after)
    while not (move := next_move(rollout, states, JobState.RUNNING)).done:
        for at in move.start:
            for other in shape.lost_with(names[at], root) & set(names):
                assert states[names.index(other)] is ResultState.SUCCESS
            states[at] = ResultState.IN_PROGRESS
        running = [at for at, one in enumerate(states) if one is ResultState.IN_PROGRESS]
        states[chance.choice(running)] = ResultState.SUCCESS
    assert set(states) == {ResultState.SUCCESS}
