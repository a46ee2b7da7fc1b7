"""Configurations made from a backend's JSON schema, for Hypothesis.

Nearly all of them fit the schema; who needs that asks the validator and drops the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from owtui.engine.configs import library

Strategy = st.SearchStrategy[Any]
SAFE = "abcdefghijklmnopqrstuvwxyz0123456789_"
_PATTERNS = {
    "^[0-7]*$": ["0644", "0600", "755"],
    "^[0-9]*$": ["1", "42"],
    r"^[0-9]\d*:[0-9]\d*$": ["1:2", "0:7"],
    "^(infinite)|([0-9])$": ["infinite", "5"],
    r"^((\S*) ([0-9]*)|(\S*)|)$": ["", "/etc/x 1", "/etc/x"],
    r"^((\S*) (\S*)|)$": ["", "10.1.1.0 255.255.255.0"],
    "^(([0-9]*) ([0-9]*)|)$": ["", "10 60"],
}
_FORMATS = {
    "ipv4": ["10.0.0.1", "192.168.1.1", "172.16.0.9"],
    "ipv6": ["fd00::1", "fe80::2"],
    "cidr": ["10.1.0.0/16", "fd00:1::/64", "192.168.40.0/24", "10.9.9.9"],
    "hostname": ["router", "ap-1.example.org"],
}
_MACS = ["00:11:22:33:44:55", "02:00:00:00:00:01"]
# Some keys say more than their schema does.
_KNOWN = {
    "name": ["lan", "wan", "eth0", "eth0.1", "br-lan", "wlan0", "wlan1", "radio0", "tun0"],
    "network": ["lan", "wan", "guest"],
    "ifname": ["lan1", "lan2", "eth0"],
    "radio": ["radio0", "radio1"],
    "interface": ["lan", "wg0"],
    "device": ["lan", "eth0"],
    "path": ["/etc/motd", "etc/banner", "/etc/dropbear/authorized_keys"],
    "gateway": ["10.0.0.254", "fd00::ff"],
}


def configurations(*keys: str, texts: str = SAFE, wild: bool = False) -> Strategy:
    """Configurations with some of these top-level keys, all by default.

    `texts`: what texts are made of. `wild`: names and paths are made of it as well.
    """
    schema = library.schema()
    maker = _Maker(schema, texts, wild)
    wanted = keys or tuple(schema["properties"])
    optional = {key: maker.of(schema["properties"][key], key) for key in wanted}
    return st.fixed_dictionaries({}, optional=optional)


def packages(texts: str = SAFE) -> Strategy:
    """UCI packages of one's own, as they stand beside NetJSON's keys."""
    # Neither 0 nor 1: the library takes them for false and true when it compares layers.
    value = st.one_of(st.integers(2, 9), st.text(texts, max_size=6))
    options = st.dictionaries(
        st.sampled_from(["enabled", "ifname", "x"]),
        # The library tells plain values by their id(): equal ones of one list merge into one where
        # CPython happens to share them, so none is there twice.
        st.one_of(value, st.booleans(), st.lists(value, max_size=2, unique=True)),
    )
    section = st.builds(
        lambda options, kind, name: {"config_name": kind, **name, **options},
        options,
        st.sampled_from(["rule", "zone"]),
        st.one_of(
            st.just({}), st.builds(lambda n: {"config_value": n}, st.sampled_from(["lan", "a-b"]))
        ),
    )
    return st.dictionaries(
        st.sampled_from(["firewall", "sqm", "network", "system"]),
        st.lists(section, min_size=1, max_size=3),
        max_size=2,
    )


class _Maker:
    def __init__(self, schema: Mapping[str, Any], texts: str, wild: bool) -> None:
        self._schema, self._texts, self._wild = schema, texts, wild

    def of(self, node: Mapping[str, Any], key: str = "") -> Strategy:
        """Values of a part of the schema."""
        choices = node.get("oneOf") or node.get("anyOf")
        if choices:
            rest = {name: value for name, value in node.items() if name not in ("oneOf", "anyOf")}
            return st.one_of([self.of({"allOf": [rest, one]}, key) for one in choices])
        flat = self._flat(node)
        if flat.get("oneOf") or flat.get("anyOf"):
            return self.of(flat, key)
        if "enum" in flat:
            return st.sampled_from(flat["enum"])
        kind = flat.get("type", "object" if "properties" in flat else "string")
        kind = kind[0] if isinstance(kind, list) else kind
        return self._plain(flat, kind, key)

    def _plain(self, node: Mapping[str, Any], kind: str, key: str) -> Strategy:
        match kind:
            case "object":
                return self._object(node)
            case "array":
                items = node.get("items", {"type": "string"})
                inner = self.of(items, key)
                plain = self._flat(items).get("type") in ("string", "integer")  # see `packages`
                unique = repr if plain or node.get("uniqueItems") else None
                least = node.get("minItems", 0)
                return st.lists(inner, min_size=least, max_size=least + 3, unique_by=unique)
            case "boolean":
                return st.booleans()
            case "integer" | "number":
                low = node.get("minimum", 0)
                return st.integers(low, min(node.get("maximum", low + 20), low + 20))
        return self._text(node, key)

    def _object(self, node: Mapping[str, Any]) -> Strategy:
        made = {name: self.of(inner, name) for name, inner in node.get("properties", {}).items()}
        must = set(node.get("required", ())) | {"mask", "vlan", "ports"}
        return st.fixed_dictionaries(
            {name: one for name, one in made.items() if name in must},
            optional={name: one for name, one in made.items() if name not in must},
        )

    def _text(self, node: Mapping[str, Any], key: str) -> Strategy:
        if node.get("format") in _FORMATS:
            return st.sampled_from(_FORMATS[node["format"]])
        pattern = node.get("pattern", "")
        if "A-Fa-f" in pattern:
            return st.sampled_from(_MACS)
        if pattern in _PATTERNS:
            return st.sampled_from(_PATTERNS[pattern])
        least, most = node.get("minLength", 0), node.get("maxLength", 12)
        free = st.text(self._texts, min_size=least, max_size=max(least, min(most, least + 10)))
        if key in _KNOWN:
            known = st.sampled_from(_KNOWN[key])
            return st.one_of(known, free) if self._wild else known
        return free

    def _flat(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """A part of the schema with all that it refers to and consists of in one."""
        flat: dict[str, Any] = {}
        if "$ref" in node:
            found: Any = self._schema
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            _join(flat, self._flat(found))
        for part in node.get("allOf", ()):
            _join(flat, self._flat(part))
        _join(flat, {name: one for name, one in node.items() if name not in ("$ref", "allOf")})
        return flat


def _join(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if name == "properties":
            known = into["properties"] = dict(into.get("properties", {}))
            for key, inner in value.items():
                known[key] = {"allOf": [known[key], inner]} if key in known else inner
        elif name == "required":
            into[name] = [*into.get(name, ()), *value]
        elif name == "minLength":
            into[name] = max(value, into.get(name, 0))
        else:
            into[name] = value
