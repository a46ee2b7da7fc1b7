"""At most one word a key in a while, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from owtui.engine.configs.debounce import Debounce
from tests.engine.configs.office import Time

A, B = UUID(int=1), UUID(int=2)


class Ear:
    def __init__(self) -> None:
        self.heard: list[UUID] = []
        self.time = Time()
        self.debounce = Debounce(self._hear, clock=self.time, sleep=self.time.sleep)

    def _hear(self, keys: Collection[UUID]) -> None:
        self.heard.extend(keys)


async def test_each_key_is_told_three_seconds_after_it_was_first_seen() -> None:
    ear = Ear()
    ear.debounce.saw([A])
    await ear.time.pass_(2)
    ear.debounce.saw([A, B])  # A does not wait anew
    await ear.time.pass_(1)
    assert ear.heard == [A]
    await ear.time.pass_(2)
    assert ear.heard == [A, B]
    ear.debounce.saw([A])
    await ear.time.pass_(3)
    assert ear.heard == [A, B, A]
    await ear.debounce.close()
    assert ear.heard == [A, B, A]


async def test_what_waits_is_told_at_the_end() -> None:
    ear = Ear()
    ear.debounce.saw([B, A])
    await ear.debounce.close()
    assert sorted(ear.heard) == [A, B]
