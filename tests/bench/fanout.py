"""`owtui run` beside parallel-ssh, clush and ansible: one command on the same devices.

What counts is the client's CPU per further device, the slope between two sizes of fleet: starting
the program is paid once. The simulated devices run in another process but on the same cores, so
devices a second is a figure of the pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.clients import AT_ONCE, CLIENTS, COMMAND, EVIDENCE, Client, ready
from tests.bench.fleet import Place, fleet
from tests.bench.measure import Cost, Spread, cost, title

SIZES = (50, 200)


@dataclass(slots=True)
class Figures:
    """The runs of one client, by the size of the fleet."""

    runs: dict[int, list[Cost]] = field(default_factory=lambda: defaultdict(list))

    def cpu_ms(self, size: int) -> Spread:
        """CPU of the whole process and its children per device."""
        return Spread.of(run.cpu_s * 1000 / size for run in self.runs[size])

    def pace(self, size: int) -> Spread:
        """Devices a second, the whole process."""
        return Spread.of(size / run.wall_s for run in self.runs[size])

    @property
    def slope_ms(self) -> Spread:
        """CPU per further device, run by run."""
        small, large = min(self.runs), max(self.runs)
        pairs = zip(self.runs[small], self.runs[large], strict=True)
        return Spread.of((b.cpu_s - a.cpu_s) * 1000 / (large - small) for a, b in pairs)


def measure(runs: int, seed: int, sizes: Sequence[int] = SIZES) -> dict[str, Figures]:
    """Run every client `runs` times at each size, in turn. RuntimeError when a device is missed."""
    figures: dict[str, Figures] = {}
    with TemporaryDirectory() as name, fleet(max(sizes), seed, Path(name)) as place:
        clients = {size: _set_up(place, size) for size in sizes}
        for turn in range(runs + 1):  # the first warms caches and is not counted
            for size in sizes:
                for client in clients[size]:
                    run = _checked(client, size)
                    if turn:
                        figures.setdefault(client.name, Figures()).runs[size].append(run)
    return figures


def show(runs: int, seed: int) -> None:
    """Measure and print."""
    small, large = SIZES
    title(
        f"`{COMMAND}` on {small} and {large} simulated devices, {AT_ONCE} at once",
        f"seed {seed}, {runs} runs of each in turn: median (min to max). CPU: user + system of the",
        "whole process tree; further: per device between the two sizes.",
    )
    if not ready():
        print("   the peers are not installed: `make bench` installs them")
        return
    figures = measure(runs, seed)
    own = figures["owtui run"]
    print(f"   {'':17}{'CPU ms a further device':27}{'ratio':>7}   ", end="")
    print(f"{f'CPU ms a device of {large}':24}{'ratio':>7}   devices/s")
    for name, each in figures.items():
        slope, whole, pace = each.slope_ms, each.cpu_ms(large), each.pace(large)
        print(
            f"   {name:17}{slope!s:27}{slope.median / own.slope_ms.median:6.1f}x   "
            f"{whole!s:24}{whole.median / own.cpu_ms(large).median:6.1f}x   {pace.median:.0f}"
        )
    print("   parallel-ssh compares no host keys (it cannot); the others do.")


def _set_up(place: Place, size: int) -> list[Client]:
    devices = place.devices[:size]
    made = []
    for make in CLIENTS:
        folder = place.folder / f"{make.__name__}-{size}"
        folder.mkdir()
        made.append(make(place, devices, folder))
    return made


def _checked(client: Client, size: int) -> Cost:
    """Run a client; every device must have answered."""
    run = cost(client.command, client.environ)
    answers = run.output.count(EVIDENCE)
    if answers != size:
        raise RuntimeError(f"{client.name}: {answers} of {size} answered: {run.output[-500:]}")
    return run
