"""When our way leads over the air: does the other end still hear this one?"""

from __future__ import annotations

from owtui.engine.configs.cutoff.air import Air, airs_of
from owtui.engine.configs.cutoff.links import Entry
from owtui.engine.configs.cutoff.model import Reason
from owtui.engine.configs.cutoff.network import Iface
from owtui.engine.configs.cutoff.scene import Scene, flag

_WORDS = {
    "sta": "our way leads over its link to an access point",
    "mesh": "our way leads over its mesh",
    "adhoc": "our way leads over its ad-hoc network",
    "ap": "we may come in over this access point",
}
_SET = "Set it as at the other end, or push there first."
# Options that may weaken or end a link without being wrong in themselves.
_MAYBE_IFACE = ("bssid", "ieee80211w", "ieee80211r", "macfilter", "maclist", "mesh_rssi_threshold")
_MAYBE_EAP = ("identity", "password", "eap_type", "auth", "ca_cert", "client_cert", "priv_key")
_MAYBE_RADIO = ("htmode", "country", "txpower", "path", "phy", "type", "rxantenna", "txantenna")
_QUIET_DBM = 5


def compare(
    scene: Scene, entry: Entry, has: frozenset[Entry], then: Iface, bridged: bool
) -> list[Reason]:
    """Compare a radio link by which we may come in with what is there afterwards.

    bridged: the interface is a bridge, which takes in a station only with four addresses (wds)
    """
    old = entry.air
    assert old is not None  # only entries of radios are given
    new = _successor(old, entry, has)
    if new is None:
        return [_lost(scene, old, then)]
    found = _identity(old, new) or _channel(old, new)
    if found is not None:
        return [found]
    doubts = [_keys(old, new), _dfs(old, new), *_maybe(old, new)]
    doubts.append(_wds(old, new, then, bridged))
    return [r for r in doubts if r is not None]


def _successor(old: Air, entry: Entry, has: frozenset[Entry]) -> Air | None:
    """The same wireless interface afterwards: of that name, else one that joins the same."""
    airs = [e.air for e in has if e.air is not None and e.vlan == entry.vlan]
    airs.sort(key=lambda a: a.name != old.name)
    twin = next((a for a in airs if _identity(old, a) is None and _channel(old, a) is None), None)
    return twin or next((a for a in airs if a.name == old.name), None)


def _lost(scene: Scene, old: Air, then: Iface) -> Reason:
    """Say where it was lost: switched off, removed, or put into another network."""
    new = next((a for a in airs_of(scene.after.package("wireless")) if a.name == old.name), None)
    said = _WORDS.get(old.mode, "we may come in over it")
    if new is None:
        return Reason(
            "certain",
            f"Wireless interface {old.name} is removed, and {said}.",
            "wireless",
            old.name,
            "",
            "Keep it.",
        )
    if new.off:
        section, _, option = new.off.rpartition(".")
        what = "its radio is gone" if option == "device" else f"{section} is switched off"
        return Reason(
            "certain",
            f"Wireless interface {old.name} falls silent ({what}), and {said}.",
            "wireless",
            section,
            option,
            "Leave it on.",
        )
    return Reason(
        "certain",
        f"Wireless interface {old.name} leaves interface {then.name}, and {said}.",
        "wireless",
        old.name,
        "network",
        f"Leave it in {' '.join(old.networks) or then.name}.",
    )


def _identity(old: Air, new: Air) -> Reason | None:
    """What both ends must have in common."""
    said = _WORDS.get(new.mode, "we may come in over it")
    if old.mode != new.mode:
        what, option = f"goes from mode {old.mode} to {new.mode}", "mode"
    elif old.who != new.who:
        what = f"looks for “{new.who}” instead of “{old.who}”"
        option = "mesh_id" if old.mode == "mesh" else "ssid"
    elif not old.akm & new.akm:
        names = [a.section.get("encryption", "none") for a in (old, new)]
        what, option = f"goes from encryption {names[0]} to {names[1]}", "encryption"
    elif old.akm != {"open"} and old.section.get("key") != new.section.get("key"):
        what, option = "gets another key", "key"
    elif old.mode == "adhoc" and old.section.get("bssid") != new.section.get("bssid"):
        what, option = "gets another BSSID", "bssid"
    else:
        return None
    return Reason(
        "certain",
        f"Wireless interface {new.name} {what}, and {_WORDS.get(old.mode, said)}.",
        "wireless",
        new.name,
        option,
        _SET,
    )


