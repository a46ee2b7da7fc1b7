"""The desk: what it writes, refuses, audits and remembers; secrets stay where they belong."""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest

from owtui.engine.configs.entries import (
    DeviceEdit,
    Guard,
    TemplateEdit,
    VariablesEdit,
)
from owtui.engine.configs.shelf import Shelf
from owtui.engine.configs.validate import ConfigError
from owtui.errors import InputError, Kind, failure_of
from storage import generations
from storage.errors import MissingError, RuleError, StaleError
from storage.generations import Applied
from storage.packed import Box
from storage.secrets import Vault
from tests.engine.configs.office import ADA, LINE, Office

CANARY = "canary-7f3a"


def described(text: str) -> dict[str, dict[str, str]]:
    return {"general": {"description": text}}


# --- templates


async def test_two_editors_do_not_overwrite_each_other(office: Office) -> None:
    made = await office.template("t")
    desk = office.shelf.templates
    await desk.change("t", expected=made.row.generation, config=described("mine"))
    with pytest.raises(StaleError) as stale:
        await desk.change("t", expected=made.row.generation, config=described("yours"))
    assert failure_of(stale.value).kind is Kind.CHANGED
    assert (await desk.get("t")).config == described("mine")


async def test_what_the_schema_refuses_is_not_written(office: Office) -> None:
    with pytest.raises(ConfigError) as refused:
        await office.template("t", {"interfaces": [{"name": "eth0"}]})
    assert refused.value.problems[0].path.startswith("#/interfaces/0")
    assert await office.shelf.templates.rows() == []
    # A template is looked at with its default values.
    config = {"interfaces": [{"name": "eth0", "type": "{{ kind }}"}]}
    await office.template("t", config, default_values={"kind": "ethernet"})


async def test_an_older_generation_comes_back_as_a_new_one(office: Office) -> None:
    await office.template("t", described("one"), default_values={"x": 1}, tags=["a"])
    desk = office.shelf.templates
    await desk.change("t", config=described("two"), tags=["b"], note="second")
    back = await desk.restore("t", 1)
    assert (back.config, back.default_values) == (described("one"), {"x": 1})
    assert (back.row.generation, back.row.tags) == (3, ("b",))  # flags and tags are not content
    rows = await desk.history("t")
    assert [(row.number, row.operator, row.note) for row in rows] == [
        (3, "ada", "v1 again"),
        (2, "ada", "second"),
        (1, "ada", ""),
    ]


async def test_a_removed_template_leaves_its_devices_and_comes_back(office: Office) -> None:
    made = await office.template("t", default=True)
    device = await office.configured()
    await office.applied(device)
    await office.shelf.templates.remove("t")
    assert (await office.names(device), await office.status(device)) == ([], "modified")
    [(id_, name, last)] = await office.shelf.templates.removed()
    assert (id_, name, last.number) == (made.row.id, "t", 1)
    assert (await office.shelf.templates.generation(id_, 1)).config == LINE
    back = await office.shelf.templates.recover(id_)
    assert back.row.generation == 2
    assert await office.names(device) == ["t"]  # it is a default one


async def test_lists_work_while_the_vault_is_closed(office: Office) -> None:
    await office.template("t", tags=["a"], default=True)
    device = await office.configured()

    def ask() -> Vault:
        raise AssertionError("the vault was opened")

    closed = Shelf(office.database, ask, office.fleet, ADA, office.bus)
    [row] = await closed.templates.rows()
    assert (row.name, row.tags, row.devices, row.organization) == ("t", ("a",), 1, "")
    assert await closed.templates.devices("t") == (device,)
    assert len(await closed.templates.history("t")) == 1
    await closed.close()


async def test_every_write_is_audited_without_what_may_be_secret(office: Office) -> None:
    office.group("roofs")
    await office.template("t", described(CANARY), default_values={"wifi_key": CANARY})
    await office.shelf.templates.change("t", config=described(CANARY + "2"))
    await office.shelf.templates.clone("t")
    device = office.device()
    await office.shelf.devices.set_config(device, described(CANARY))
    await office.shelf.devices.add_templates(device, ["t"])
    await office.shelf.variables.set("global", {"wifi_key": CANARY})
    await office.shelf.groups.set_templates("roofs", ["t"])
    await office.shelf.groups.set_guard("roofs", Guard(120, None))
    await office.shelf.templates.remove("t")
    actions = ("add_template", "edit_template", "clone_template", "remove_template")
    entries = [
        entry
        for action in (*actions, "edit_config", "set_variables", "edit_group")
        for entry in office.audited(action)
    ]
    assert [entry.action for entry in entries] == [
        *("add_template", "edit_template", "clone_template", "remove_template"),
        *("edit_config", "edit_config", "set_variables", "edit_group", "edit_group"),
    ]
    assert {entry.operator for entry in entries} == {"ada"}
    assert CANARY not in str([entry.detail for entry in entries])
    assert office.audited("edit_template")[0].detail["changed"] == ["config"]


