"""The verdict: every rule asked, the worst answer taken, a new way verified when one is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from owtui.engine.configs.cutoff import (
    accounts,
    address,
    contents,
    gate,
    leases,
    path,
    ports,
    space,
    ssh,
    tunnels,
    web,
)
from owtui.engine.configs.cutoff.model import CutOff, Entrance, Ip, Reason, Way, worst
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene
from owtui.engine.configs.model import FileChanges, Running
from owtui.engine.openwrt.facts import Facts
from owtui.errors import InputError

_ENTRANCE = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:\s]*))(?::(?P<port>\d{1,5}))?\Z")


def judge(
    way: Way,
    running: Running,
    changes: FileChanges,
    facts: Facts | None = None,
    *,
    on_purpose: str = "",
) -> CutOff:
    """Say whether the way in survives the change.

    changes: the complete files that are put (None: removed), as the guard will swap them
    on_purpose: "address", "address:port" or ":port", where the device is dialled afterwards; then
        the level is that of the new way
    Raises InputError when `on_purpose` is neither.
    """
    to = entrance(on_purpose, way) if on_purpose else None
    scene = Scene(way, running, changes, facts or Facts())
    if not scene.touched:
        return CutOff(new_way=to)
    common = [*contents.look(scene), *space.look(scene), *accounts.look(scene)]
    before = Picture(scene, scene.before, way)
    lost = _examine(scene, before, way)
    if to is None:
        level = worst(common + lost)
        found = _new_way(scene, before, way) if worst(lost) == "certain" else None
        return CutOff(level, _said(scene, common + lost), found)
    moved = _examine(scene, before, way.moved(to), promised=True)
    if worst(lost) == "certain":
        moved.append(_left(way.entrance, to))
    return CutOff(worst(common + moved), _said(scene, common + moved), to)


def entrance(text: str, way: Way) -> Entrance:
    """Read where the device is dialled afterwards; what is left out stays as it is."""
    bare = text.strip()
    if bare.count(":") > 1 and not bare.startswith("["):
        bare = f"[{bare}]"
    found = _ENTRANCE.match(bare)
    port = int(found["port"]) if found is not None and found["port"] else way.port
    if found is None or not bare or port > 65535:
        raise InputError(
            f"{text!r} is no way in.", "Write ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT or :PORT."
        )
    return Entrance(found["six"] or found["four"] or way.address, port)


def _examine(scene: Scene, before: Picture, way: Way, promised: bool = False) -> list[Reason]:
    """Ask the rules about a way in under the configuration after the change."""
    after = Picture(scene, scene.after, way, before, promised)
    reasons = []
    neighbour = _new_neighbour(before, after)
    if neighbour is not None:
        reasons.append(_moves_too(after, neighbour))
        seen = replace(way.seen, client=str(neighbour))
        after = Picture(scene, scene.after, replace(way, seen=seen), before, promised)
    reasons += address.look(scene, before, after)
    if worst(reasons) != "certain":
        reasons += _network(scene, before, after)
    rules = ssh.look if way.transport == "ssh" else web.look
    return [*reasons, *rules(scene, before, after), *leases.look(scene, before, after)]


def _new_neighbour(before: Picture, after: Picture) -> Ip | None:
    """Where a neighbour of the device must be when it moves to another network."""
    home, client, server = after.home, before.way.client, after.way.server
    if home is None or client is None or server is None or server == before.way.server:
        return None
    own = next((a for a in after.addresses(home) if a.ip == server), None)
    if own is None or not before.on_link or own.version != client.version:
        return None
    if any(client in a.network for a in after.addresses(home)):
        return None
    return next((host for host in own.network.hosts() if host != server), None)


def _moves_too(after: Picture, neighbour: Ip) -> Reason:
    home = after.home
    return Reason(
        "doubt",
        f"{after.way.server} is in another network than this machine.",
        "network",
        home.name if home is not None else "",
        hint=f"Give this machine an address there as well, such as {neighbour}.",
    )


def _network(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """The way between us and the address."""
    reasons = path.look(scene, before, after)
    old, then = before.ingress, after.ingress
    if old is None or then is None:
        return reasons + gate.look(scene, before, after)
    if worst(reasons) != "certain":
        if then is not after.home:
            reasons += address.down(before, after, then)
        found = ports.look(scene, before, after, old, then)
        elsewhere = after.promised and then.name != old.name
        reasons += [r.softened() for r in found] if elsewhere else found
        reasons += tunnels.look(scene, before, after)
        reasons += gate.look(scene, before, after)
    return reasons


def _new_way(scene: Scene, before: Picture, way: Way) -> Entrance | None:
    """Derive where the device could be dialled, and keep what survives the same rules."""
    for found in _elsewhere(scene, before, way):
        if found != way.entrance and worst(_examine(scene, before, way.moved(found))) != "certain":
            return found
    return None


def _elsewhere(scene: Scene, before: Picture, way: Way) -> Iterator[Entrance]:
    """The places worth a try: the same address, the interface's new one, each with its port."""
    other_port = ssh.other_entrance if way.transport == "ssh" else web.other_entrance
    after = Picture(scene, scene.after, way, before)
    addresses = [way.address]
    home, server = before.home, way.server
    then = after.network.ifaces.get(home.name) if home is not None else None
    if then is not None and server is not None:
        addresses += [str(a.ip) for a in then.addresses if a.version == server.version]
    for text in addresses:
        there = way.moved(Entrance(text, way.port))
        yield there.entrance
        port = other_port(Picture(scene, scene.after, there, before))
        if port is not None:
            yield port


def _left(old: Entrance, new: Entrance) -> Reason:
    return Reason(
        "doubt",
        f"{old} is left on purpose; the push is confirmed on {new}.",
        hint=f"Make sure that {new} can be reached from here.",
    )


def _said(scene: Scene, reasons: list[Reason]) -> tuple[Reason, ...]:
    """The worst first, each once; anonymous sections as `uci` takes them: @zone[0]."""
    unique = dict.fromkeys(replace(r, section=_handle(scene, r)) for r in reasons)
    return tuple(sorted(unique, key=lambda r: r.level != "certain"))


def _handle(scene: Scene, reason: Reason) -> str:
    for side in (scene.after, scene.before):
        section = side.package(reason.package).section(reason.section) if reason.section else None
        if section is not None and section.anonymous:
            same = side.typed(reason.package, section.type)
            return f"@{section.type}[{[s is section for s in same].index(True)}]"
        if section is not None:
            break
    return reason.section
