"""One status from the immediate flags, to OpenWISP's acceptance example 2 and its table."""

from __future__ import annotations

import pytest

from owtui.engine.monitoring.health import Status, status_of


def test_acceptance_2_critical_needs_every_critical_metric() -> None:
    flags: dict[str, list[bool | None]] = {"ping": [True], "data_collected": [True]}
    assert status_of(flags) is Status.OK
    flags["ping"] = [False]
    assert status_of(flags) is Status.PROBLEM
    flags["data_collected"] = [False]
    assert status_of(flags) is Status.CRITICAL
    flags["config_applied"] = [False]
    assert status_of(flags) is Status.CRITICAL
    flags["data_collected"] = [True]
    assert status_of(flags) is Status.PROBLEM
    flags["ping"], flags["config_applied"] = [True], [True]
    assert status_of(flags) is Status.OK


@pytest.mark.parametrize("other", [[True], [None], []])
def test_one_critical_metric_alone_is_a_problem(other: list[bool | None]) -> None:
    assert status_of({"ping": [False], "data_collected": other}) is Status.PROBLEM


def test_with_ping_as_the_only_critical_metric_ping_decides() -> None:
    assert status_of({"ping": [False]}, ("ping",)) is Status.CRITICAL
    assert status_of({"ping": [False]}) is Status.PROBLEM


def test_what_was_never_judged_counts_for_nothing() -> None:
    assert status_of({}) is Status.UNKNOWN
    assert status_of({"cpu": [None], "ping": []}) is Status.UNKNOWN
    assert status_of({"cpu": [None, True]}) is Status.OK


def test_any_metric_of_several_with_one_name_makes_a_problem() -> None:
    assert status_of({"ping": [True], "disk": [True, False]}) is Status.PROBLEM


def test_a_deactivated_device_is_nothing_else() -> None:
    assert status_of({"ping": [False]}, deactivated=True) is Status.DEACTIVATED
