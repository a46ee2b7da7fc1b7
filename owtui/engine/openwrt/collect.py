"""The one command line that brings facts, fingerprint and monitoring data home, and its reading.

It is the probe's with more parts: one exec a device and round, whatever the number of radios and
modems. The answer is compressed where the image has gzip: dropbear compresses nothing, and of
20 kB of JSON 4 kB go over the line.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from owtui.engine.monitoring.document import Document
from owtui.engine.openwrt import probe, radios, sums
from owtui.engine.openwrt.answer import Answer, documents
from owtui.engine.openwrt.document import document
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.parts import Parts
from owtui.engine.openwrt.sums import Fingerprint
from owtui.errors import ProtocolError

LARGEST = 4 * 1024 * 1024  # bytes of an answer, unpacked

_GZIP = b"\x1f\x8b"
# Every radio has its phy80211 in sysfs, whatever its mode and whoever drives it. The shell's own
# words cut the name out: a process costs a small router milliseconds.
_RADIOS = """for p in /sys/class/net/*/phy80211; do [ -e "$p" ] || continue
d=${p%/phy80211}; d=${d##*/}; a="{\\"device\\":\\"$d\\"}"
echo "TOKEN radio $d"; ubus -S call iwinfo info "$a" || iwinfo "$d" info
echo "TOKEN stations $d"
ubus -S call "hostapd.$d" get_clients || ubus -S call iwinfo assoclist "$a"
done"""
# A ModemManager that hangs must not take the rest with it.
_MODEMS = """command -v mmcli >/dev/null &&
for m in $(mmcli --timeout=5 -L | grep -o '/org/[^ ]*/Modem/[0-9]*')
do mmcli --timeout=5 -m "$m" -J; mmcli --timeout=5 -m "$m" --signal-get -J; done"""
MORE = {
    "wireless": "ubus -S call network.wireless status",
    "radios": _RADIOS,
    "df": "df -P",
    "leases": "cat /tmp/dhcp.leases",
    "neighbours": "ip -json neigh || ip neigh || cat /proc/net/arp",
    "modems": _MODEMS,
    "openvpn": "grep 'option .*dev' /etc/config/openvpn",
}
"""What no object of ubus tells, or none of the names of which are known beforehand."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one collect brings: facts, fingerprint and the monitoring document of one moment.

    No fingerprint where the session does not tell it along with the rest.
    """

    facts: Facts
    fingerprint: Fingerprint | None = None
    document: Document = field(default_factory=dict)


def script(token: str, paths: Sequence[str] = ()) -> str:
    """Return the command line; `token` is at least 16 unguessable letters or digits."""
    facts = {
        name: line.replace("ubus call", "ubus -S call")  # on one line: a third is indentation
        for name, line in probe.PARTS.items()
        if name != "clients"  # the radios tell them
    }
    asked = {**facts, **MORE, "sums": sums.command(paths)}
    lines = parts(token, asked)
    return f"c() {{ {lines}; }}; if command -v gzip >/dev/null; then c | gzip; else c; fi"


def parts(token: str, asked: Mapping[str, str]) -> str:
    """The lines of parts of this module, each behind its mark."""
    return probe.marked(token, asked).replace("TOKEN", token)


def read(output: bytes, token: str, via: str, paths: Sequence[str] = ()) -> Report:
    """Read the answer of `script`. Raises ProtocolError when its end is missing."""
    found = probe.cut(_unpacked(output), token)
    reading = probe.reading(found)
    told = more(found, token, Parts(reading))
    reading.clients = list(told.stations.values())
    facts = reading.facts(via)
    return Report(facts, sums.read(reading.sums, paths), document(told, facts))


def more(found: Mapping[str, bytes], token: str, told: Parts) -> Parts:
    """Add what stands in the parts of MORE."""

    def text(name: str) -> str:
        return found.get(name, b"").decode("utf-8", "replace")

    told.wireless = Answer(next(documents(found.get("wireless", b"")), None)) or told.wireless
    _radios(found.get("radios", b""), token, told)
    told.modems = [Answer(value) for value in documents(found.get("modems", b""))]
    told.leases, told.neighbours = text("leases"), text("neighbours") or told.neighbours
    told.openvpn = text("openvpn")
    return told


def _radios(data: bytes, token: str, told: Parts) -> None:
    """Each radio and its stations stand behind a mark that names the network device."""
    mark = rb"(?m)^" + re.escape(token.encode()) + rb" (radio|stations) (\S+)\r?$"
    _, *rows = re.split(mark, data)
    for kind, name, answer in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        device = name.decode("utf-8", "replace")
        value = Answer(next(documents(answer), None))
        if kind == b"stations":
            if value:
                told.stations[device] = value
        else:
            told.radios[device] = value or radios.printed(answer.decode("utf-8", "replace"))


def _unpacked(output: bytes) -> bytes:
    if not output.startswith(_GZIP):
        return output
    unpacking = zlib.decompressobj(wbits=31)
    try:
        data = unpacking.decompress(output, LARGEST)
    except zlib.error as error:
        raise ProtocolError("The monitoring data came damaged.", "Ask again.") from error
    if not unpacking.eof:
        raise ProtocolError("The monitoring data was cut short.", "Ask again.")
    return data
