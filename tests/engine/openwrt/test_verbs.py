"""The contract of the verbs: over SSH in the lab and on simulated routers, over ubus on those."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from owtui.engine.configs.drift import digests_of
from owtui.engine.configs.model import Agent
from owtui.errors import DeniedError
from tests.contract import configurations, verbs
from tests.engine.openwrt.subjects import Subject, lab, simulated

LAB = pytest.param("lab", marks=pytest.mark.lab)


@asynccontextmanager
async def capable_of_all(kind: str) -> AsyncIterator[Subject]:
    async with lab() if kind == "lab" else simulated(kind) as made:
        yield made


@pytest.fixture(params=[LAB, "ssh", "ubus"])
async def capable(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """A router that may do everything."""
    async with capable_of_all(request.param) as made:
        yield made


@pytest.mark.lab
async def test_facts_of_the_lab() -> None:
    async with lab() as made, made.opened() as router:
        await verbs.check_facts(router, made.expected)
        await verbs.check_boot(router)


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize(("via", "luci"), [("ssh", "none"), ("ubus", "luci"), ("ubus", "full")])
async def test_facts_of_simulated_devices(via: str, luci: str, index: int) -> None:
    async with simulated(via, luci, index) as made, made.opened() as router:
        await verbs.check_facts(router, made.expected)
        await verbs.check_boot(router)


async def test_both_transports_tell_the_same_facts() -> None:
    async with simulated("ssh", "full") as made:
        async with made.opened() as router:
            over_ssh = await router.facts()
        async with replace(made, via="ubus").opened() as router:
            over_ubus = await router.facts()
    names = ("hostname", "model", "board", "system", "kernel", "version", "mac", "boot_id")
    for name in (*names, "memory_total", "flash_total", "tmp_total", "cpus", "clients"):
        assert getattr(over_ubus, name) == getattr(over_ssh, name), name
    assert [i.name for i in over_ubus.interfaces] == [i.name for i in over_ssh.interfaces]
    assert [i.addresses for i in over_ubus.interfaces] == [i.addresses for i in over_ssh.interfaces]


@pytest.mark.lab
async def test_collecting_from_the_lab() -> None:
    async with lab() as made, made.opened() as router:
        await verbs.check_collect(router)


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize(("via", "luci"), [("ssh", "none"), ("ubus", "luci"), ("ubus", "full")])
async def test_collecting_from_simulated_devices(via: str, luci: str, index: int) -> None:
    async with simulated(via, luci, index) as made, made.opened() as router:
        await verbs.check_collect(router)


@pytest.mark.parametrize("index", range(3))
async def test_both_transports_collect_the_same_document(index: int) -> None:
    """But for what passes between two questions."""
    async with simulated("ssh", "full", index) as made:
        async with made.opened() as router:
            over_ssh = standing((await router.collect()).document)
        async with replace(made, via="ubus").opened() as router:
            over_ubus = standing((await router.collect()).document)
    assert over_ubus == over_ssh


def standing(told: Any) -> Any:
    """A document without its counters and the state of the moment."""
    passing = {"statistics", "uptime", "load", "memory", "local_time", "disk", "general"}
    if isinstance(told, dict):
        return {name: standing(value) for name, value in told.items() if name not in passing}
    return [standing(value) for value in told] if isinstance(told, list) else told


async def test_uci(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_uci(router, capable.expected.hostname)
        await verbs.check_uci_is_committed_only(router)


async def test_files(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_files(router)
        await verbs.check_write_into_nowhere(router)


async def test_services(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_service(router, "dnsmasq")


async def test_commands(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_exec(router)


async def test_passwords(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_set_password(router, capable.password, capable.logs_in)


async def test_reboot(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_reboot(router, capable.next_boot)


async def test_a_session_without_an_acl_says_so_for_each_verb() -> None:
    async with simulated("ubus", "none") as made, made.opened() as router:
        await verbs.check_denied(router)


async def test_lucis_acl_reads_and_says_what_it_may_not() -> None:
    async with simulated("ubus", "luci") as made, made.opened() as router:
        await verbs.check_uci(router, made.expected.hostname)
        await verbs.check_service(router, "dnsmasq")
        with pytest.raises(DeniedError, match="may not run commands"):
            await router.exec("true")


async def test_lucis_acl_tells_values_for_a_fingerprint_and_not_with_each_poll() -> None:
    async with simulated("ubus", "luci") as made:
        async with made.opened() as router:
            assert (await router.survey()).fingerprint is None
            found, running = await router.fingerprint(), await router.configuration()
        async with replace(made, via="ssh").opened() as router:
            over_ssh = await router.configuration()
    assert found.sums == running.sums and set(found.sums) == set(running.files)
    assert all(value.startswith("uci:") for value in found.sums.values())
    assert digests_of(over_ssh) == digests_of(running)


async def test_fingerprints(capable: Subject) -> None:
    async with capable.opened() as router:
        await configurations.check_fingerprint(router)
        await configurations.check_fingerprint_moves(router)


async def test_configurations(capable: Subject) -> None:
    async with capable.opened() as router:
        await configurations.check_configuration(router)
        await configurations.check_odd_files(router)


async def test_clues(capable: Subject) -> None:
    async with capable.opened() as router:
        await configurations.check_clues(router)


@pytest.mark.lab
async def test_an_agent_is_seen_with_its_lock_and_what_it_applied() -> None:
    service = b"#!/bin/sh /etc/rc.common\nSTART=99\nDAEMON=/usr/sbin/openwisp-config\n"
    agent = b'#!/bin/sh\n[ "$1" = --version ] && echo openwisp-config 1.3.0a || exec sleep 1000\n'
    config = b"config controller 'http'\n\toption url 'https://c.test'\n\tlist unmanaged 'a.b'\n"
    async with lab() as made, made.opened() as router:
        assert (await router.configuration()).agent is None
        await router.write_file("/usr/sbin/openwisp-config", agent, mode=0o755)
        await router.write_file("/etc/init.d/openwisp-config", service, mode=0o755)
        await router.write_file("/etc/config/openwisp", config, mode=0o600)
        await router.exec(
            "mkdir -p /tmp/openwisp /etc/openwisp; echo 160a0975ff896f7f59330741b44e6582"
            " >/etc/openwisp/checksum; /etc/init.d/openwisp-config start"
        )
        seen = Agent(
            *("1.3.0a", True, "https://c.test", False, "160a0975ff896f7f59330741b44e6582"), ("a.b",)
        )
        assert (await router.configuration()).agent == seen
        await router.exec("touch /tmp/openwisp/applying_conf")
        assert (await router.configuration()).agent == replace(seen, applying=True)
