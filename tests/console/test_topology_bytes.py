"""What the topology writes to a real terminal of 120x40: moves in tree and drawing, and at rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.counting import Console

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pty")]

DOWN, UP = b"\x1b[B", b"\x1b[A"
MOVES = 6


def test_a_move_costs_little_in_the_tree_and_in_the_drawing(networked: Path) -> None:
    with Console(networked, "facts_every_s=0") as console:
        console.act(b"3", "unreachable behind it")
        tree = [console.act(DOWN) for _ in range(MOVES)]
        console.act(b"T", "17 of 17 nodes")
        console.settle(1.0)
        drawn = [console.act(UP) for _ in range(3)]
        rest = console.during(3.0)
        print(f"a move: {sum(tree) // MOVES} bytes in the tree, {sum(drawn) // 3} in the drawing")
    # Two lines of the tree and the panel of the node with its link.
    assert sum(tree) < 1_500 * MOVES, tree
    assert sum(drawn) < 2_000 * 3, drawn
    assert rest < 300
