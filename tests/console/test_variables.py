"""Variables by scope, and what groups give: set, changed, removed; secrets are typed unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.variables import ScopesScreen, VariablesScreen
from tests.console.driving import driven, press, shown, type_text, until


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def values(pilot: Pilot[Any], scope: str) -> dict[str, Any]:
    """What a scope has."""
    app = cast(ConsoleApp, pilot.app)
    return await app.bridge.call(lambda engine: engine.configs.variables.get(scope))


async def scopes(pilot: Pilot[Any]) -> None:
    """Go to the scopes."""
    await type_text(pilot, ":variables")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ScopesScreen))
    await until(pilot, lambda: "roof" in text(pilot))


async def of_group(pilot: Pilot[Any], name: str = "roof") -> None:
    """Open the variables of a group."""
    await scopes(pilot)
    await type_text(pilot, f"/name={name}")
    await press(pilot, "enter", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, VariablesScreen))
    await until(pilot, lambda: f"group default/{name}" in shown(pilot.app)[0])


async def test_scopes_are_listed_with_how_many_variables_they_have(configured: Path) -> None:
    async with driven(configured, (120, 40)) as pilot:
        await scopes(pilot)
        rows = {line.split()[1]: line for line in shown(pilot.app)[2:] if "group" in line[:12]}
        assert rows["roof"].split()[-2:] == ["1", "12"]
        assert "global" in text(pilot) and "organization" in text(pilot)
        await press(pilot, "y", "r")
        await until(pilot, lambda: "Sent to the terminal's clipboard" in text(pilot))


async def test_a_variable_is_set_changed_and_removed(configured: Path) -> None:
    async with driven(configured) as pilot:
        await of_group(pilot)
        await press(pilot, "n", *"vlan", "enter", *"20", "f5")
        await until(pilot, lambda: "2 variables" in shown(pilot.app)[0])
        assert (await values(pilot, "group:roof"))["vlan"] == 20
        await press(pilot, "end", "enter")
        await until(pilot, lambda: "Variable vlan" in text(pilot))
        await press(pilot, "backspace", "backspace", *'"x"', "f5")
        await until(pilot, lambda: any("vlan" in line and "x" in line for line in shown(pilot.app)))
        assert (await values(pilot, "group:roof"))["vlan"] == "x"
        await press(pilot, "a", "r", "y")
        await until(pilot, lambda: "1 variables" in shown(pilot.app)[0])
        assert set(await values(pilot, "group:roof")) == {"mesh_key"}


async def test_a_secret_is_never_shown_and_an_empty_line_keeps_it(configured: Path) -> None:
    async with driven(configured) as pilot:
        await of_group(pilot)
        assert "mesh_key" in text(pilot) and "hush-hush" not in text(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "Variable mesh_key" in text(pilot))
        assert "hush-hush" not in text(pilot)
        await press(pilot, "f5")
        assert await values(pilot, "group:roof") == {"mesh_key": "hush-hush"}
        await press(pilot, "a", "v")
        await until(pilot, lambda: "Variable mesh_key" in text(pilot))
        await press(pilot, *"other", "f5")
        await until(pilot, lambda: "mesh_key is set" in text(pilot))
        assert "other" not in text(pilot)
        assert await values(pilot, "group:roof") == {"mesh_key": "other"}
        await press(pilot, "y", "r")
        assert "other" not in pilot.app.clipboard


async def test_a_name_that_no_configuration_can_hold_is_refused(configured: Path) -> None:
    async with driven(configured) as pilot:
        await of_group(pilot)
        await press(pilot, "n", *"a-b", "enter", *"1", "f5")
        assert "Letters, digits and _ only" in text(pilot)


async def test_global_and_a_device_have_variables_too(configured: Path) -> None:
    async with driven(configured) as pilot:
        await scopes(pilot)
        await press(pilot, "home", "enter")
        await until(pilot, lambda: "country" in text(pilot))
        await type_text(pilot, ":variables ap-roof-02")
        await press(pilot, "enter")
        await until(pilot, lambda: "device ap-roof-02" in shown(pilot.app)[0])
        assert any("ssid" in line and "roof 02" in line for line in shown(pilot.app))


async def test_a_group_s_templates_are_chosen_and_put_in_order(configured: Path) -> None:
    async with driven(configured) as pilot:
        await scopes(pilot)
        await type_text(pilot, "/name=yard")
        await press(pilot, "enter", "a", "t")
        await until(pilot, lambda: "Templates of yard" in text(pilot))
        assert "base" not in text(pilot).partition("Templates of yard")[2]  # all have it anyway
        await press(pilot, "space", "j", "space", "K", "enter")
        await until(pilot, lambda: "The templates of yard are saved." in text(pilot))
        app = cast(ConsoleApp, pilot.app)
        group = await app.bridge.call(lambda engine: engine.configs.groups.get("yard"))
        assert [one.name for one in group.templates] == ["roof-ap", "guest"]
        await until(pilot, lambda: "roof-ap, guest" in text(pilot))


async def test_read_only_shows_and_sets_nothing(configured: Path) -> None:
    async with driven(configured, read_only=True) as pilot:
        await of_group(pilot)
        await press(pilot, "n", "enter", "a")
        assert isinstance(pilot.app.screen, VariablesScreen)
