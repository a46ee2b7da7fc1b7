"""`owtui poll`: documents for programs, a line a device for people."""

from __future__ import annotations

import json

from owtui.engine.monitoring.document import check
from tests.cli.conftest import CommandLine
from tests.routers import Routers


def test_each_device_has_its_document(owtui: CommandLine, routers: Routers) -> None:
    done = owtui("poll", "--json")
    assert done.code == 0
    assert sorted(one["device"] for one in done.json) == routers.names
    for one in done.json:
        check(one["document"])
        assert one["error"] is None
        assert one["document"]["general"]["hostname"] == one["device"]
    streamed = [json.loads(line) for line in owtui("poll", "--json-lines").out.splitlines()]
    assert sorted(one["device"] for one in streamed) == routers.names


def test_a_line_a_device_tells_what_the_document_comes_to(
    owtui: CommandLine, routers: Routers
) -> None:
    lines = owtui("poll").out.splitlines()
    heads = ["DEVICE", "LOAD", "MEM", "%", "DISK", "%", "CLIENTS", "COUNTED", "TOOK"]
    assert lines[0].split() == heads
    assert sorted(line.split()[0] for line in lines[1:]) == routers.names
    told = {one["device"]: one["document"] for one in owtui("poll", "--json").json}
    for line in lines[1:]:
        name, _, memory, disk, _, counted, _ = line.split()
        assert 0 < int(memory) < 100 and 0 < int(disk) <= 100
        assert int(counted) == len(told[name]["interfaces"])


def test_who_does_not_answer_has_an_error_and_no_document(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    assert owtui("devices", "set", name, "port=1", "http_url=").code == 0
    done = owtui("poll", name, "--json")
    assert done.code == 3
    [told] = done.json
    assert told["document"] is None and told["error"]["kind"] == "refused"
    assert name in owtui("poll", name).err
    assert owtui("poll").code == 1, "the others were collected"
    assert owtui("apply", "deactivate", f"name={name}", "--yes").code == 0
    assert "skipped" in owtui("poll", f"name={name}").err
