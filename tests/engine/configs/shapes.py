"""The shapes of devices for the corpus, and how we log in to each."""

from __future__ import annotations

import random
from collections.abc import Callable

from owtui.engine.configs.cutoff import Way
from owtui.engine.configs.model import SeenFrom
from storage.secrets import Secret
from tests.engine.configs.boxes import KEY, PASSWORD, Box
from tests.engine.configs.hung import batman, guarded, mesh, six_only, station
from tests.engine.configs.routers import (
    ap_dhcp,
    ap_static,
    dsa_http,
    dsa_router,
    filtered,
    from_wan,
    jumped,
    swconfig,
)


def shape(rng: random.Random, index: int) -> Box:
    """Draw a device; the shapes take turns, so that each is there as often."""
    box = SHAPES[index % len(SHAPES)](rng)
    _login(box, rng)
    version = box.facts.version
    box.is_ |= {"fw3"} if version and version < "22" else set()
    box.is_ |= {"new"} if not version or version >= "24" else set()
    return box


def _login(box: Box, rng: random.Random) -> None:
    """Give it a way to log in: a key or a password, over SSH or, at times, over HTTP."""
    way = box.way
    http = "http" in box.is_
    key = not http and rng.random() < 0.5
    box.is_ |= {"key"} if key else {"password"}
    box.way = Way(
        way.address,
        80 if http else 22,
        "http" if http else "ssh",
        login="key" if key else "password",
        public_keys=(KEY + " console",) if key else (),
        password=None if key else Secret(PASSWORD),
        jump=way.jump,
        seen=SeenFrom(way.seen.client, way.seen.server, 80 if http else 22),
    )
    box.is_ |= set() if http else {"ssh"}


SHAPES: tuple[Callable[[random.Random], Box], ...] = (
    dsa_router,
    swconfig,
    ap_static,
    ap_dhcp,
    mesh,
    station,
    guarded,
    six_only,
    jumped,
    from_wan,
    batman,
    dsa_http,
    filtered,
)
