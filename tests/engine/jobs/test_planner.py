"""Plans: who would change, how much must be typed, what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.plan import Confirm, Plan, Verdict
from owtui.engine.jobs.planner import Setting, estimate_s, make_plan
from owtui.errors import BlockedError, InputError
from storage.rows import DeviceRow
from tests.rows import NOW, device

REGISTRY = Registry.load()
SETTING = Setting("ada", fleet="lab", clock=lambda: NOW, new_id=lambda: UUID(int=7))


def reachable(name: str, **fields: object) -> DeviceRow:
    """A device with credentials and fresh facts."""
    return device(name, **{"connections": 1, "facts_at": NOW, **fields})


def reboot(*rows: DeviceRow, setting: Setting = SETTING) -> Plan:
    return make_plan(REGISTRY.get("reboot"), rows, {}, setting)


def test_the_same_inputs_make_the_same_plan() -> None:
    rows = [reachable(f"ap-{at}") for at in range(3)]
    assert reboot(*rows) == reboot(*rows)
    assert reboot(*rows).id == UUID(int=7)


def test_a_plan_survives_its_file() -> None:
    plan = reboot(reachable("ap-1"), reachable("ap-2", is_deactivated=True))
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    "edited",
    [
        {"waves": [5]},
        {"waves": [2, 0]},
        {"waves": [3, -1]},
        {"parallel": 0},
        {"rows": [reboot(reachable("ap-1")).rows[0].as_dict()] * 2},
    ],
)
def test_a_plan_that_was_edited_into_nonsense_is_no_plan(edited: dict[str, object]) -> None:
    plan = reboot(reachable("ap-1"), reachable("ap-2"))
    with pytest.raises(InputError, match=r"no plan of schema 1: (its waves|a device)"):
        Plan.from_json(json.dumps(plan.as_dict() | edited))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_deactivated": True}, "Device is deactivated."),
        ({"connections": 0}, "Device has no credentials assigned."),
        ({"host_key": "changed"}, "Its host key changed: accept the new one first."),
    ],
)
def test_acceptance_15_a_device_that_cannot_be_sent_anything_is_blocked(
    fields: dict[str, object], reason: str
) -> None:
    plan = reboot(reachable("ap-1", **fields))
    assert [(row.verdict, row.reason) for row in plan.rows] == [(Verdict.BLOCKED, reason)]
    assert (plan.waves, plan.confirm) == ((), Confirm.NONE)


@pytest.mark.parametrize(
    ("devices", "confirm", "typed"),
    [(1, Confirm.YES, "y"), (2, Confirm.COUNT, "2"), (20, Confirm.COUNT, "20")],
)
def test_up_to_twenty_devices_are_confirmed_by_their_number(
    devices: int, confirm: Confirm, typed: str
) -> None:
    plan = reboot(*[reachable(f"ap-{at}") for at in range(devices)])
    assert (plan.confirm, plan.expected) == (confirm, typed)


def test_more_are_confirmed_by_the_name_of_the_fleet() -> None:
    plan = reboot(*[reachable(f"ap-{at}") for at in range(21)])
    assert (plan.confirm, plan.expected) == (Confirm.FLEET, "lab")


def test_one_protected_device_asks_for_the_name_of_the_fleet() -> None:
    plan = reboot(reachable("gw", tags=("protect",)))
    assert plan.confirm is Confirm.FLEET
    assert "1 device protected by the tag “protect”." in plan.notes


def test_the_age_of_the_facts_is_told() -> None:
    plan = reboot(
        reachable("ap-1", facts_at=NOW - timedelta(hours=3)),
        reachable("ap-2", facts_at=None),
        reachable("ap-3"),
    )
    assert plan.notes == (
        "Facts of 1 device are old, the oldest 3 h.",
        "Facts of 1 device were never read.",
    )


def test_read_only_mode_refuses_here() -> None:
    with pytest.raises(BlockedError, match="read-only"):
        reboot(reachable("ap-1"), setting=Setting("ada", read_only=True))


def test_an_empty_selection_never_becomes_the_fleet() -> None:
    with pytest.raises(InputError, match="No device is selected"):
        reboot()


def test_a_secret_never_enters_a_plan() -> None:
    action = REGISTRY.get("change_password")
    with pytest.raises(InputError, match="never enters a plan"):
        make_plan(action, [reachable("ap-1")], {"password": "hunter22"}, SETTING)
    plan = make_plan(action, [reachable("ap-1")], {}, SETTING)
    assert plan.secrets == ("password",)
    assert plan.params == {"username": "root"}


def test_the_base_moves_with_what_the_verdict_stands_on() -> None:
    before = reboot(reachable("ap-1")).rows[0].base
    assert before == reboot(reachable("ap-1", facts_at=None)).rows[0].base
    assert before != reboot(reachable("ap-1", is_deactivated=True)).rows[0].base


def test_an_estimate_counts_rounds_of_what_runs_at_once() -> None:
    assert estimate_s(60, (1, 5, 44), 10) == 60 * (1 + 1 + 5)


def test_a_long_command_is_shortened_in_the_title() -> None:
    plan = make_plan(
        REGISTRY.get("run_command"), [reachable("ap-1")], {"command": "x" * 40}, SETTING
    )
    assert plan.title == f"{'x' * 32}… on 1 device"
