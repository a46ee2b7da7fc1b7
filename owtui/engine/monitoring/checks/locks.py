"""Servers that serve one test at a time, held for a while at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable

EXPIRE_S = 600.0  # [OpenWISP IPERF3_CHECK_LOCK_EXPIRE]


class Locks:
    """Names that are held until given back, or for `EXPIRE_S`: a run that died frees its server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, tuple[float, object]] = {}

    def first_free(self, names: Iterable[str]) -> Held | None:
        """Take the first that nobody holds, None when all are held."""
        now = self._clock()
        for name in names:
            if self._until.get(name, (now, None))[0] <= now:
                held = Held(name, self)
                self._until[name] = (now + EXPIRE_S, held)
                return held
        return None

    def release(self, held: Held) -> None:
        """Give a name back; one that expired and is another's by now stays that one's."""
        if self._until.get(held.name, (0.0, None))[1] is held:
            del self._until[held.name]


class Held:
    """A name that is held; leaving the context gives it back."""

    def __init__(self, name: str, locks: Locks) -> None:
        self.name = name
        self._locks = locks

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self._locks.release(self)
