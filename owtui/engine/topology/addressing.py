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
    for link in stored.moved:
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


def _client(stored: Stored, link: LinkRow) -> NodeRow | None:
    """The end of a link that is no server: the server is known by no common name."""
    ends = [stored.after.nodes[key] for key in (link.source, link.target)]
    clients = [node for node in ends if node.properties.get("common_name")]
    return clients[0] if len(clients) == 1 else None
