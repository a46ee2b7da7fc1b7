"""Changes of radios and tunnels that cut us off where our way leads over them."""

from __future__ import annotations

import random

from tests.engine.configs.boxes import Box, Sec
from tests.engine.configs.change import cut


def _air(box: Box) -> Sec:
    return box.sec("wireless", "wifi-iface", box.net["air"])


def _radio(words: str, needs: str, **opts: str) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        _air(box).opts |= opts

    cut(f"{needs}: {words}", needs)(apply)


def _device(words: str, needs: str, **opts: str) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        box.sec("wireless", "wifi-device", "radio1").opts |= opts

    cut(f"{needs}: {words}", needs)(apply)


_radio("another mesh", "mesh", mesh_id="valley")
_radio("another key", "mesh", key="new-mesh-password")
_radio("another encryption", "mesh", encryption="psk2")
_radio("no encryption", "mesh", encryption="none")
_radio("becomes an access point", "mesh", mode="ap", ssid="hill")
_radio("is switched off", "mesh", disabled="1")
_radio("moves to the network of guests", "mesh", network="guest")
_radio("moves to the other radio, on another channel", "mesh", device="radio0")
_device("another channel", "mesh", channel="44")
_device("a channel in the other half of the band", "mesh", channel="149")
_device("the radio is switched off", "mesh", disabled="1")
_device("the radio works in another band", "mesh", band="2g", channel="6", htmode="HT20")
_radio("another access point", "sta", ssid="Provlder")
_radio("another key", "sta", key="guessed-password")
_radio("no encryption", "sta", encryption="none")
_radio("becomes an access point", "sta", mode="ap")
_radio("is switched off", "sta", disabled="1")
_radio("moves to the LAN", "sta", network="lan")
_radio("its radio is misspelt", "sta", device="radio2")
_device("the radio is switched off", "sta", disabled="1")


@cut("the uplink is removed", "sta")
def _removed(box: Box, rng: random.Random) -> None:
    box.drop("wireless", _air(box))


@cut("the backhaul is removed", "mesh")
def _no_mesh(box: Box, rng: random.Random) -> None:
    box.drop("wireless", _air(box))


@cut("wireless goes back to what the image has", "mesh")
def _reset(box: Box, rng: random.Random) -> None:
    box.conf["wireless"] = []


@cut("wireless is removed", "sta")
def _no_wireless(box: Box, rng: random.Random) -> None:
    box.conf.pop("wireless")


@cut("batman-adv no longer takes the mesh", "batman")
def _hardif(box: Box, rng: random.Random) -> None:
    hard = box.sec("network", "interface", "hard0")
    if rng.random() < 0.5:
        hard.opts["master"] = "bat1"
    else:
        box.drop("network", hard)


@cut("batman-adv is no longer in the bridge", "batman")
def _no_bat(box: Box, rng: random.Random) -> None:
    box.sec("network", "device").opts["ports"] = ["lan1", "lan2"]


# -- WireGuard --------------------------------------------------------------------------------


def _peer(words: str, **opts: str | list[str]) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        box.sec("network", "wireguard_wg0").opts |= opts

    cut(f"wg: the peer {words}", "wg")(apply)


_peer("has another key", public_key="c29tZWJvZHktZWxzZQ==")
_peer("has another preshared key", preshared_key="b3RoZXI=")
_peer("is switched off", disabled="1")
_peer("is not for our address", allowed_ips=["10.9.0.0/24"])


@cut("wg: the peer is removed", "wg")
def _no_peer(box: Box, rng: random.Random) -> None:
    box.drop("network", box.sec("network", "wireguard_wg0"))


@cut("wg: the peer belongs to an interface of another name", "wg")
def _peer_type(box: Box, rng: random.Random) -> None:
    box.sec("network", "wireguard_wg0").type = "wireguard_wg1"


@cut("wg: another private key", "wg")
def _private(box: Box, rng: random.Random) -> None:
    box.home.opts["private_key"] = "bmV3LXByaXZhdGUta2V5"


@cut("wg: another address", "wg")
def _address(box: Box, rng: random.Random) -> None:
    box.home.opts["addresses"] = [f"{box.net['base']}.{rng.randrange(3, 250)}/24"]


@cut("wg: the tunnel stands alone in its network", "wg")
def _alone(box: Box, rng: random.Random) -> None:
    box.home.opts["addresses"] = [f"{box.net['server']}/32"]
    box.sec("network", "wireguard_wg0").opts["route_allowed_ips"] = "0"


@cut("wg: another peer takes our address", "wg")
def _stolen(box: Box, rng: random.Random) -> None:
    box.add(
        "network",
        "wireguard_wg0",
        "thief",
        public_key="dGhpZWY=",
        allowed_ips=[f"{box.net['client']}/32"],
        route_allowed_ips="1",
    )


@cut("wg: what carries the tunnel is switched off", "wg")
def _under_off(box: Box, rng: random.Random) -> None:
    wan = box.sec("network", "interface", "wan")
    kind = rng.randrange(3)
    if kind == 0:
        wan.opts["disabled"] = "1"
    elif kind == 1:
        wan.opts["proto"] = "none"
    else:
        box.drop("network", wan)


@cut("wg: what carries the tunnel is put on another port", "wg")
def _under_port(box: Box, rng: random.Random) -> None:
    box.sec("network", "interface", "wan").opts["device"] = rng.choice(["lan4", "wan.7"])


@cut("wg: what carries the tunnel has a static address without a gateway", "wg")
def _under_static(box: Box, rng: random.Random) -> None:
    box.sec("network", "interface", "wan").opts |= {
        "proto": "static",
        "ipaddr": "100.64.0.9",
        "netmask": "255.255.255.0",
    }