def _channel(old: Air, new: Air) -> Reason | None:
    """Mesh and ad-hoc stay where they are; a station looks for its access point, within a band."""
    place = ("wireless", new.radio)
    said = _WORDS.get(old.mode, "")
    if old.mode in ("mesh", "adhoc"):
        if old.channel == new.channel and old.band == new.band:
            return None
        option = "channel" if old.channel != new.channel else "band"
        was = f"channel {old.channel}" if option == "channel" else f"band {old.band}"
        now = new.channel if option == "channel" else new.band
        return Reason(
            "doubt" if "auto" in (old.channel, new.channel) and old.band == new.band else "certain",
            f"{new.radio} goes from {was} to {now}, and {said}; its neighbours stay where they "
            "are.",
            *place,
            option,
            "Move all nodes at once, in one rollout, or leave it.",
        )
    if old.mode == "sta" and old.band != new.band:
        return Reason(
            "doubt",
            f"{new.radio} goes from band {old.band} to {new.band}: whether the access point is "
            "heard there cannot be told.",
            *place,
            "band",
            "Leave it in the band of the access point.",
        )
    return None


def _keys(old: Air, new: Air) -> Reason | None:
    if old.akm <= new.akm:
        return None
    return Reason(
        "doubt",
        f"Wireless interface {new.name} takes only encryption {new.section.get('encryption')}: "
        "whether the other end has it cannot be told.",
        "wireless",
        new.name,
        "encryption",
        _SET,
    )


def _dfs(old: Air, new: Air) -> Reason | None:
    if not new.dfs or (old.dfs and old.channel == new.channel):
        return None
    return Reason(
        "doubt",
        f"{new.radio} goes silent for up to 60 s: channel {new.channel} is shared with radar, and "
        "it listens first.",
        "wireless",
        new.radio,
        "channel",
        "Give the guard a window of 180 s or more, or choose channel 36 to 48.",
    )


def _maybe(old: Air, new: Air) -> list[Reason]:
    """Options that the other end may not take; of an access point, the others follow."""
    if new.mode == "ap":
        return []
    reasons = []
    said = _WORDS.get(new.mode, "our way may lead over it")
    for option in (*_MAYBE_IFACE, *_MAYBE_EAP):
        if old.section.get(option) != new.section.get(option):
            reasons.append(
                Reason(
                    "doubt",
                    f"Option {option} of wireless interface {new.name} changes, and {said}: "
                    "whether the other end takes it cannot be told.",
                    "wireless",
                    new.name,
                    option,
                    _SET,
                )
            )
    if flag(old.section, "mesh_fwding", True) and not flag(new.section, "mesh_fwding", True):
        reasons.append(
            Reason(
                "doubt",
                f"Wireless interface {new.name} no longer forwards in the mesh, and {said}: only "
                "neighbours that hear it are reached.",
                "wireless",
                new.name,
                "mesh_fwding",
                "Leave it on, unless batman-adv does the forwarding.",
            )
        )
    if old.device is None or new.device is None or old.radio != new.radio:
        return reasons
    for option in _MAYBE_RADIO:
        before, now = old.device.get(option), new.device.get(option)
        if before == now or _harmless(option, now):
            continue
        reasons.append(
            Reason(
                "doubt",
                f"Option {option} of {new.radio} goes from {before or 'nothing'} to "
                f"{now or 'nothing'}, and {said}.",
                "wireless",
                new.radio,
                option,
                "Leave it, or be near the device.",
            )
        )
    return reasons


def _harmless(option: str, now: str) -> bool:
    """Widths agree with one another; only a whisper is worth a doubt."""
    if option == "htmode":
        return bool(now) and now != "NOHT"
    return option == "txpower" and not (now.isdigit() and int(now) < _QUIET_DBM)


def _wds(old: Air, new: Air, then: Iface, bridged: bool) -> Reason | None:
    has = flag(new.section, "wds", False)
    if new.mode != "sta" or has == flag(old.section, "wds", False) or (not has and not bridged):
        return None
    why = (
        "gets wds, which the access point must have as well"
        if has
        else f"loses wds, without which the bridge of {then.name} does not take it in"
    )
    return Reason(
        "doubt" if has else "certain",
        f"Wireless interface {new.name} {why}; our way leads over it.",
        "wireless",
        new.name,
        "wds",
        "Leave it as it is.",
    )
