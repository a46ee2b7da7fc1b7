"""control.md §19.4: which value of a variable wins, and where it comes from."""

from __future__ import annotations

from owtui.engine.configs.entries import Variable
from owtui.engine.configs.variables import context_of
from tests.engine.configs.office import Office


async def value(office: Office, device: object, name: str) -> Variable:
    found = await office.shelf.variables.resolved(device)  # type: ignore[arg-type]
    return next(one for one in found if one.name == name)


async def test_the_order_of_scopes_is_the_documented_one(any_office: Office) -> None:
    office = any_office
    office.organization("org1")
    group = office.group("roofs", "org1")
    device = await office.configured("ap-1", "org1", group_id=group)
    desk = office.shelf.variables
    await desk.set("global", {"variable_type": "global"})
    await desk.set("org:org1", {"variable_type": "organization"})
    await desk.set("group:org1/roofs", {"variable_type": "group"})
    await desk.set("ap-1", {"variable_type": "user-defined-variable", "id": "mine"})

    found = await value(office, device, "variable_type")
    assert (found.value, found.origin) == ("user-defined-variable", "device")
    assert found.hides == ("group", "organization", "global")
    assert (await value(office, device, "id")).value == "mine"

    await desk.unset("ap-1", ["variable_type", "id"])
    found = await value(office, device, "id")
    assert (found.value, found.origin) == (str(device), "predefined")
    assert (await value(office, device, "variable_type")).value == "group"
    await office.edit_device(device, group_id=None)
    assert (await value(office, device, "variable_type")).origin == "organization"
    await desk.unset("org:org1", ["variable_type"])
    assert (await value(office, device, "variable_type")).origin == "global"


async def test_no_scope_but_the_device_shadows_what_is_predefined(office: Office) -> None:
    """§17.1: OpenWISP's documentation says so, its code does not."""
    device = await office.configured("ap-1", mac_address="00:11:22:33:44:55")
    await office.shelf.variables.set("global", {"name": "x", "mac_address": "y"})
    await office.shelf.variables.set("org:default", {"key": "z"})
    for name, expected in (("name", "ap-1"), ("mac_address", "00:11:22:33:44:55")):
        assert (await value(office, device, name)).value == expected
    assert (await value(office, device, "key")).origin == "predefined"


async def test_the_view_of_the_system_leaves_the_devices_own_out(office: Office) -> None:
    group = office.group("roofs")
    device = await office.configured("ap-1", group_id=group)
    await office.shelf.variables.set("org:default", {"SSID": "OpenWISP"})
    await office.shelf.variables.set("group:roofs", {"radio": "radio0"})
    await office.shelf.variables.set("ap-1", {"test": "1"})
    context = context_of(await office.shelf.subject(device), system=True)
    assert (context["SSID"], context["radio"]) == ("OpenWISP", "radio0")
    assert "test" not in context


async def test_of_two_templates_the_later_default_value_wins(office: Office) -> None:
    config = {"general": {"description": "{{ vni }}"}}
    await office.template("a", config, default=True, default_values={"vni": 1})
    await office.template("b", config, default=True, default_values={"vni": 2})
    device = await office.configured()
    found = await value(office, device, "vni")
    assert (found.value, found.origin, found.hides, found.used) == (2, "b", ("a",), True)


async def test_what_nothing_defines_is_told_and_left_as_it_stands(office: Office) -> None:
    config = {"general": {"description": "{{ a }}-{{b}}-{{ missing }}"}}
    await office.template("t", config, default=True, default_values={"a": 1, "b": "x"})
    device = await office.configured()
    rendered = await office.shelf.render(device)
    text = rendered.files["/etc/config/system"].data.decode()
    assert "'1-x-{{ missing }}'" in text
    assert rendered.unset == ("missing",)
    found = await value(office, device, "missing")
    assert (found.value, found.origin, found.used) == (None, "", True)


async def test_a_variable_whose_name_says_so_is_a_secret(office: Office) -> None:
    device = await office.configured()
    await office.shelf.variables.set("ap-1", {"wifi_key": "canary-7f3a", "ssid": "x"})
    found = {one.name: one for one in await office.shelf.variables.resolved(device)}
    assert found["wifi_key"].secret
    assert not found["ssid"].secret
    assert "canary-7f3a" not in repr(found)
    [entry] = office.audited("set_variables")
    assert entry.detail == {"scope": "ap-1", "variables": ["ssid", "wifi_key"]}