# --- groups


async def test_devices_follow_their_group(office: Office) -> None:
    group = office.group("roofs")
    for name in ("a", "b", "c"):
        await office.template(name)
    await office.template("default", default=True)
    device = await office.configured("ap-1", group_id=group)
    text = await office.shelf.groups.set_templates("roofs", ["b", "a"])
    assert [one.name for one in text.templates] == ["b", "a"]
    assert await office.names(device) == ["default", "b", "a"]
    await office.shelf.devices.take_templates(device, ["b"])  # a group forces nothing
    await office.shelf.groups.set_templates("roofs", ["b", "c"])
    assert await office.names(device) == ["default", "c"]
    with pytest.raises(RuleError, match="default: every device gets it by default"):
        await office.shelf.groups.set_templates("roofs", ["default"])


async def test_a_group_says_how_long_its_guard_waits(office: Office) -> None:
    office.group("roofs")
    desk = office.shelf.groups
    assert (await desk.get("roofs")).guard == Guard(None, None)
    assert (await desk.set_guard("roofs", Guard(300, 5))).guard == Guard(300, 5)
    for guard in (Guard(5, None), Guard(None, -1), Guard(100_000, None)):
        with pytest.raises(RuleError):
            await desk.set_guard("roofs", guard)
    assert (await desk.set_meta_data("roofs", {"site": 7})).meta_data == {"site": 7}


async def test_a_group_of_a_name_that_several_have_needs_its_organization(office: Office) -> None:
    for name in ("org1", "org2"):
        office.organization(name)
        office.group("roofs", name)
    with pytest.raises(RuleError, match="Several organizations have a group roofs"):
        await office.shelf.variables.set("group:roofs", {"a": 1})
    await office.shelf.variables.set("group:org2/roofs", {"a": 1})
    assert await office.shelf.variables.get("group:org2/roofs") == {"a": 1}
    assert await office.shelf.variables.get("group:org1/roofs") == {}


# --- devices


async def test_what_a_device_should_have_is_rendered_from_all_of_it(office: Office) -> None:
    config = {"general": {"timezone": "{{ zone }}"}}
    await office.template("t", config, default=True, default_values={"zone": "UTC"})
    device = await office.configured()
    await office.shelf.devices.adopt(device, described("mine"), {"foo": "config bar 'baz'\n"})
    await office.shelf.variables.set("global", {"zone": "Europe/Rome"})
    rendered = await office.shelf.render(device)
    system = rendered.files["/etc/config/system"].data.decode()
    assert "'ap-1'" in system
    assert "option zonename 'Europe/Rome'" in system
    assert b"config bar 'baz'" in rendered.files["/etc/config/foo"].data
    text = await office.shelf.devices.get(device)
    assert (text.checksum, text.current) == (rendered.checksum, True)


async def test_what_conflicts_with_its_templates_is_refused(office: Office) -> None:
    port = {"interfaces": [{"name": "eth0", "type": "ethernet", "mtu": 1500}]}
    made = await office.template("t", port)
    device = await office.configured()
    mine = {"interfaces": [{"name": "eth0", "type": "ethernet", "mtu": 1}]}
    with pytest.raises(ConfigError) as refused:
        await office.shelf.devices.set_config(device, mine)
    assert refused.value.sentence.startswith(
        "There is a conflict with the specified templates. "
        'Invalid configuration triggered by "#/interfaces/0/mtu", validator says: '
    )
    await office.shelf.devices.add_templates(device, [made.row.id])
    loose = {"interfaces": {"eth0": {}}}
    with pytest.raises(InputError, match="Incompatible type for 'interfaces'"):
        await office.shelf.devices.set_config(device, loose)
    assert (await office.shelf.impact(DeviceEdit(device, config=loose))).count()["blocked"] == 1
    assert (await office.shelf.devices.get(device)).config == {}


async def test_a_draft_is_rendered_and_not_written(office: Office) -> None:
    device = await office.configured()
    edit = DeviceEdit(device, config=described("draft"))
    assert b"draft" in (await office.shelf.render(device, edit)).files["/etc/config/system"].data
    assert (await office.shelf.devices.get(device)).config == {}


async def test_what_was_applied_is_listed_and_kept(office: Office) -> None:
    device = await office.configured()
    applied = Applied("a" * 32, b"bytes", {"config": {}})
    office.database.write(
        lambda s: (
            generations.add(
                s, Box(s, office.vault), device, applied, operator="eva", note="first", kind="adopt"
            ).id
        )
    )
    [row] = await office.shelf.devices.history(device)
    assert (row.number, row.operator, row.kind, row.note) == (1, "eva", "adopt", "first")
    assert (await office.shelf.devices.applied(device, 1)).archive == b"bytes"


