"""The topology on screen: tree, drawing, ways, order, time; driven as a person does."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.text import TextScreen
from owtui.console.screens.topology import TopologyScreen
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.networkseed import topology_id
from tests.console.seed import NOW

LARGE = (120, 40)


async def opened(pilot: Pilot[Any]) -> TopologyScreen:
    """Screen 3, with its picture read."""
    await press(pilot, "3")
    screen = pilot.app.screen
    assert isinstance(screen, TopologyScreen)
    await until(pilot, lambda: screen.network is not None)
    return screen


def line_with(pilot: Pilot[Any], *words: str) -> str:
    found = [line for line in shown(pilot.app) if all(word in line for word in words)]
    return found[0] if found else ""


async def test_the_tree_tells_costs_losses_islands_and_cut_points(networked: Path) -> None:
    async with driven(networked) as pilot:
        await opened(pilot)
        lines = shown(pilot.app)
        assert "nodes 17" in lines[0] and "down 1" in lines[0]
        assert lines[1].startswith("> gw-harbour") and "✖" in lines[1]
        assert "═ gw-north" in line_with(pilot, "gw-north")
        assert "(lldp only)" in line_with(pilot, "sw-1")
        assert "wlan0 ~ ap-roof-01" in line_with(pilot, "wlan0")
        assert "etx 1.85" in line_with(pilot, "ap-roof-04") and "▼ worse" in "".join(lines)
        assert "lost 14m ago" in line_with(pilot, "ap-roof-07")
        assert line_with(pilot, "(3 nodes unreachable behind it)")
        assert line_with(pilot, "── island ──")
        assert "root gw-harbour (by hops)" in lines[-2] and "cut points: ap-roof-01" in lines[-2]


async def test_a_cursor_asks_nobody_and_enter_opens_the_device(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        asked: list[object] = []
        call = app.bridge.call

        async def counted(ask: Any) -> Any:
            asked.append(ask)
            return await call(ask)

        app.bridge.call = counted  # type: ignore[method-assign]
        await press(pilot, "down", "down", "j", "k", "end", "home", "down")
        assert not asked
        app.bridge.call = call  # type: ignore[method-assign]
        assert line_with(pilot, "NODE gw-north") and line_with(pilot, "LINK")
        assert line_with(pilot, "15:58", "- ap-roof-01 ↔ ap-roof-07")
        assert line_with(pilot, "09:02", "~ etx 1.2 → 1.85")
        await press(pilot, "enter")
        assert isinstance(app.screen, DeviceScreen) and "gw-north" in shown(app)[0]
        await until(pilot, lambda: line_with(pilot, "gw-harbour", "up for 2m"))
        await press(pilot, "escape")
        assert app.screen is screen and screen.here() == "gw-north"


async def test_what_is_behind_a_lost_node_folds_and_a_search_goes_there(networked: Path) -> None:
    async with driven(networked) as pilot:
        screen = await opened(pilot)
        await type_text(pilot, "/roof-07")
        await press(pilot, "enter")
        await until(pilot, lambda: screen.here() == "ap-roof-07")
        assert "fold" in line_with(pilot, "?help") or "f" in [
            key.shown() for key in screen.usable_keys()
        ]
        await press(pilot, "f")
        assert line_with(pilot, "ap-roof-10") and not line_with(pilot, "unreachable behind")
        await press(pilot, "f")
        assert not line_with(pilot, "ap-roof-10")
        await type_text(pilot, "/ap-roof")
        await press(pilot, "enter")
        await until(pilot, lambda: "10 found" in shown(pilot.app)[-2])
        first = screen.here()
        await press(pilot, "n")
        assert screen.here() != first
        await press(pilot, "N")
        assert screen.here() == first
        await type_text(pilot, "/ap-roof-10")
        await until(pilot, lambda: screen.here() == "ap-roof-10")
        assert screen.outline.cursor_key == "ap-roof-10"
        await press(pilot, "escape", "escape")
        assert not screen.hits


async def test_a_way_has_its_weakest_link_and_another_root_another_tree(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await press(pilot, "P")
        assert line_with(pilot, "Way from gw-harbour to")
        screen.go_to("ap-yard-02")
        await press(pilot, "P")
        text = " ".join(line.strip() for line in shown(pilot.app))
        assert "gw-harbour → ap-roof-01 → ap-roof-02 → ap-roof-04" in text
        assert "5 hops" in text and "weakest ap-roof-02 ↔ ap-roof-04 etx 1.85" in text
        await press(pilot, "escape")
        assert not line_with(pilot, "weakest")
        await press(pilot, "b")
        await until(pilot, lambda: shown(pilot.app)[1].strip("> ").startswith("ap-yard-02"))
        screen.go_to("ap-roof-10")
        await press(pilot, "P")
        screen.go_to("gw-north")
        await press(pilot, "P")
        assert line_with(pilot, "No way leads from ap-roof-10 to gw-north")


async def test_the_drawing_follows_the_tree_and_has_its_keys_only_while_seen(
    networked: Path,
) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        ids = {key.id for key in screen.usable_keys()}
        assert "topology.shape" in ids and "topology.zoom_in" not in ids
        screen.go_to("ap-roof-02")
        await press(pilot, "T")
        await until(pilot, lambda: line_with(pilot, "17 of 17 nodes"))
        assert line_with(pilot, ">ap-roof-02")
        assert "topology.zoom_in" in {key.id for key in screen.usable_keys()}
        await press(pilot, "down")
        here = screen.here()
        assert here not in (None, "ap-roof-02") and screen.outline.cursor_key == here
        await press(pilot, "v")
        assert not line_with(pilot, "17 of 17 nodes") and line_with(pilot, f"around {here}")
        await press(pilot, "escape", "plus", "plus")
        assert "100%" not in line_with(pilot, " of 17 nodes")
        await press(pilot, "shift+left", "backspace")
        assert "100%" in line_with(pilot, "17 of 17 nodes")
        places = screen.places
        await press(pilot, "b")
        await until(pilot, lambda: f"root {here}" in shown(pilot.app)[-2])
        assert screen.places == places  # nobody moves because somebody looks from elsewhere
        await press(pilot, "T")
        assert line_with(pilot, "└─")


async def test_the_order_and_the_files(networked: Path, tmp_path: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await press(pilot, "O")
        await type_text(pilot, "name=nobody")
        await press(pilot, "enter")
        await until(pilot, lambda: line_with(pilot, "No device matches name=nobody."))
        await press(pilot, "O", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextScreen))
        assert line_with(pilot, "Wave 1") and line_with(pilot, "gw-north", "a leaf")
        assert line_with(pilot, "gw-harbour", "last: everything is seen from it")
        await press(pilot, "end")
        assert line_with(pilot, "ap-roof-07: no way leads to it from gw-harbour")
        await press(pilot, "escape")
        file = tmp_path / "net.json"
        screen.action_list_export()
        await press(pilot, "n")
        for _ in range(40):
            await pilot.press("backspace")
        await type_text(pilot, str(file))
        await press(pilot, "enter")
        await until(pilot, file.exists)
        assert len(json.loads(file.read_text("utf-8"))["nodes"]) == 17


async def test_time_goes_from_change_to_change(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        session = pilot.app.session
        for _ in range(3):  # tunnels, cables, the loss: each a moment
            await press(pilot, "comma")
            await until(pilot, lambda: session.past is not None)
        await until(pilot, lambda: not line_with(pilot, "lost "))
        assert session.now() == NOW - timedelta(minutes=14, seconds=1)
        assert line_with(pilot, "ap-roof-10") and line_with(pilot, "AS OF 15:57")
        assert not line_with(pilot, "15:58", "-")
        assert "refresh" not in {key.label for key in screen.usable_keys()}
        await press(pilot, "full_stop")
        await until(pilot, lambda: line_with(pilot, "ap-roof-07", "lost"))
        for _ in range(4):
            await press(pilot, "full_stop")
        await until(pilot, lambda: session.past is None)
        assert line_with(pilot, "lost 14m ago")


async def test_one_topology_can_be_chosen_and_a_place_is_kept(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await press(pilot, "c")
        assert line_with(pilot, "All of them")
        await press(pilot, "2")
        await until(pilot, lambda: "roofs" in shown(pilot.app)[0])
        assert screen.topology_id == topology_id("roofs") and "nodes 15" in shown(pilot.app)[0]
        kept = screen.remember()
        await press(pilot, "c", "0")
        await until(pilot, lambda: "nodes 17" in shown(pilot.app)[0])
        screen.recall(json.loads(json.dumps(kept)))
        await until(pilot, lambda: "nodes 15" in shown(pilot.app)[0])


async def test_what_is_told_arrives_by_itself_and_places_stay(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await press(pilot, "T")
        await until(pilot, lambda: line_with(pilot, "17 of 17 nodes"))
        before = dict(screen.places or {})
        id_ = topology_id("tunnels")
        data = {
            "type": "NetworkGraph",
            **{"protocol": "x", "version": "1", "metric": "", "nodes": [{"id": "gw-south"}]},
            "links": [
                {"source": "gw-harbour", "target": "gw-south", "cost": 1.0},
                {"source": "gw-harbour", "target": "gw-north", "cost": 1.0},
            ],
        }
        text = json.dumps(data).encode()
        await pilot.app.session.bridge.call(lambda e: e.topologies.load(id_, text, "netjson"))
        await until(pilot, lambda: line_with(pilot, "18 of 18 nodes"))
        after = screen.places or {}
        assert {node: after[node] for node in before} == before


async def test_read_only_offers_nothing_that_changes(networked: Path) -> None:
    async with driven(networked, read_only=True) as pilot:
        screen = await opened(pilot)
        ids = {key.id for key in screen.usable_keys()}
        assert not ids & {"data.refresh", "act.menu", "act.apply", "dev.shell"}
        assert {"topology.path", "topology.order", "list.export"} <= ids
        assert "RO" in shown(pilot.app)[-2]


async def test_over_a_slow_link_the_panel_waits_to_be_asked_for(networked: Path) -> None:
    async with driven(networked, LARGE, low_bandwidth=True) as pilot:
        await opened(pilot)
        assert not line_with(pilot, "CHANGES 24h")
        await press(pilot, "z")
        assert line_with(pilot, "CHANGES 24h")


async def test_without_a_topology_it_says_how_to_have_one(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "3")
        await until(pilot, lambda: line_with(pilot, "No topology yet."))
        screen = pilot.app.screen
        assert not {"topology.root", "dev.open"} & {key.id for key in screen.usable_keys()}
        await press(pilot, "T")
        assert line_with(pilot, "No topology yet.")


async def test_a_plan_goes_in_the_order_of_the_topology_and_back(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        await type_text(pilot, ":plan reboot @name=ap-roof-0*|name=gw-*")
        await press(pilot, "enter")
        await press(pilot, "f5")
        await until(pilot, lambda: line_with(pilot, "will change"))
        before = shown(pilot.app)[1:-2]
        await press(pilot, "f9")
        await until(pilot, lambda: line_with(pilot, "in the order of the topology"))
        rows = [line.lstrip("> ") for line in shown(pilot.app) if " change " in line[18:40]]
        lines = [row.split()[1] for row in rows]
        assert lines.index("ap-roof-06") < lines.index("ap-roof-05") < lines.index("ap-roof-03")
        assert lines.index("ap-roof-02") < lines.index("ap-roof-01") < lines.index("gw-harbour")
        assert line_with(pilot, "gw-north", "a leaf: nothing hangs on it")
        assert line_with(pilot, "Without a place in the topology")
        await press(pilot, "f9")
        assert shown(pilot.app)[1:-2] == before
