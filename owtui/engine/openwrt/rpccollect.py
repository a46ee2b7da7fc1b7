"""Facts, fingerprint and monitoring data of one device over ubus, in one POST.

What objects tell is asked of them, the rest (disks, neighbours, leases, modems, radios) of one
command. Where the ACL refuses commands the radios are asked by name; their names are those of the
last round, so that only a new one costs a second POST.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from owtui.engine.openwrt import collect, probe, radios, rpcfacts, sums
from owtui.engine.openwrt.collect import MORE, Report
from owtui.engine.openwrt.document import document
from owtui.engine.openwrt.parts import Parts
from owtui.engine.openwrt.rpcfiles import BatchRpc
from owtui.engine.openwrt.rpcsnapshot import shell
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import Outcome
from owtui.errors import ProtocolError

_ARP = Call("file", "read", {"path": "/proc/net/arp"})
_COMMANDS = {name: line for name, line in MORE.items() if name != "wireless"}


class RpcCollect:
    """Collects from one device.

    known: names of radios from the last round, owned by whoever keeps the session
    """

    def __init__(self, rpc: BatchRpc, token: Callable[[], str], known: set[str]) -> None:
        self._rpc = rpc
        self._token = token
        self._known = known

    async def collect(self, paths: Sequence[str], via: str) -> Report:
        """See Router.collect. Raises what `system board` raises."""
        token = self._token()
        commands = collect.parts(token, {**_COMMANDS, "sums": sums.command(paths)})
        told = await self._ask(
            {**rpcfacts.CALLS, "arp": _ARP, "more": shell(commands), **_of_radios(self._known)}
        )
        reading = rpcfacts.reading(told)
        parts = Parts(
            reading,
            wireless=rpcfacts.answer(told["wireless"]),
            neighbours=rpcfacts.data(told["arp"]),
        )
        found = _cut(told["more"], token)
        if found:
            self._known.clear()
            collect.more(found, token, parts)
            more = probe.reading(found)
            reading.df, reading.sums = more.df, more.sums
        else:
            await self._radios(told, parts)
        reading.clients = list(parts.stations.values())
        facts = reading.facts(via)
        return Report(facts, sums.read(reading.sums, paths), document(parts, facts))

    async def _ask(self, calls: Mapping[str, Call]) -> dict[str, Outcome]:
        return dict(zip(calls, await self._rpc.batch(list(calls.values())), strict=True))

    async def _radios(self, told: dict[str, Outcome], parts: Parts) -> None:
        """What the radios say, each asked by its name; those of the configuration count."""
        names = set(radios.configured(parts.wireless))
        if new := names - self._known:
            told |= await self._ask(_of_radios(new))
        self._known.clear()
        self._known |= names
        for name in sorted(names):
            parts.radios[name] = rpcfacts.answer(told[f"radio {name}"])
            stations = rpcfacts.answer(told[f"hostapd {name}"])
            stations = stations or rpcfacts.answer(told[f"assoclist {name}"])
            if stations:
                parts.stations[name] = stations


def _of_radios(names: set[str]) -> dict[str, Call]:
    calls = {}
    for name in sorted(names):
        calls[f"radio {name}"] = Call("iwinfo", "info", {"device": name})
        calls[f"hostapd {name}"] = Call(f"hostapd.{name}", "get_clients")
        calls[f"assoclist {name}"] = Call("iwinfo", "assoclist", {"device": name})
    return calls


def _cut(outcome: Outcome, token: str) -> dict[str, bytes]:
    """The parts that a command printed; none where it was refused or ended early."""
    with suppress(ProtocolError):
        return probe.cut(rpcfacts.answer(outcome)["stdout"].raw, token)
    return {}
