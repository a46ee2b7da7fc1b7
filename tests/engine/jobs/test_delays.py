"""When a device that is away is tried again, woken and spoken of: OpenWISP's figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.jobs import delays

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
DEVICE = UUID(int=1)


def test_the_wait_doubles_from_ten_minutes_to_twelve_hours() -> None:
    waits = [delays.wait_s(retries, 0.5) for retries in range(1, 10)]
    assert waits == [600, 1200, 2400, 4800, 9600, 19200, 38400, 43200, 43200]
    assert (delays.wait_s(1, 0.0), delays.wait_s(1, 1.0)) == (450, 750)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_it_is_never_more_than_a_quarter_off(retries: int, dice: float) -> None:
    usual = delays.wait_s(retries, 0.5)
    assert usual * 0.75 <= delays.wait_s(retries, dice) <= usual * 1.25
    assert usual <= delays.MOST_S


def test_a_device_is_woken_when_it_becomes_ok_not_because_it_is() -> None:
    delay = delays.put_off(None, DEVICE, NOW, 0.5)
    assert (delay.retries, delay.retry_at) == (1, NOW + timedelta(minutes=10))
    assert delays.tend({DEVICE: delay}, {DEVICE: True}, NOW, 1.0).changed == ()
    [unwell] = delays.tend({DEVICE: delay}, {DEVICE: False}, NOW, 1.0).changed
    assert (unwell.unwell, unwell.retry_at) == (True, delay.retry_at)
    [woken] = delays.tend({DEVICE: unwell}, {DEVICE: True}, NOW, 0.5).changed
    assert woken.retry_at == NOW + timedelta(seconds=60)
    again = delays.tend({DEVICE: woken}, {DEVICE: True}, NOW, 0.5)
    assert again.changed == ()


def test_one_that_is_due_sooner_is_not_put_off_by_its_waking() -> None:
    delay = replace(delays.put_off(None, DEVICE, NOW, 0.5), unwell=True)
    late = delay.retry_at - timedelta(seconds=5)
    [woken] = delays.tend({DEVICE: delay}, {DEVICE: True}, late, 1.0).changed
    assert woken.retry_at == delay.retry_at


def test_people_are_reminded_every_sixty_days() -> None:
    delay = replace(delays.put_off(None, DEVICE, NOW, 0.5), unwell=True)
    before, after = NOW + timedelta(days=59.9), NOW + timedelta(days=60)
    assert delays.tend({DEVICE: delay}, {}, before, 0.5).reminded == ()
    [told] = delays.tend({DEVICE: delay}, {}, after, 0.5).reminded
    assert delays.tend({DEVICE: told}, {}, after + timedelta(days=59), 0.5).reminded == ()
    assert delays.tend({DEVICE: told}, {}, after + timedelta(days=60), 0.5).reminded