async def test_what_is_not_there_is_said(office: Office) -> None:
    for ask in (
        office.shelf.subject(uuid4()),
        office.shelf.render(uuid4()),
        office.shelf.devices.get(uuid4()),
        office.shelf.variables.resolved(uuid4()),
        office.shelf.templates.get("x"),
        office.shelf.variables.get("nobody"),
        office.shelf.impact(TemplateEdit(uuid4(), LINE)),
    ):
        with pytest.raises(MissingError):
            await ask


async def test_a_configuration_that_cannot_be_rendered_is_told_and_says_nothing_secret(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wifi = {
        "interfaces": [
            {
                "name": "wlan0",
                "type": "wireless",
                "wireless": {
                    "radio": "radio0",
                    "mode": "access_point",
                    "ssid": "x",
                    "encryption": {"protocol": "wpa2_personal", "key": "{{ wifi_key }}"},
                },
            }
        ]
    }
    await office.template("t", wifi, default=True, default_values={"wifi_key": "long enough"})
    device = await office.configured()
    await office.applied(device)
    with pytest.raises(ConfigError):  # eight are needed: of one device it is refused
        await office.shelf.variables.set("ap-1", {"wifi_key": "s3cr7"})
    await office.shelf.variables.set("global", {"wifi_key": "s3cr7"})
    text = await office.shelf.devices.get(device)
    assert (text.broken, text.current, text.status) == (True, True, "applied")
    with pytest.raises(ConfigError) as refused:
        await office.shelf.render(device)
    assert "s3cr7" not in str(refused.value) + repr(refused.value.problems) + caplog.text
    await office.shelf.variables.set(
        "ap-1", {"other": "1"}
    )  # what is broken may be mended in steps
    await office.shelf.variables.set("ap-1", {"wifi_key": "long enough, too"})
    assert not (await office.shelf.devices.get(device)).broken


# --- impact


async def test_impact_groups_devices_by_what_they_would_get(office: Office) -> None:
    config = {"general": {"timezone": "{{ zone }}", "description": "old"}}
    made = await office.template("t", config, default=True, default_values={"zone": "UTC"})
    other = await office.template("other", default=True)
    for n in range(4):
        await office.configured(f"ap-{n}")
    await office.shelf.devices.set_config(
        (await office.shelf.templates.devices("t"))[0], {"general": {"description": "own"}}
    )
    new = {"general": {**config["general"], "description": "new"}}
    edit = TemplateEdit(made.row.id, new, {"zone": "UTC"})
    impact = await office.shelf.impact(edit)
    assert impact.count() == {"change": 3, "same": 1, "blocked": 0}
    [difference] = impact.differences
    assert "old" in difference.text
    assert "new" in difference.text
    assert {row.key for row in impact.rows} == {"", difference.key}
    assert len(difference.devices) == 3
    assert (await office.shelf.templates.get("t")).config == config  # nothing was written
    assert (await office.shelf.impact(TemplateEdit(other.row.id, LINE))).count()["same"] == 4


async def test_impact_names_those_that_could_not_be_rendered(office: Office) -> None:
    config = {"interfaces": [{"name": "{{ port }}", "type": "ethernet"}]}
    await office.template("t", config, default=True, default_values={"port": "eth0"})
    for n in range(2):
        await office.configured(f"ap-{n}")
    await office.shelf.variables.set("ap-1", {"port": "eth1"})
    edit = VariablesEdit("global", {"port": "a name that is too long for one"})
    impact = await office.shelf.impact(edit)
    assert [(row.device, row.verdict) for row in impact.rows] == [
        ("ap-0", "blocked"),
        ("ap-1", "same"),
    ]
    assert "conflict with the specified templates" in impact.rows[0].reason
    assert impact.rows[0].problems[0].path == "#/interfaces/0/name"


async def test_impact_of_what_a_device_would_have_of_its_own(office: Office) -> None:
    await office.template("required", described("required"), required=True)
    chosen = await office.template("chosen", described("chosen"))
    device = office.device()  # without a configuration: it gets its defaults with the first edit
    edit = DeviceEdit(device, templates=[chosen.row.id], context={"x": 1})
    impact = await office.shelf.impact(edit)
    assert impact.count()["change"] == 1
    assert "chosen" in impact.differences[0].text
    await office.shelf.devices.set_templates(device, ["chosen"])
    assert await office.names(device) == ["required", "chosen"]
    assert (await office.shelf.impact(edit)).count()["same"] == 1
