"""The line that asks for topologies, on dropbear and ash and on the simulator alike."""

from __future__ import annotations

import time

from owtui.engine.topology import asking
from owtui.engine.topology.formats.registry import Formats
from owtui.errors import Kind
from tests.contract.subject import Subject

TOKEN = "t" * 24


async def test_every_kind_of_device_takes_the_line_and_says_what_it_lacks(device: Subject) -> None:
    formats = [one for one in Formats.load() if one.command]
    answer = await device.ask(asking.script(TOKEN, formats))
    found = asking.read(answer.stdout, TOKEN, formats, "it")
    assert found.at is not None and abs(found.at.timestamp() - time.time()) < 3600
    assert found.failures["zerotier"].kind is Kind.MISSING
    assert found.failures["openvpn"].kind is Kind.COMMAND  # no status file
    assert {*found.documents, *found.failures} == {one.id for one in formats}
    if device.kind == "lab":  # none of the daemons is there, and nothing listens at their ports
        assert {one.kind for one in found.failures.values()} == {Kind.MISSING, Kind.COMMAND}
        assert not found.documents
