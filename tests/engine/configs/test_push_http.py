"""Pushes over HTTP alone, by the whole engine, to simulated devices whose rpcd guards them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.configs.rpcguard import UNASKED
from owtui.engine.configs.rpclimits import SHORT, TOGETHER, WEAKER
from owtui.engine.configs.rpcpush import RpcPush
from owtui.engine.jobs.plan import Verdict
from owtui.errors import Kind
from owtui.simulator.guard import LAST
from tests.engine.configs.httpplace import QUICK, HttpPlace, http_place
from tests.engine.configs.luci import LuCI

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[HttpPlace]:
    async with http_place(sqlite_url, tmp_path) as made:
        yield made


async def named(place: HttpPlace, hostname: str = "roof-1") -> None:
    await place.configure(general={"hostname": hostname, "timezone": "Europe/Rome"})
    await place.look()


async def test_what_is_confirmed_is_read_back_and_applied(place: HttpPlace) -> None:
    await named(place)
    [row] = (await place.plan(**QUICK)).rows
    assert (row.verdict, "+" in row.diff) == (Verdict.CHANGE, True)
    assert WEAKER in row.reason
    logins = place.device.effects.logins
    [result] = await place.do(**QUICK)
    assert (result.state.value, result.error) == ("success", None)
    assert result.step == "generation 1 confirmed"
    assert "roof-1" in place.text()
    assert await place.status() == ("applied", [(1, "push")])
    assert place.device.effects.logins >= logins + 4  # look, push, its check and the reading back
    assert not place.device.device.rpcd.is_pending
    [again] = (await place.plan(**QUICK)).rows
    assert again.verdict is Verdict.SAME


async def test_an_edit_while_a_push_is_under_way_is_the_next_push(
    place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await named(place)
    drive = RpcPush.push

    async def edited(push: RpcPush) -> dict[str, Any]:
        ended = await drive(push)
        await place.configure(general={"hostname": "roof-2", "timezone": "Europe/Rome"})
        return ended

    monkeypatch.setattr(RpcPush, "push", edited)
    [result] = await place.do(**QUICK)
    assert (result.state.value, result.error) == ("success", None)
    assert "roof-1" in place.text()
    assert await place.status() == ("modified", [(1, "push")])


async def test_an_earlier_generation_comes_back(place: HttpPlace) -> None:
    for name in ("first", "second"):
        await named(place, name)
        [result] = await place.do(**QUICK)
        assert (result.state.value, result.error) == ("success", None)
        await place.look()
    [result] = await place.do("rollback_config", **QUICK)
    assert (result.state.value, result.error) == ("success", None)
    assert "first" in place.text()
    assert await place.status() == ("modified", [(3, "rollback"), (2, "push"), (1, "push")])


async def test_a_wrong_address_is_taken_back_and_told(place: HttpPlace) -> None:
    address = {"proto": "static", "family": "ipv4", "address": "10.99.99.1", "mask": 24}
    await place.configure(interfaces=[{"name": "lan", "type": "ethernet", "addresses": [address]}])
    await place.look()
    before = place.text("network")
    [result] = await place.do(**QUICK)
    assert result.error is not None
    assert "has taken the push back and has its old configuration" in result.error.sentence
    assert "could not be reached" in result.error.sentence
    assert place.text("network") == before
    assert (await place.status())[0] == "error"
    [row] = (await place.plan(**QUICK)).rows
    assert row.verdict is Verdict.CHANGE


async def test_it_is_not_confirmed_before_it_has_settled(
    place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rpcd takes an early confirm, which proves nothing; so it is not asked for one."""
    await named(place)
    rpcd, clock = place.device.device.rpcd, place.device.device.clock
    apply, confirm = rpcd.apply, rpcd.confirm
    asked: list[float] = []

    def applies(*args: Any) -> None:
        asked.append(clock.monotonic())
        apply(*args)

    def confirms(session: str) -> None:
        asked.append(clock.monotonic())
        confirm(session)

    monkeypatch.setattr(rpcd, "apply", applies)
    monkeypatch.setattr(rpcd, "confirm", confirms)
    result = await place.over(await place.begin(settle=0))
    assert result.error is None
    applied, confirmed = asked
    assert confirmed - applied > 5
    assert place.device.effects.reloads["system"] == 1  # the services had acted


