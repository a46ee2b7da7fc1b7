"""Draws screenshots/ from the seeded fleet with a standing clock: `make screenshots`.

The SVGs are compared by a test, so that no picture shows what the program no longer does. PNGs are
made of those that people look at, where the font is installed; otherwise it is said.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import shotsteps as by
from tests.console.chartseed import sow_series
from tests.console.configseed import sow_folder
from tests.console.driving import driven, settled
from tests.console.networkseed import sow_network
from tests.console.seed import sow
from tests.console.upgradeseed import sow_upgrades
from tests.console.watchseed import sow_watch
from tests.shotsteps import Steps, keys, line

FOLDER = Path(__file__).parents[1] / "screenshots"
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT = "DejaVu Sans Mono"
SMALL, LARGE, WIDE = (80, 24), (120, 40), (200, 60)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its file's name, the terminal, how to get there, with which settings."""

    name: str
    size: tuple[int, int]
    steps: Steps
    chosen: dict[str, Any] = field(default_factory=dict)
    png: bool = True
    configured: bool = False
    watched: bool = False

    @property
    def networked(self) -> bool:
        """Whether it is drawn on a fleet with topologies."""
        return self.name.startswith("topology")

    @property
    def upgraded(self) -> bool:
        """Whether it is drawn on a fleet with batches of upgrades."""
        return self.name.startswith(("upgrades", "batch", "firmware"))

    @property
    def measured(self) -> bool:
        """Whether it is drawn on a fleet with history."""
        return self.name.startswith("charts")


POLLING = {"facts_every_s": 60.0}
# These are drawn on a fleet that has configurations.
CONFIGURED = frozenset(
    {"templates", "editor", "editor-diff", "editor-offers", "impact", "config", "variables"}
    | {"generations", "template-menu"}
)

# These on one that is monitored.
WATCHED = frozenset({"pulse", "alerts", "interfaces", "clients", "checks"})

# Every screen: in the dark theme at each size, and at 80x24 in each other look.
SCREENS: dict[str, tuple[Steps, dict[str, Any]]] = {
    "pulse": (keys("0"), POLLING),
    "alerts": (by.alerts, {}),
    "fleet": (by.fleet, {}),
    "device": (keys("enter"), {}),
    "plan": (by.plan, {}),
    "jobs": (keys("6"), {}),
    "job": (by.answers, {}),
    "audit": (line("audit"), {}),
    "settings": (by.settings, {}),
    "notices": (by.notices, {}),
    "notifications": (by.notifications, {}),
    "about": (by.about, {}),
    "help": (keys("question_mark"), {}),
    "templates": (keys("5", "end"), {}),
    "editor": (by.edited(), {}),
    "config": (by.config, {}),
    "variables": (by.variables, {}),
    "charts": (by.measured, {}),
    "topology": (by.network, {}),
    "topology-graph": (by.drawing, {}),
    "upgrades": (keys("4"), {}),
    "firmware": (line("firmware"), {}),
    "batch": (keys("4", "enter", "down", "down", "down"), {}),
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"theme": "owtui-light"},
    "ansi": {"theme": "ansi-dark"},
    "ascii": {"ascii": True, "theme": "ansi-dark"},
}
# What opens over a screen, once.
DIALOGS: dict[str, Steps] = {
    "interfaces": by.report("tab", "tab"),
    "clients": by.report("tab", "tab", "tab"),
    "checks": by.report(*["tab"] * 5),
    "filter": by.filtering,
    "actions": keys("a"),
    "columns": keys("c"),
    "palette": keys("ctrl+p"),
    "setting": by.setting,
    "help-found": by.found,
    "editor-diff": by.edited("f2", "f2"),
    "editor-offers": by.offers,
    "impact": by.changes,
    "generations": by.was,
    "template-menu": keys("5", "end", "a"),
    "charts-several": by.together,
    "charts-page": by.page,
    "topology-order": by.turns,
}


def _all() -> tuple[Shot, ...]:
    sizes = (SMALL, LARGE, WIDE)
    shots = [
        Shot(
            f"{name}-{w}x{h}",
            (w, h),
            steps,
            chosen,
            png=(w, h) != WIDE or name == "fleet",
            configured=name in CONFIGURED,
            watched=name in WATCHED,
        )
        for name, (steps, chosen) in SCREENS.items()
        for w, h in sizes
    ]
    shots += [
        Shot(
            f"{name}-{look}-80x24",
            SMALL,
            steps,
            {**chosen, **how},
            png=name in _BOTH,
            configured=name in CONFIGURED,
            watched=name in WATCHED,
        )
        for name, (steps, chosen) in SCREENS.items()
        for look, how in LOOKS.items()
    ]
    shots += [
        Shot(
            f"{name}-80x24",
            SMALL,
            steps,
            configured=name in CONFIGURED,
            watched=name in WATCHED,
        )
        for name, steps in DIALOGS.items()
    ]
    shots.append(Shot("fleet-light-120x40", LARGE, by.fleet, LOOKS["light"]))
    return tuple(shots)


_BOTH = frozenset({"fleet", "pulse"})  # other looks of these as PNG, too
SHOTS = _all()


async def svg(shot: Shot, folder: Path) -> str:
    """Draw one picture on a data folder that holds the seeded fleet."""
    async with driven(folder, shot.size, **shot.chosen) as pilot:
        await shot.steps(pilot)
        await settled(pilot)
        pilot.app.clear_notifications()
        await pilot.pause()
        return _local(pilot.app.export_screenshot(title="owtui"))


def _local(drawn: str) -> str:
    """Without fonts from the network: no file of ours names a host."""
    drawn = re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<!-- Generated with.*?-->\s*", "", drawn)
    return drawn.replace("Fira Code", FONT)


def has_font() -> bool:
    """Whether the font of the pictures is installed."""
    return any(True for place in FONT_FOLDERS for _ in place.rglob("DejaVuSansMono.ttf"))


def png(drawn: str) -> bytes:
    """The picture as PNG."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawn,
            font_dirs=[str(place) for place in FONT_FOLDERS if place.is_dir()],
            font_family=FONT,
            monospace_family=FONT,
        )
    )


async def draw(wanted: tuple[str, ...] = ()) -> None:
    """Write every picture, or those that are named."""
    FOLDER.mkdir(exist_ok=True)
    with_png = has_font()
    for shot in SHOTS:
        if wanted and shot.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            sow(Path(folder) / "owtui.db")
            if shot.configured:
                await sow_folder(Path(folder))
            if shot.watched:
                sow_watch(Path(folder) / "owtui.db")
            if shot.networked:
                sow_network(Path(folder) / "owtui.db")
            if shot.upgraded:
                sow_upgrades(Path(folder) / "owtui.db")
            if shot.measured:
                sow_series(Path(folder))
            drawn = await svg(shot, Path(folder))
        (FOLDER / f"{shot.name}.svg").write_text(drawn, "utf-8")
        if with_png and shot.png:
            (FOLDER / f"{shot.name}.png").write_bytes(png(drawn))
        print(shot.name)
    if not with_png:
        print(f"No PNG was made: {FONT} is not installed (apt install fonts-dejavu-core).")


if __name__ == "__main__":
    asyncio.run(draw(tuple(sys.argv[1:])))
