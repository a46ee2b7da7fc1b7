"""Who is in a fleet: names, models, places and neighbours, from one seed."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace

from .identity import Identity
from .models import MODELS, releases_for
from .network import mac_plus
from .routing import Member, Wiring

SHAPES = ("tree", "mesh", "star")
MAX_DEVICES = 60_000
_PER_OCTET = 250


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of place: the models that serve there, and its group and tags."""

    prefix: str
    group: str
    tags: tuple[str, ...]
    models: tuple[str, ...]


GATEWAY = Role(
    "gw", "gateways", ("gateway", "protect"), ("archer-c6-v3", "apu2", "gl-mt1300", "apu2")
)
_ROLES = (
    Role("ap-roof", "roof", ("roof",), ("eap615-wall-v1", "tl-wdr4300", "archer-c6-v3")),
    Role("ap-yard", "yard", ("yard",), ("wax206", "e8450", "unifi-ac-lite")),
    Role("ap-hall", "indoor", ("indoor",), ("unifi-ac-lite", "archer-c6-v3", "eap615-wall-v1")),
    Role("cpe", "indoor", ("indoor", "cpe"), ("gl-ar300m16", "gl-mt1300", "tl-wdr4300")),
)
_WEIGHTS = (4, 3, 4, 2)
_PLACES = (
    "harbour",
    "north",
    "depot",
    "mill",
    "tower",
    "south",
    "station",
    "school",
    "farm",
    "bridge",
    "market",
    "chapel",
    "quarry",
    "west",
    "lock",
    "east",
    "dock",
    "square",
    "ridge",
    "garden",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `enrol` needs to know about the fleet."""

    devices: int
    seed: int
    shape: str
    organization: str
    password: str
    authorized_key: str
    luci: str
    factory: frozenset[str] = frozenset()


def fleet_password(seed: int) -> str:
    """Return root's password on every device of a fleet."""
    return "owtui-" + hashlib.sha256(f"password {seed}".encode()).hexdigest()[:10]


def address_of(index: int) -> str:
    """Return the loopback address a device listens on, unique and fixed by its index."""
    high, low = divmod(index, _PER_OCTET)
    return f"127.20.{high}.{low + 1}"


def enrol(plan: Plan) -> list[Identity]:
    """Return the identities of a fleet; the same plan gives the same fleet."""
    dice = random.Random(f"fleet {plan.seed}")
    counts: dict[str, int] = {}
    found: list[Identity] = []
    width = 2 if plan.devices < 100 else 3 if plan.devices < 1000 else 4
    for index in range(plan.devices):
        role = GATEWAY if index % 12 == 0 else dice.choices(_ROLES, _WEIGHTS)[0]
        counts[role.prefix] = number = counts.get(role.prefix, 0) + 1
        if role is GATEWAY and number <= len(_PLACES):
            name = f"gw-{_PLACES[number - 1]}"
        else:
            name = f"{role.prefix}-{number:0{width}d}"
        found.append(_identity(plan, index, name, role, dice))
    return _wired(plan, found)


def _identity(plan: Plan, index: int, name: str, role: Role, dice: random.Random) -> Identity:
    model = MODELS[dice.choice(role.models)]
    release = dice.choice(releases_for(model)[-3:])
    if role is GATEWAY:
        model = MODELS[role.models[index // 12 % len(role.models)]]
        release = releases_for(model)[-1]
    if model.swconfig:
        release = releases_for(model)[0]  # the old switch is what this board is here for
    high, low = divmod(index, _PER_OCTET)
    return Identity(
        index=index,
        name=name,
        model=model.key,
        release=release.version,
        seed=plan.seed * 1_000_003 + index,
        address=address_of(index),
        mac=mac_plus("5c:a6:e6:10:00:00", index * 32),
        lan_address=f"10.8.{high}.{low + 2}",
        wan_address=f"10.9.{high}.{low + 2}",
        uplink_mac="",
        password="" if name in plan.factory else plan.password,
        group=role.group,
        tags=role.tags,
        organization=plan.organization,
        zone=_PLACES[index // 12 % len(_PLACES)],
        luci=plan.luci,
        authorized_key=plan.authorized_key,
    )


def _wired(plan: Plan, devices: list[Identity]) -> list[Identity]:
    """Give each device its uplink, as the shape says."""
    dice = random.Random(f"shape {plan.seed}")
    uplinks = [_uplink(plan.shape, device.index, dice) for device in devices]
    wiring = Wiring(_member(*one) for one in zip(devices, uplinks, strict=True))
    wired = []
    for device, uplink in zip(devices, uplinks, strict=True):
        # Of its bridge, which every board has; eth0 with the label's MAC not all have.
        mac = mac_plus(devices[uplink].mac, 1) if uplink is not None else "02:00:00:00:00:01"
        wired.append(replace(device, uplink=uplink, uplink_mac=mac, wiring=wiring))
    return wired


def _member(device: Identity, uplink: int | None) -> Member:
    model = MODELS[device.model].name
    return Member(
        device.index,
        device.name,
        device.mac,
        device.lan_address,
        uplink,
        f"OpenWrt {device.release} on {model}",
    )


def _uplink(shape: str, index: int, dice: random.Random) -> int | None:
    if index == 0:
        return None
    if shape == "star":
        return 0
    if shape == "mesh":
        return dice.randrange(max(0, index - 6), index)
    return index // 12 * 12 if index % 12 else 0
