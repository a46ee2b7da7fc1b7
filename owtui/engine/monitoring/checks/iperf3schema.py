"""What may be set of the Iperf3 check: OpenWISP's params, its ranges and defaults.

Instead of `password` there is `password_file`: what is set here is shown and logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AMOUNT = {"type": "string", "pattern": r"^\d+[KMGkmg]?$"}
_YES_NO = {"type": "boolean", "default": False}


def _leg(bitrate: str, length: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "bitrate": {
                **_AMOUNT,
                "default": bitrate,
                "description": "Bits per second, 0 no limit",
            },
            "length": {**_AMOUNT, "default": length, "description": "Length of a buffer"},
        },
        "additionalProperties": False,
    }


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "host": {
            **{"type": "array", "default": [], "items": {"type": "string", "minLength": 1}},
            "description": "Servers; the first that is free is used",
        },
        "username": {"type": "string", "default": "", "minLength": 1, "maxLength": 20},
        "password_file": {
            **{"type": "string", "default": "", "minLength": 1},
            "description": "A file here with the password of the server",
        },
        "rsa_public_key": {"type": "string", "default": "", "minLength": 1},
        "delete_rsa_key": {"type": "boolean", "default": True},
        "client_options": {
            "type": "object",
            "properties": {
                "port": {"type": "integer", "default": 5201, "minimum": 1, "maximum": 65535},
                "time": {
                    **{"type": "integer", "default": 10, "minimum": 1, "maximum": 1800},
                    "description": "Seconds of each leg",
                },
                "bytes": {**_AMOUNT, "default": "", "description": "Instead of a time"},
                "blockcount": {**_AMOUNT, "default": "", "description": "Instead of both"},
                "connect_timeout": {
                    **{"type": "integer", "default": 1000, "minimum": 1, "maximum": 1000000},
                    "description": "Milliseconds",
                },
                "parallel": {"type": "integer", "default": 1, "minimum": 1, "maximum": 128},
                "window": {**_AMOUNT, "default": "0"},
                "reverse": {**_YES_NO, "description": "The server sends"},
                "bidirectional": {**_YES_NO, "description": "Both send; wins over reverse"},
                "tcp": _leg("0", "128K"),
                "udp": _leg("30M", "0"),
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
