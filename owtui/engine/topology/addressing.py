"""What a VPN's links say of the addresses of devices (operations.md §4.4).

A client of OpenVPN that is connected is reached at the address that the server gave it; one that
is gone is reached there no more, since somebody else may get the address.
"""

from __future__ import annotations

import logging

from sqlmodel import Session

from owtui.engine.topology.matching import host_of
from owtui.engine.topology.storing import Stored
from storage import addresses
from storage.topologies import LinkRow, NodeRow

_log = logging.getLogger(__name__)

OPENVPN = "openvpn"


def follow(session: Session, stored: Stored) -> None:
    """Give clients whose link with the server moved their management address, or take it."""
    if stored.topology.format != OPENVPN:
        return
    for link in _news(stored):
        client = _client(stored, link)
        if client is None or client.device_id is None:
            continue
        if not link.is_up:
            addresses.learn(session, client.device_id, management_ip="")
            continue
        address = host_of(client.addresses[1]) if len(client.addresses) > 1 else ""
        if address:
            addresses.learn(session, client.device_id, management_ip=address)
        else:
            _log.warning("the node %s has no address to reach it at", client.addresses[0])


def _news(stored: Stored) -> list[LinkRow]:
    """Links that went down, before those that came up or whose client has another address now:
    between two updates it may have come again, and its old address be somebody else's."""
    moved = {row.key: row for row in stored.moved}
    for row in stored.after.links.values():
        if row.is_up and row.key not in moved and (client := _client(stored, row)) is not None:
            was = stored.before.nodes.get(client.key)
            if was is not None and was.addresses[1:2] != client.addresses[1:2]:
                moved[row.key] = row
    return sorted(moved.values(), key=lambda row: row.is_up)


def _client(stored: Stored, link: LinkRow) -> NodeRow | None:
    """The end of a link that is no server: the server is known by no common name."""
    ends = [stored.after.nodes[key] for key in (link.source, link.target)]
    clients = [node for node in ends if node.properties.get("common_name")]
    return clients[0] if len(clients) == 1 else None
