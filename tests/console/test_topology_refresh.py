"""What stays, and what does not, when a topology on screen is read again or another is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from textual.pilot import Pilot

from tests.console.driving import driven, press, shown, type_text, until
from tests.console.networkseed import topology_id
from tests.console.seed import NOW
from tests.console.test_topology import LARGE, line_with, opened


async def told(pilot: Pilot[Any], label: str, *links: tuple[str, str, float]) -> None:
    """Tell a topology its links anew."""
    data = {
        "type": "NetworkGraph",
        **{"protocol": "x", "version": "1", "metric": "", "nodes": []},
        "links": [{"source": a, "target": b, "cost": cost} for a, b, cost in links],
    }
    id_, text = topology_id(label), json.dumps(data).encode()
    session = pilot.app.session  # type: ignore[attr-defined]  # the console's
    await session.bridge.call(lambda engine: engine.topologies.load(id_, text, "netjson"))


async def test_a_way_is_told_as_the_network_is_now(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await press(pilot, "P")
        screen.go_to("gw-north")
        await press(pilot, "P")
        assert "1 hop, cost 1, weakest" in screen.said_way()
        await told(pilot, "tunnels", ("gw-harbour", "gw-north", 7.0))
        await until(pilot, lambda: line_with(pilot, "1 hop, cost 7, weakest"))


async def test_the_link_that_is_looked_at_stays_when_the_network_is_read_again(
    networked: Path,
) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        screen.go_to("ap-roof-02")
        await press(pilot, "L")
        title = line_with(pilot, "LINK (2 of 3)").partition("LINK (")[2]
        assert title
        before = screen.network
        await told(pilot, "tunnels", ("gw-harbour", "gw-north", 7.0))
        await until(pilot, lambda: screen.network is not before)
        await press(pilot)
        assert line_with(pilot, "LINK (").partition("LINK (")[2] == title


async def test_a_hit_that_is_gone_is_walked_past(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await told(pilot, "tunnels", ("gw-harbour", "gw-north", 1.0), ("gw-harbour", "gw-new", 1.0))
        await until(pilot, lambda: line_with(pilot, "gw-new"))
        await type_text(pilot, "/gw-")
        await press(pilot, "enter")
        await until(pilot, lambda: "gw-new" in screen.hits)
        await press(pilot, "comma")  # before it was there
        await until(pilot, lambda: screen.network and "gw-new" not in screen.network.picture.nodes)
        await press(pilot)
        assert "gw-new" not in screen.hits
        for _ in range(4):
            await press(pilot, "n")
            assert screen.here() is not None


async def test_a_place_that_is_recalled_has_no_way_of_another_network(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        kept = {**screen.remember(), "topology": str(topology_id("tunnels"))}
        await press(pilot, "P")
        screen.go_to("ap-roof-02")
        await press(pilot, "P")
        await type_text(pilot, "/roof")
        await press(pilot, "enter")
        await until(pilot, lambda: screen.hits)
        screen.recall(json.loads(json.dumps(kept)))
        await until(pilot, lambda: "tunnels" in shown(pilot.app)[0])
        await press(pilot)
        assert not screen.said_way() and not screen.hits and not screen.has_class("-way")


async def test_a_moment_before_anything_was_known_says_so(networked: Path) -> None:
    from owtui.console.timetravel import travel

    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        await travel(screen, NOW - timedelta(days=50))
        await until(pilot, lambda: pilot.app.session.past is not None)  # type: ignore[attr-defined]
        await until(pilot, lambda: line_with(pilot, "Nothing was known of it then."))


async def test_a_move_that_is_told_late_does_not_turn_the_cursor_back(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        outline = screen.outline
        first, second = outline.order[1], outline.order[2]
        outline.focus()
        await press(pilot, "down", "down")
        screen.on_outline_cursor_moved(outline.CursorMoved(outline, first))  # it took its time
        assert screen.here() == second and outline.cursor_key == second


async def test_more_topologies_than_letters_can_all_be_chosen(networked: Path) -> None:
    async with driven(networked, LARGE) as pilot:
        screen = await opened(pilot)
        rows = {row.label: row for row in screen.topologies}
        more = [replace(rows["roofs"], id=uuid5(NAMESPACE_URL, str(n))) for n in range(40)]
        screen.topologies = (*more, rows["tunnels"])
        await press(pilot, "c")
        await type_text(pilot, "tunnels")
        await press(pilot, "enter")
        await until(pilot, lambda: "tunnels" in shown(pilot.app)[0])
        assert screen.topology_id == topology_id("tunnels")
