"""The command lines of the Iperf3 check, and the figures in what it prints: pure.

The password comes on standard input and lives in the environment of one command: it is in no list
of processes, neither here nor on the device (upstream writes it into the device's command line).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from owtui.engine.openwrt.quoting import quote

KEY_FILE = "/tmp/iperf3-public-key.pem"
_SPARE_S = 30.0
LONGEST_S = 1800.0

TCP_FIELDS = (
    ("sent_bps_tcp", "sum_sent", "bits_per_second"),
    ("received_bps_tcp", "sum_received", "bits_per_second"),
    ("sent_bytes_tcp", "sum_sent", "bytes"),
    ("received_bytes_tcp", "sum_received", "bytes"),
    ("retransmits", "sum_sent", "retransmits"),
)
UDP_FIELDS = (
    ("sent_bps_udp", "sum", "bits_per_second"),
    ("sent_bytes_udp", "sum", "bytes"),
    ("jitter", "sum", "jitter_ms"),
    ("total_packets", "sum", "packets"),
    ("lost_packets", "sum", "lost_packets"),
    ("lost_percent", "sum", "lost_percent"),
)


@dataclass(frozen=True, slots=True)
class Auth:
    """What the server asks for; all empty for an open one. `password` says that one is read."""

    username: str = ""
    rsa_public_key: str = ""
    password: bool = False


def line(server: str, options: Mapping[str, Any], auth: Auth, *, udp: bool, last: bool) -> str:
    """The line for one leg, TCP or UDP.

    last: remove the key file after it, where one was written
    """
    own = options["udp" if udp else "tcp"]
    words = ["iperf3", "-c", quote(server), "-p", str(options["port"]), *_end(options)]
    words += ["--connect-timeout", str(options["connect_timeout"])]
    words += ["-b", own["bitrate"], "-l", own["length"], "-w", options["window"]]
    words += ["-P", str(options["parallel"])]
    if auth.username:
        words += ["--username", quote(auth.username)]
    if auth.rsa_public_key:
        words += ["--rsa-public-key-path", KEY_FILE]
    if options["bidirectional"]:
        words.append("--bidir")
    elif options["reverse"]:
        words.append("--reverse")
    words += ["-u", "-J"] if udp else ["-J"]
    before = ["IFS= read -r IPERF3_PASSWORD", "export IPERF3_PASSWORD"] if auth.password else []
    if auth.rsa_public_key:
        before.append(f"printf '%s\\n' {quote(_pem(auth.rsa_public_key))} > {KEY_FILE}")
    ran = " && ".join([*before, " ".join(words)])
    if auth.rsa_public_key and last:
        return f"{ran}; ran=$?; rm -f {KEY_FILE}; (exit $ran)"
    return ran


def timeout_s(options: Mapping[str, Any]) -> float:
    """How long a leg may take; by bytes or blocks nobody knows."""
    if options.get("bytes") or options.get("blockcount"):
        return LONGEST_S
    wanted_s = float(options["time"]) + float(options["connect_timeout"]) / 1000
    return min(LONGEST_S, wanted_s + _SPARE_S)


def figures(
    printed: str, fields: tuple[tuple[str, str, str], ...]
) -> tuple[bool, dict[str, float]] | None:
    """Whether a leg worked, with its figures; zeros for one that failed. None: it is no JSON."""
    try:
        told = json.loads(printed)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    end = told.get("end")
    if "error" in told or not isinstance(end, dict) or not end:
        return False, {name: 0.0 for name, _, _ in fields}
    return True, {name: _number(end.get(part), key) for name, part, key in fields}


def _number(part: Any, key: str) -> float:
    value = part.get(key) if isinstance(part, dict) else None
    return float(value) if isinstance(value, int | float) else 0.0


def _end(options: Mapping[str, Any]) -> list[str]:
    """Blocks over bytes over time."""
    for flag, name in (("-k", "blockcount"), ("-n", "bytes")):
        if options.get(name):
            return [flag, str(options[name])]
    return ["-t", str(options["time"])]


def _pem(key: str) -> str:
    """A key as the file has it, whether it came with its frame or without."""
    body = key.strip()
    if body.startswith("-----BEGIN"):
        return body
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"
