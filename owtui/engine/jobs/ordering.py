"""Ask the topologies in which order the devices of a plan may go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.turns import TOPOLOGY, Turns, arranged
from owtui.engine.topology.root import first
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine


async def in_order(engine: Engine, plan: Plan, order: str = TOPOLOGY) -> Plan:
    """The plan with its devices in the order of all topologies as one; see `turns.arranged`.

    Seen from the first root that is set with a topology, else from the node that most ways pass.
    Raises InputError for another order than "topology", and where no topology is known.
    """
    if order != TOPOLOGY:
        raise InputError(f"There is no order “{order}”.", "There is: topology.")
    desk = engine.topologies
    picture = await desk.picture()
    if not picture.nodes:
        raise InputError(
            "No topology is known, so that no order can be told.",
            "Add one, or plan without an order.",
        )
    root = first(picture, [str(row.options.get("root", "")) for row in await desk.topologies()])
    ids = [row.device_id for row in plan.changing]
    from owtui.engine.topology.order import order_devices  # networkx: 0.2 s

    found = await asyncio.to_thread(order_devices, picture, ids, root)
    device_of = {id_: node.device_id for id_, node in picture.nodes.items()}
    placed: dict[UUID, tuple[int, str]] = {}
    for turn in found.turns:
        device_id = device_of[turn.node]
        if device_id is not None:
            placed[device_id] = (turn.wave, turn.reason)
    # A device of no node, or of several, is named by its own id there.
    unplaced = {device_of.get(node) or UUID(node): why for node, why in found.unplaced.items()}
    return arranged(plan, Turns(placed, unplaced), engine.actions.get(plan.action).seconds)
