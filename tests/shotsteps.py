"""How each picture of screenshots/ is reached: what is pressed, and what is waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.about import AboutScreen
from owtui.console.screens.editor import EditorScreen
from owtui.console.screens.impact import ImpactScreen
from owtui.engine.notifications.telling import Telling
from owtui.settings import Origin
from storage import notifications as stored
from tests.console.driving import press, settled, shown, type_text, until
from tests.console.seed import NOW, id_of

Steps = Callable[[Pilot[Any]], Awaitable[None]]


def keys(*pressed: str) -> Steps:
    """Steps that press keys, each once the one before has been answered."""

    async def steps(pilot: Pilot[Any]) -> None:
        for key in pressed:
            await press(pilot, key)

    return steps


def line(text: str) -> Steps:
    """Steps that type a command."""

    async def steps(pilot: Pilot[Any]) -> None:
        await type_text(pilot, f":{text}")
        await press(pilot, "enter")

    return steps


async def fleet(pilot: Pilot[Any]) -> None:
    """The fleet with three roofs marked and the cursor on the busy one."""
    await type_text(pilot, "/roof")
    await press(pilot, "enter")
    await press(pilot, "space", "space", "space")
    await press(pilot, "escape")
    await press(pilot, "up", "up")


async def plan(pilot: Pilot[Any]) -> None:
    """The plan of a reboot of all roofs, with its waves."""
    await type_text(pilot, ":plan reboot @roof")
    await press(pilot, "enter")
    await press(pilot, "f5")


async def answers(pilot: Pilot[Any]) -> None:
    """A job that is over: equal answers together, one of them opened."""
    await press(pilot, "6")
    await press(pilot, "down", "enter")
    await press(pilot, "down", "enter")


async def filtering(pilot: Pilot[Any]) -> None:
    """A filter with a mistake in it, told under the place."""
    await type_text(pilot, "/tag=roof cpu>much")
    await until(pilot, lambda: pilot.app.screen.query(".-error"))


def as_set(pilot: Pilot[Any]) -> None:
    """Settings as somebody has them, in the place of the test's own with their folders."""
    session = pilot.app.session
    file, owner = "/home/eva/.config/owtui/config.toml", "/etc/owtui.toml"
    database = "postgresql://owtui:secret@db.example.net/owtui"
    chosen = replace(session.settings, database=database, parallel=80, facts_every_s=60.0)
    origins = {
        "fleet": Origin("command line", "the command line"),
        "database": Origin("fleet", owner, 9),
        "parallel": Origin("file", file, 4),
        "host_keys": Origin("file", file, 7),
        "operator": Origin("environment", "OWTUI_OPERATOR"),
    }
    files = (Path(owner), Path(file))
    session.loaded = replace(session.loaded, settings=chosen, files=files, origins=origins)
    session.warnings.append("ctrl+a is often taken by screen; add a second key to act.menu.")


async def settings(pilot: Pilot[Any]) -> None:
    """The settings, one of them under the cursor."""
    as_set(pilot)
    await line("settings")(pilot)
    await press(pilot, "j", "j")


async def setting(pilot: Pilot[Any]) -> None:
    """One setting explained."""
    await settings(pilot)
    await press(pilot, "enter")


async def about(pilot: Pilot[Any]) -> None:
    """About, with the folders and the terminal of somebody."""
    await line("about")(pilot)
    await settled(pilot)
    home = "~"
    screen = pilot.app.screen
    assert isinstance(screen, AboutScreen)
    screen._told |= {
        "version": "0.2.0",
        "python": "3.11.9",
        "operator": "eva",
        "platform": "Linux 6.1.0 x86_64",
        "libraries": ["sqlite 3.40.1", "textual 8.2.8", "asyncssh 2.21.0"],
        "database": "sqlite:////var/lib/owtui/owtui.db",
        "master_key": "in the keyring of the operating system",
        "engine": "eva (process 4711 on noc-1) since 2026-11-23 07:58",
        "settings_files": [f"{home}/.config/owtui/config.toml"],
        "config": f"{home}/.config/owtui",
        "data": f"{home}/.local/share/owtui",
        "state": f"{home}/.local/state/owtui",
        "log": f"{home}/.local/state/owtui/owtui.log",
    }
    terminal = {"size": "80x24", "TERM": "tmux-256color", "program": "", "colours": "256"}
    more = {"encoding": "utf-8", "symbols": "UTF-8", "multiplexer": "tmux", "mouse": "ours"}
    screen._terminal = lambda: {**terminal, **more, "over_ssh": True}  # type: ignore[method-assign]
    screen._show()


async def found(pilot: Pilot[Any]) -> None:
    """What the help knows of jobs."""
    await press(pilot, "question_mark", "slash")
    await press(pilot, *"jobs")
    await until(pilot, lambda: "/jobs" in "".join(shown(pilot.app)[:1]))


async def notices(pilot: Pilot[Any]) -> None:
    """Some notices, one of each level."""
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    told = (
        (190, "warning", "ctrl+a is often taken by screen; add a second key to act.menu."),
        (95, "information", "Written: devices.csv, 40 devices."),
        (40, "error", "10.8.7.17:22 does not answer. Is it powered, and is the address right?"),
        (2, "information", "Sent to the terminal's clipboard (OSC 52). Nothing there? y, then v."),
    )
    for minutes, severity, text in told:
        app.session.now = partial(_ago, minutes)
        app.notify(text, severity=severity)  # type: ignore[arg-type]  # a literal
    app.session.now = partial(_ago, 0)
    await line("notices")(pilot)


