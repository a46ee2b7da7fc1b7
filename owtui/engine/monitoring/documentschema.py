"""What a NetJSON DeviceMonitoring document may hold, as JSON Schema (draft 7).

The shapes are openwisp-monitoring's. Wider: an access point without clients may say `{}` (the
agents' Lua cannot tell an empty list from an empty table, agent PR#148), `ht`, `vht` and `he` may
be null. Narrower: `load` has three numbers. `uniqueItems` and `format` are left out: the first is
no shape, the second OpenWISP does not look at either.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer"}
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": "boolean"}
_FLAG_OR_NULL: Schema = {"type": ["boolean", "null"]}


def _all(schema: Schema, names: str) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


def _object(properties: dict[str, Schema], required: str = "", *, closed: bool = False) -> Schema:
    made: Schema = {"type": "object", "properties": properties}
    if required:
        made["required"] = required.split()
    if closed:
        made["additionalProperties"] = False
    return made


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _digits(least: int, most: int) -> Schema:
    return {"type": "string", "minLength": least, "maxLength": most, "pattern": "^[0-9]*$"}


_MEMORY = _object(
    _all(_INTEGER, "total free buffered shared cached available"), "total free buffered shared"
)
_DISK = _object(
    _all(_TEXT, "mount_point filesystem")
    | _all(_INTEGER, "used_bytes available_bytes used_percent size_bytes"),
    "mount_point filesystem used_bytes available_bytes used_percent size_bytes",
    closed=True,
)
_PROTOCOLS = _object(_all(_INTEGER, "tcp udp"))
_SPACE = _object(_all(_INTEGER, "total free"))
_RESOURCES = _object(
    {
        "load": {"type": "array", "minItems": 3, "maxItems": 3, "items": _NUMBER},
        "cpus": _INTEGER,
        "memory": _MEMORY,
        "disk": _list(_DISK),
        "swap": _SPACE,
        "connections": _object({"ipv4": _PROTOCOLS, "ipv6": _PROTOCOLS}),
        "processes": _object(_all(_INTEGER, "running sleeping blocked zombie stopped paging")),
        "cpu": _object(_all(_INTEGER, "frequency user system nice idle iowait irq softirq")),
        "flash": _SPACE,
        "storage": _SPACE,
    }
)
STATISTICS = (
    "rx_bytes tx_bytes rx_packets tx_packets rx_errors tx_errors rx_dropped tx_dropped multicast"
    " collisions rx_length_errors rx_over_errors rx_crc_errors rx_frame_errors rx_fifo_errors"
    " rx_missed_errors rx_compressed tx_aborted_errors tx_carrier_errors tx_fifo_errors"
    " tx_heartbeat_errors tx_window_errors tx_compressed"
)
_CLIENT = _object(
    _all(_TEXT, "mac vendor signature")
    | _all(_INTEGER, "aid signal noise bitrate quality quality_max")
    | _all(_FLAG, "auth authorized wmm mfp assoc wds wps preauth")
    | _all(_FLAG_OR_NULL, "ht vht he")
    | {"rrm": {"type": "array", "minItems": 5, "maxItems": 5, "items": _INTEGER}},
    "mac auth authorized ht vht wmm mfp",
)
_CLIENTS: Schema = {
    "if": {"type": "object"},
    "then": {"maxProperties": 0},
    "else": _list(_CLIENT),
}
_WIRELESS = _object(
    _all(_INTEGER, "channel frequency noise tx_power signal")
    | _all(_TEXT, "country mode ssid htmode")
    | {"clients": _CLIENTS},
    "channel country frequency mode noise ssid tx_power",
)


def _technology(values: str, required: str) -> Schema:
    return _object(_all(_NUMBER, values), required)


_ANY_OF_FOUR = _object(_all(_NUMBER, "rssi rsrp rsrq snr")) | {
    "anyOf": [{"required": [name]} for name in ("rssi", "rsrp", "rsrq", "snr")]
}
TECHNOLOGIES: dict[str, Schema] = {
    "gsm": _technology("rssi", "rssi"),
    "cdma1x": _technology("rssi ecio", "rssi ecio"),
    "evdo": _technology("rssi ecio io sinr", "rssi ecio io sinr"),
    "umts": _technology("rssi rscp ecio", "ecio"),
    "lte": _ANY_OF_FOUR,
    "5g": _ANY_OF_FOUR,
}
IMEI, OPERATOR_CODE = _digits(15, 17), _digits(4, 6)
_MOBILE = _object(
    {"imei": IMEI, "operator_code": OPERATOR_CODE, "signal": _object(TECHNOLOGIES)}
    | _all(_TEXT, "operator_name connection_status power_status manufacturer model"),
    "imei operator_code operator_name connection_status power_status manufacturer model",
)
_ADDRESS = _object(
    _all(_TEXT, "proto family address") | {"mask": _INTEGER}, "proto family address mask"
)
_INTERFACE = _object(
    _all(_TEXT, "name type mac speed")
    | _all(_INTEGER, "uptime mtu txqueuelen")
    | _all(_FLAG, "up multicast stp")
    | {
        "bridge_members": _list(_TEXT),
        "statistics": _object(_all(_INTEGER, STATISTICS)),
        "wireless": _WIRELESS,
        "mobile": _MOBILE,
        "addresses": _list(_ADDRESS),
    },
    "name",
)
_LEASE = _object(
    {"expiry": _NUMBER} | _all(_TEXT, "ip mac client_name client_id vendor"),
    "expiry ip mac client_name client_id",
    closed=True,
)
_NEIGHBOUR = _object(_all(_TEXT, "ip interface mac vendor state"), "ip interface", closed=True)

SCHEMA: Schema = _object(
    {
        "type": {"type": "string", "enum": ["DeviceMonitoring"]},
        "general": _object({"hostname": _TEXT} | _all(_INTEGER, "local_time uptime")),
        "resources": _RESOURCES,
        "interfaces": _list(_INTERFACE),
        "dhcp_leases": _list(_LEASE),
        "neighbors": _list(_NEIGHBOUR),
        "dns_servers": _list(_TEXT),
        "dns_search": _list(_TEXT),
    },
    "type",
)
