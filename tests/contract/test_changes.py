"""What changes a device stays changed: files, configuration, services, passwords, reboots."""

from __future__ import annotations

import asyncio
import json

import asyncssh
import pytest

from tests.contract.subject import Subject
from tests.lab.session import ask, login


async def test_staged_configuration_is_shared_and_committed_by_anybody(fresh: Subject) -> None:
    async with fresh.login() as one, fresh.login() as two:
        before = (await ask(one, "cat /etc/config/system")).text
        assert (await ask(one, "uci set system.@system[0].hostname=renamed")).exit == 0
        changes = await ask(two, "uci changes system")
        assert changes.text.endswith(".hostname='renamed'\n")
        assert (await ask(two, "cat /etc/config/system")).text == before
        assert (await ask(two, "uci commit system")).exit == 0
        assert "option hostname 'renamed'" in (await ask(one, "cat /etc/config/system")).text
        assert (await ask(one, "uci changes")).text == ""


async def test_a_commit_applies_nothing_until_a_reload(fresh: Subject) -> None:
    board = "ubus call system board"
    async with fresh.login() as ssh:
        old = json.loads((await ask(ssh, board)).text)["hostname"]
        await ask(ssh, "uci set system.@system[0].hostname=renamed; uci commit system")
        assert json.loads((await ask(ssh, board)).text)["hostname"] == old
        assert (await ask(ssh, "reload_config")).exit == 0
        applied = f"until {board} | grep -q renamed; do sleep 1; done"
        assert (await ask(ssh, applied)).exit == 0


async def test_uci_takes_any_value_and_gives_it_back(fresh: Subject) -> None:
    value = "bad 'value' \"here\" $HOME `id` \\ ; # \t é"
    quoted = value.replace("'", "'\\''")
    async with fresh.login() as ssh:
        assert (await ask(ssh, f"uci set network.lan.ipaddr='{quoted}'")).exit == 0
        assert (await ask(ssh, "uci get network.lan.ipaddr")).text == f"{value}\n"
        shown = (await ask(ssh, "uci show network.lan.ipaddr")).text
        assert shown == f"network.lan.ipaddr='{quoted}'\n"
        assert (
            await ask(ssh, "uci commit network; uci get network.lan.ipaddr")
        ).text == f"{value}\n"
        lines = (await ask(ssh, "uci export network")).text.splitlines()
        assert f"\toption ipaddr '{quoted}'" in lines


async def test_sections_and_lists_are_made_changed_and_removed(fresh: Subject) -> None:
    async with fresh.login() as ssh:
        name = (await ask(ssh, "uci add firewall rule")).text.strip()
        assert name.startswith("cfg") and len(name) == 9
        rule = f"firewall.{name}"
        await ask(ssh, f"uci add_list {rule}.proto=tcp; uci add_list {rule}.proto='u d p'")
        assert (await ask(ssh, f"uci get {rule}.proto")).text == "tcp 'u d p'\n"
        await ask(ssh, f"uci rename {rule}=mine; uci del_list firewall.mine.proto=tcp")
        shown = (await ask(ssh, "uci show firewall.mine")).text
        assert shown == "firewall.mine=rule\nfirewall.mine.proto='u d p'\n"
        assert (await ask(ssh, "uci delete firewall.mine; uci get firewall.mine")).exit == 1
        await ask(ssh, "uci revert firewall")
        assert (await ask(ssh, "uci changes")).text == ""


async def test_a_batch_ends_with_0_although_a_line_failed(fresh: Subject) -> None:
    async with fresh.login() as ssh:
        lines = b"set dhcp.lan.limit=7\nset nosuch.x=y\nset dhcp.lan.leasetime='1 h'\n"
        said = await ask(ssh, "uci batch", lines)
        assert (said.exit, said.error) == (0, "uci: Entry not found\n")
        values = await ask(ssh, "uci get dhcp.lan.limit; uci get dhcp.lan.leasetime")
        assert values.text == "7\n1 h\n"


