"""A device's ubus by itself: renewed logins that keep the session, other places and logins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from owtui.engine.openwrt.rpcconfig import Reply, RpcConfig
from owtui.engine.openwrt.ubusdoor import UbusDoor, http_logins, moved
from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import AuthError, UnreachableError
from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.fleet import SimulatedDevice
from storage.secrets import Secret


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(FleetSpec(devices=2, luci="luci", speed=0.1)) as made:
        yield made


def make(target: Target, login: Login) -> UbusSession:
    return UbusSession(target, login, deadlines=Deadlines(connect_s=1.0, command_s=5.0))


def login(device: SimulatedDevice) -> Login:
    url = f"http://{device.address}:{device.http_port}/ubus"
    return Login(None, "password", secret=Secret(device.password), http_url=url)


def door(device: SimulatedDevice, *logins: Login) -> UbusDoor:
    address = (device.address,)
    return UbusDoor(Target(uuid4(), device.name, address, logins, HostKeyPolicy.ACCEPT_NEW), make)


async def test_a_new_login_may_confirm_what_an_earlier_one_applied(fleet: Fleet) -> None:
    device = fleet.devices[0]
    opened = door(device, login(device))
    config = RpcConfig(await opened.open())
    [package] = (await config.committed(["system"])).values()
    first, *rest = package.sections
    new = replace(package, sections=(replace(first, options={"hostname": "roof"}), *rest))
    await config.stage({"system": new})
    again = await opened.open(anew=False)  # the staging is of this session
    assert await RpcConfig(again).apply(60) is Reply.DONE
    logins = device.effects.logins
    assert await RpcConfig(await opened.open()).confirm() is Reply.DONE
    assert device.effects.logins == logins + 1
    await opened.rest()


async def test_a_refused_login_gives_way_to_the_next_one(fleet: Fleet) -> None:
    device = fleet.devices[0]
    wrong = replace(login(device), secret=Secret("no such"))
    await door(device, wrong, login(device)).open()
    with pytest.raises(AuthError):
        await door(device, wrong).open()


async def test_it_is_opened_where_it_is_to_be_from_now_on(fleet: Fleet) -> None:
    here, there = fleet.devices
    opened = door(here, login(here))
    await opened.open((there.address, there.http_port))
    assert (here.effects.logins, there.effects.logins) == (0, 1)
    await opened.rest()


async def test_without_a_password_for_http_there_is_no_door(fleet: Fleet) -> None:
    with pytest.raises(UnreachableError, match="no connection for HTTP"):
        await door(fleet.devices[0], Login(None, "key")).open()


def test_ubus_takes_passwords_where_a_url_or_the_wish_for_ubus_says_so() -> None:
    password = Login(None, "password")
    url = replace(password, http_url="http://192.0.2.1/ubus")
    wish = replace(password, prefer="ubus")
    assert http_logins([password, url, wish, Login(None, "key")], ["192.0.2.1"]) == [url, wish]
    assert http_logins([wish], []) == []


def test_a_url_moves_with_its_device() -> None:
    assert moved("https://192.0.2.1/ubus", ("192.0.2.9", 444)) == "https://192.0.2.9:444/ubus"
    assert moved("http://192.0.2.1:81", ("2001:db8::1", 80)) == "http://[2001:db8::1]:80"
