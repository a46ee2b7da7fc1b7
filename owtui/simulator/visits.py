"""When a wireless client is there, as a function of the time since the boot.

Nothing ticks while nobody looks, so the time that a client has spent here can be told for any
moment, and what it has sent only grows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visits:
    """`stay_s` of each `every_s`; a client with an `every_s` of 0 never leaves.

    ahead_s: how far the first round was at the boot
    """

    every_s: float = 0.0
    stay_s: float = 0.0
    ahead_s: float = 0.0

    def here(self, uptime: float) -> bool:
        return not self.every_s or (uptime + self.ahead_s) % self.every_s < self.stay_s

    def seconds(self, uptime: float) -> float:
        """How long it has been here since the boot, all visits together."""
        if not self.every_s:
            return uptime
        return self._until(uptime + self.ahead_s) - self._until(self.ahead_s)

    def _until(self, at: float) -> float:
        rounds, rest = divmod(at, self.every_s)
        return rounds * self.stay_s + min(rest, self.stay_s)

    def since(self, uptime: float) -> float:
        """How long this visit has lasted, or the last one did; a boot begins a new one."""
        if not self.every_s:
            return uptime
        return min(uptime, (uptime + self.ahead_s) % self.every_s, self.stay_s)

    def away(self, uptime: float) -> float:
        """How long ago the last visit ended; 0 while it lasts."""
        if not self.every_s:
            return 0.0
        return max(0.0, (uptime + self.ahead_s) % self.every_s - self.stay_s)


def visits(mac: str, uptime: float) -> Visits:
    """The habits of a client, drawn from its MAC: some stay, some come for minutes or hours.

    At `uptime`, when the device is made, each is here for another minute at least.
    """
    dice = random.Random(f"visits {mac}")
    if dice.random() < 0.4:
        return Visits()
    every = dice.uniform(600, 4 * 3600)
    stay = every * dice.uniform(0.3, 0.8)
    return Visits(every, stay, (dice.uniform(0, stay - 60) - uptime) % every)
