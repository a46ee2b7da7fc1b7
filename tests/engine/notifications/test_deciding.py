"""Preferences: own, then everybody's, then the type's; web and email depend on each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.notifications.deciding import (
    EVERYBODY,
    Ignored,
    Preferences,
    Ways,
    together,
)
from owtui.engine.notifications.types import TYPES, Type

LAB, FIELD = UUID(int=1), UUID(int=2)
PING = TYPES.get("ping_problem")
AT = datetime(2026, 11, 27, tzinfo=UTC)

PLACES = st.sampled_from([LAB, None])
NAMES = st.sampled_from(["anna", EVERYBODY])
TYPE_NAMES = st.sampled_from([PING.name, ""])
KEYS = st.tuples(NAMES, PLACES, TYPE_NAMES)
WAYS = st.builds(Ways, *[st.sampled_from([None, True, False])] * 2)


@given(st.dictionaries(KEYS, WAYS))
def test_no_web_is_no_email_and_something_always_holds(chosen: dict[object, Ways]) -> None:
    found = Preferences(chosen.items()).ways("anna", LAB, PING)  # type: ignore[arg-type]
    assert isinstance(found.web, bool) and isinstance(found.email, bool)
    assert found.web or not found.email


@given(st.dictionaries(KEYS, WAYS), KEYS, st.booleans())
def test_a_choice_matters_only_where_nothing_narrower_was_chosen(
    chosen: dict[object, Ways], key: tuple[str, UUID | None, str], web: bool
) -> None:
    order = [
        (who, place, type)
        for who in ("anna", EVERYBODY)
        for place in (LAB, None)
        for type in (PING.name, "")
    ]
    after = {**chosen, key: Ways(web, None)}
    narrower = [chosen.get(one, Ways()).web for one in order[: order.index(key)]]
    found = Preferences(after.items()).ways("anna", LAB, PING)  # type: ignore[arg-type]
    decided = next((one for one in narrower if one is not None), web)
    assert found.web is decided


@given(WAYS)
def test_what_is_kept_is_always_consistent(ways: Ways) -> None:
    kept = together(ways.web, ways.email)
    assert not (kept.web is False and kept.email is not False)
    assert not (kept.email and kept.web is not True)


def test_what_is_of_another_operator_or_organization_is_not_looked_at() -> None:
    chosen = Preferences(
        [(("ben", LAB, ""), Ways(False, False)), (("anna", FIELD, ""), Ways(False))]
    )
    assert chosen.ways("anna", LAB, PING) == Ways(True, True)


def test_everybodys_choice_holds_until_somebody_has_an_own_one() -> None:
    rows = [((EVERYBODY, LAB, PING.name), Ways(None, False))]
    assert Preferences(rows).ways("anna", LAB, PING) == Ways(True, False)
    rows.append((("anna", None, ""), Ways(None, True)))
    assert Preferences(rows).ways("anna", LAB, PING) == Ways(True, True)


def test_generic_message_cannot_be_changed_and_is_never_mailed() -> None:
    chosen = Preferences([(("anna", None, "generic_message"), Ways(False, True))])
    assert chosen.ways("anna", None, TYPES.get("generic_message")) == Ways(True, False)


def test_an_ignored_device_is_heard_of_again_when_its_time_is_over() -> None:
    ignored = Ignored([("anna", LAB, AT + timedelta(days=1)), ("anna", FIELD, None)])
    assert ignored.covers("anna", LAB, AT)
    assert not ignored.covers("anna", LAB, AT + timedelta(days=1))
    assert ignored.covers("anna", FIELD, AT + timedelta(days=10_000))
    assert not ignored.covers("ben", FIELD, AT)
    assert not ignored.covers("anna", None, AT)


def test_types_are_registered_once_and_can_be_taken_away() -> None:
    TYPES.register(Type("moon", "info", "is full"))
    try:
        with pytest.raises(ValueError, match="registered already"):
            TYPES.register(Type("moon", "info", "is new"))
        assert TYPES.get("moon").verb == "is full"
    finally:
        TYPES.unregister("moon")
    with pytest.raises(ValueError, match="no notification type"):
        TYPES.unregister("moon")
    with pytest.raises(ValueError, match="none of"):
        TYPES.register(Type("sun", "hot", "shines"))


@pytest.mark.parametrize(
    "kind",
    ["ping", "config_applied", "data_collected", "wifi_clients_max", "disk", "memory", "cpu"],
)
def test_each_metric_that_is_told_has_a_problem_and_a_recovery(kind: str) -> None:
    problem, recovery = TYPES.get(f"{kind}_problem"), TYPES.get(f"{kind}_recovery")
    assert (problem.level, recovery.level) == ("warning", "info")
    assert (problem.web, problem.email) == (recovery.web, recovery.email) == (True, True)
    assert f"{kind}_problem" in TYPES


def test_iperf3_has_no_type() -> None:
    assert "iperf3_problem" not in TYPES