async def notifications(pilot: Pilot[Any]) -> None:
    """What the operator was told of some devices, part of it read."""
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    engine = app.bridge.engine
    assert engine is not None
    desk = engine.notifications
    desk.teller.present = partial(_ago, 1)
    told = [
        Telling(type, level, f"The device {name} {text}", _ago(minutes), None, id_of(name))
        for minutes, type, level, name, text in (
            (310, "ping_problem", "warning", "ap-roof-03", "is not reachable."),
            (250, "ping_recovery", "info", "ap-roof-03", "is reachable again."),
            (45, "disk_problem", "warning", "gw-north", "has a disk that is nearly full."),
            (12, "config_error", "error", "cpe-04", "has gone back to its configuration before."),
            (6, "cpu_problem", "warning", "ap-yard-02", "is experiencing a peak in CPU usage."),
        )
    ]
    engine.database.write(lambda session: desk.tell(session, told))
    name = desk.operator.name
    rows = engine.database.read(lambda session: stored.rows(session, name))
    old = [row.id for row in rows if row.at < _ago(200)]
    engine.database.write(lambda session: stored.mark_read(session, name, old))
    await line("notifications")(pilot)
    await until(pilot, lambda: "5 notifications" in shown(pilot.app)[0])


def _ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def edited(*pressed: str) -> Steps:
    """Steps that open a template, change its channel, and press keys."""

    async def steps(pilot: Pilot[Any]) -> None:
        await line("templates roof-ap")(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        screen = pilot.app.screen
        await until(pilot, lambda: screen.looked_at[0])
        text = screen.edit.text.replace('"channel": 36', '"channel": 100')
        screen.edit.replace(text)
        await until(pilot, lambda: screen.looked_at[0] == text and screen.impact is not None)
        screen.edit.go_to(8)
        for key in pressed:
            await press(pilot, key)

    return steps


async def offers(pilot: Pilot[Any]) -> None:
    """What may be typed in a radio."""
    await edited()(pilot)
    edit = pilot.app.screen.edit
    edit.go_to(10, 200)
    await press(pilot, "comma", "enter", "tab")


async def changes(pilot: Pilot[Any]) -> None:
    """The impact of the edit, one group opened."""
    await edited("f9")(pilot)
    await until(pilot, lambda: isinstance(pilot.app.screen, ImpactScreen))
    await press(pilot, "enter")


async def config(pilot: Pilot[Any]) -> None:
    """The configuration of a device."""
    await line("config ap-roof-10")(pilot)
    await until(pilot, lambda: "not set: ssid" in "".join(shown(pilot.app)))
    await press(pilot, "down", "down")


async def variables(pilot: Pilot[Any]) -> None:
    """The scopes of variables."""
    await line("variables")(pilot)
    await until(pilot, lambda: "roof" in "".join(shown(pilot.app)))
    await press(pilot, "end", "up")


async def was(pilot: Pilot[Any]) -> None:
    """What a template was."""
    await press(pilot, "5")
    await until(pilot, lambda: "roof-ap" in "".join(shown(pilot.app)))
    await press(pilot, "end", "h")
    await until(pilot, lambda: "2 generations" in shown(pilot.app)[0])


async def alerts(pilot: Pilot[Any]) -> None:
    """What is wrong, one cause opened, and the story of one that somebody should look at."""
    await press(pilot, "2")
    await until(pilot, lambda: "gw-harbour" in "".join(shown(pilot.app)))
    await press(pilot, "home", "f", "down", "down", "down", "down")
    await until(pilot, lambda: "SEEN BY" in "".join(shown(pilot.app)))


def report(*pressed: str) -> Steps:
    """Steps that open a page of the device that has told something."""

    async def steps(pilot: Pilot[Any]) -> None:
        await line("devices show ap-roof-01")(pilot)
        await press(pilot, *pressed)

    return steps


async def measured(pilot: Pilot[Any]) -> None:
    """The charts of a device, the cursor on its round trip times."""
    await line("chart ap-roof-02 rtt")(pilot)
    await until(pilot, lambda: "b Average Max RTT" in "".join(shown(pilot.app)))


async def together(pilot: Pilot[Any]) -> None:
    """One chart over three devices."""
    await type_text(pilot, "/name=ap-roof-01|name=ap-roof-02|name=ap-roof-03")
    await press(pilot, "enter")
    await press(pilot, "asterisk", "m")
    await until(pilot, lambda: "a ap-roof-01" in "".join(shown(pilot.app)))
    await press(pilot, "j", "j")


async def page(pilot: Pilot[Any]) -> None:
    """One chart on the whole page, by plotext."""
    await measured(pilot)
    await press(pilot, "z")
    await until(pilot, lambda: "┌──" in "".join(shown(pilot.app)))


async def network(pilot: Pilot[Any]) -> None:
    """The topology, the cursor on a link that has become worse."""
    await press(pilot, "3")
    await until(pilot, lambda: "nodes 17" in shown(pilot.app)[0])
    pilot.app.screen.go_to("ap-roof-04")
    await settled(pilot)


async def drawing(pilot: Pilot[Any]) -> None:
    """The topology drawn, with a way in it."""
    await network(pilot)
    await press(pilot, "T")
    screen = pilot.app.screen
    screen.go_to("gw-north")
    await press(pilot, "P")
    screen.go_to("ap-yard-02")
    await press(pilot, "P")
    await until(pilot, lambda: "17 of 17 nodes" in "".join(shown(pilot.app)))


async def turns(pilot: Pilot[Any]) -> None:
    """In which order devices may be taken away."""
    await network(pilot)
    await press(pilot, "O", "enter")
    await until(pilot, lambda: "Wave 1" in "".join(shown(pilot.app)))
