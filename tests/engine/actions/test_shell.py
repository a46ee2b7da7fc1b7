"""Own actions of the settings and of plug-ins, as the guide describes them."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from owtui import settings
from owtui.engine import plugins
from owtui.engine.actions.base import FanOut
from owtui.engine.actions.registry import Registry
from owtui.engine.actions.shell import ShellAction

GUIDE = Path(__file__).parents[3] / "docs" / "plugins.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


def test_the_examples_of_the_guide_are_good(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    aliases = re.findall(r"^    (\[alias\].*?)\n\n", GUIDE.read_text("utf-8"), re.M | re.S)
    file.write_text("\n".join([*aliases, *blocks("toml")]))
    loaded = settings.load({"HOME": str(tmp_path)}, config=file)
    assert list(loaded.aliases) == ["up", "roof", "bad"]
    registry = Registry.load(loaded.actions)
    assert not registry.problems
    ping, radio = registry.get("ping"), registry.get("restart-radio")
    assert isinstance(ping, ShellAction) and isinstance(radio, ShellAction)
    assert not ping.changes and radio.changes
    assert ping.line({"host": "a b", "count": 3.0}) == "ping -c 3 -- 'a b'"
    assert radio.line({"radio": "radio1"}) == "wifi down radio1 && wifi up radio1"


def test_the_plugin_of_the_guide_is_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("owtui_leds")
    code = next(one for one in blocks("python") if "FanOut" in one)
    exec(code, plugin.__dict__)

    class Point:
        name = "leds"

        def load(self) -> Any:
            return plugin

    monkeypatch.setattr(plugins, "entry_points", lambda group: [Point()])
    registry = Registry.load()
    assert isinstance(registry.get("read_leds"), FanOut) and not registry.problems


def test_an_own_action_never_takes_the_place_of_one_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[action.reboot]\ntitle = "Mine"\ncommand = "true"')
    registry = Registry.load(settings.load({"HOME": str(tmp_path)}, config=file).actions)
    assert registry.get("reboot").title != "Mine"
    [problem] = registry.problems
    assert problem.sentence == (
        "The action reboot of the settings is left out: there are two actions 'reboot'."
    )