async def test_a_broken_file_fails_alone(fresh: Subject) -> None:
    async with fresh.login() as ssh:
        await ask(ssh, "cat >/etc/config/broken", b"config x 'y'\n\toption z 'open\n")
        assert (await ask(ssh, "uci show broken")).exit == 1
        rest = await ask(ssh, "uci show")
        assert "Parse error" in rest.error and "network.lan=interface\n" in rest.text


async def test_a_restarted_service_has_another_pid_and_a_stopped_one_none(fresh: Subject) -> None:
    async with fresh.login() as ssh:

        async def instances() -> dict[str, dict[str, object]]:
            said = await ask(ssh, 'ubus call service list \'{"name":"uhttpd"}\'')
            found: dict[str, dict[str, object]] = json.loads(said.text)["uhttpd"].get(
                "instances", {}
            )
            return found

        before = (await instances())["instance1"]["pid"]
        assert (await ask(ssh, "/etc/init.d/uhttpd restart")).exit == 0
        assert (await instances())["instance1"]["pid"] != before
        assert (await ask(ssh, "/etc/init.d/uhttpd stop")).exit == 0
        assert not any(entry["running"] for entry in (await instances()).values())
        assert (await ask(ssh, "/etc/init.d/uhttpd enabled")).exit == 0
        assert (await ask(ssh, "/etc/init.d/uhttpd disable; /etc/init.d/uhttpd enabled")).exit == 1
        assert (await ask(ssh, "/etc/init.d/nosuch start")).exit == 127


async def test_a_new_password_counts_from_the_next_login_on(fresh: Subject) -> None:
    secret = "n3w 'quoted' $pw"
    async with fresh.login() as ssh:
        odd = await ask(ssh, "passwd root", b"one\ntwo\n")
        assert odd.exit == 1 and "password for root is unchanged" in odd.text + odd.error
        done = await ask(ssh, "passwd root", f"{secret}\n{secret}\n".encode())
        assert done.exit == 0
    with pytest.raises(asyncssh.PermissionDenied):
        async with fresh.login(fresh.password):
            pass
    async with fresh.login(secret) as ssh:
        assert (await ask(ssh, "true")).exit == 0


async def test_a_key_added_on_the_device_lets_in(fresh: Subject) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key()
    said = await fresh.ask("cat >>/etc/dropbear/authorized_keys", public)
    assert said.exit == 0
    async with login(fresh.address, fresh.port, key=key) as ssh:
        assert (await ask(ssh, "true")).exit == 0


@pytest.mark.slow
async def test_a_full_tmp_says_so_and_keeps_the_partial_file(fresh: Subject) -> None:
    async with fresh.login() as ssh:
        said = await ask(ssh, "cat >/tmp/big", bytes(72 * 1024 * 1024))
        assert (said.exit, said.error) == (1, "cat: write error: No space left on device\n")
        size = int((await ask(ssh, "wc -c </tmp/big; rm /tmp/big")).text)
        assert 0 < size < 72 * 1024 * 1024
        assert (await ask(ssh, "echo ok >/tmp/after; cat /tmp/after")).text == "ok\n"


async def test_a_reboot_drops_everybody_and_returns_empty_handed(fresh: Subject) -> None:
    boot = "cat /proc/sys/kernel/random/boot_id"
    async with fresh.login() as ssh:
        first = (await ask(ssh, boot)).text
        await ask(ssh, "echo kept >/etc/kept; echo lost >/tmp/lost; uci set network.lan.mtu=1400")
        assert (await ask(ssh, "reboot")).exit == 0
        async with asyncio.timeout(20):
            await ssh.wait_closed()
    async with asyncio.timeout(60):
        while not await _answers(fresh):  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0.1)
    async with fresh.login() as ssh:
        assert (await ask(ssh, boot)).text not in ("", first)
        assert (await ask(ssh, "cat /etc/kept")).text == "kept\n"
        assert (await ask(ssh, "ls /tmp/lost")).exit == 1
        assert (await ask(ssh, "uci changes")).text == ""
        info = json.loads((await ask(ssh, "ubus call system info")).text)
        assert info["uptime"] < 300


async def _answers(device: Subject) -> bool:
    try:
        return (await device.ask("true")).exit == 0
    except (OSError, asyncssh.Error):
        return False