async def test_a_full_flash_is_told_and_restored(
    place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rpcd's apply answers 0, writes an empty file and says nothing."""
    await named(place)
    before = place.text()
    rpcd = place.device.device.rpcd
    apply = rpcd.apply

    def on_a_full_one(*args: Any) -> None:
        place.device.device.fill_flash(True)
        apply(*args)

    monkeypatch.setattr(rpcd, "apply", on_a_full_one)
    [result] = await place.do(**QUICK)
    assert result.error is not None
    assert "read back, system was empty: its flash may be full" in result.error.sentence
    assert place.text() == before
    assert (await place.status()) == ("error", [])
    (told,) = {(one.type, one.device_id, one.at, one.text) for one in place.told}
    assert (told[0], told[1], told[2]) == ("config_error", result.device_id, result.started)
    assert "has been restored" in told[3] and "its flash may be full" in told[3]


async def test_a_change_that_waits_for_somebody_elses_confirm_refuses(place: HttpPlace) -> None:
    await named(place)
    before = place.text()
    async with LuCI.of(place) as luci:
        await luci.stage("network", "globals", ula_prefix="fd00::/48")
        assert await luci.apply(rollback=True) == 0
        # A new login of the same user is given that very session, and still may not apply.
        [result] = await place.do(**QUICK)
        assert result.error is not None
        assert "a change of somebody else waits for its confirm" in result.error.sentence
        assert place.text() == before
        assert await luci.call("uci", "confirm") == 0


async def test_somebody_elses_apply_makes_it_permanent_and_that_is_told(place: HttpPlace) -> None:
    await named(place)
    async with LuCI.of(place) as luci:
        await luci.login()
        job = await place.begin()
        await place.applied()
        assert await luci.apply(rollback=False) == 0
        result = await place.over(job)
    assert result.error is None
    assert result.step == f"generation 1 {UNASKED}"
    assert "roof-1" in place.text()
    assert await place.status() == ("applied", [(1, "push")])


async def test_a_reboot_while_it_waits_keeps_the_new_one_and_that_is_told(place: HttpPlace) -> None:
    await named(place)
    job = await place.begin()
    await place.applied()
    await place.device.host.power_cycle()
    result = await place.over(job)
    assert result.error is None
    assert result.step == f"generation 1 {UNASKED}"
    assert "roof-1" in place.text()


async def test_what_the_acl_does_not_open_is_refused_and_nothing_staged(
    place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rpcd says 6 of a package, uhttpd -32002 of a method."""
    await named(place)
    before = place.text()
    plan = await place.plan(**QUICK)
    staged = "/tmp/run/rpcd"
    rpcd = place.device.device.rpcd
    may_call = rpcd.may_call

    def may_not_apply(session: str, target: str, method: str) -> bool:
        return method != "apply" and may_call(session, target, method)

    monkeypatch.setattr(rpcd, "may_call", may_not_apply)
    job = await place.jobs.submit(plan)
    result = await place.over(job.id)
    assert result.error is not None
    assert (result.error.kind, "may not call" in result.error.sentence) == (Kind.DENIED, True)
    assert place.text() == before
    assert not [path for path, node in place.device.device.files.walk(staged) if node.data]


async def test_a_package_that_the_acl_closes_is_refused(place: HttpPlace) -> None:
    await named(place)
    plan = await place.plan(**QUICK)
    place.device.device.rpcd.closed.add("system")
    before = place.text()
    job = await place.jobs.submit(plan)
    result = await place.over(job.id)
    assert result.error is not None
    assert place.text() == before
    assert (await place.status())[1] == []


async def test_what_rpcd_cannot_carry_is_blocked_in_words(place: HttpPlace) -> None:
    await place.configure(
        general={"hostname": "roof-1"},
        files=[{"path": "/etc/motd", "mode": "0644", "contents": "ours"}],
    )
    await place.look()
    [row] = (await place.plan(**QUICK)).rows
    assert row.verdict is Verdict.BLOCKED
    assert "/etc/motd cannot be put there" in row.reason
    await place.configure(general={"hostname": "roof-1"}, fresh=[{"config_name": "x", "a": "b"}])
    await place.look()
    [row] = (await place.plan(**QUICK)).rows
    assert row.verdict is Verdict.BLOCKED
    assert "/etc/config/fresh cannot be made" in row.reason


async def test_all_or_none_and_a_short_window_are_blocked_in_words(place: HttpPlace) -> None:
    await named(place)
    [row] = (await place.plan(**QUICK, together=True)).rows
    assert (row.verdict, row.reason) == (Verdict.BLOCKED, TOGETHER)
    [row] = (await place.plan(confirm_within=8, settle=1)).rows
    assert (row.verdict, row.reason) == (Verdict.BLOCKED, SHORT)


async def test_one_that_may_run_commands_over_http_runs_the_guard_itself(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with http_place(sqlite_url, tmp_path, luci="full") as place:
        await named(place)
        [row] = (await place.plan(**QUICK)).rows
        assert row.verdict is Verdict.CHANGE
        assert WEAKER not in row.reason
        [result] = await place.do(**QUICK)
        assert (result.state.value, result.error) == ("success", None)
        assert place.device.device.files.read(LAST).decode().split()[1] == "confirmed"
        assert not place.device.effects.commits


async def test_one_that_moves_on_purpose_is_confirmed_and_dialled_there(
    place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its uhttpd goes to another port, as the simulator does not by itself."""
    await named(place)
    host, rpcd = place.device.host, place.device.device.rpcd
    apply, port = rpcd.apply, free_port(place.device.address)

    def moves(*args: Any) -> None:
        apply(*args)
        host._close_http()
        host.http_port = port
        place.device.device.serve("uhttpd", "restart")

    monkeypatch.setattr(rpcd, "apply", moves)
    [result] = await place.do(**QUICK, address=f":{port}")
    assert (result.state.value, result.error) == ("success", None)
    await place.look()  # as our records have it now
    assert await place.status() == ("applied", [(1, "push")])


def free_port(address: str) -> int:
    with socket.socket() as sock:
        sock.bind((address, 0))
        port: int = sock.getsockname()[1]
        return port
