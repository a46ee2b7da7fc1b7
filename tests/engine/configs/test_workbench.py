"""Where texts are edited: opened without secrets, looked at, weighed on all devices, saved."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from owtui.engine.configs import workbench
from owtui.engine.configs.sheet import Look, Sheet
from owtui.engine.configs.source import parse
from owtui.engine.engine import Engine
from owtui.errors import InputError
from storage.errors import StaleError
from tests.engine.configs.office import Office

KEY = "hush-hush-hush"
WIFI: dict[str, Any] = {
    "radios": [
        {
            **{"name": "radio0", "phy": "phy0", "driver": "mac80211", "protocol": "802.11n"},
            **{"channel": 3, "channel_width": 20},
        }
    ],
    "interfaces": [
        {
            "name": "wlan0",
            "type": "wireless",
            "wireless": {
                "radio": "radio0",
                "mode": "access_point",
                "ssid": "{{ ssid }}",
                "encryption": {"protocol": "wpa2_personal", "cipher": "ccmp", "key": KEY},
            },
        }
    ],
}


def bench_of(office: Office) -> Engine:
    """As much of an engine as the workbench asks for."""
    return cast(Engine, SimpleNamespace(configs=office.shelf, fleet=office.fleet))


async def wifi(office: Office, *devices: str) -> UUID:
    """The template with these devices; the last one has no ssid."""
    made = (await office.template("wifi", WIFI)).row.id
    for name in devices:
        device = await office.configured(name)
        await office.shelf.devices.set_templates(device, [made])
        if name != devices[-1]:
            await office.shelf.variables.set(name, {"ssid": f"net of {name}"})
    await office.fleet.load()
    return made


async def opened(office: Office, id_: UUID) -> Sheet:
    return await workbench.open_sheet(bench_of(office), "template", id_)


async def looked(office: Office, sheet: Sheet, text: str, device: UUID | None = None) -> Look:
    return await workbench.look(bench_of(office), sheet, text, "json", device)


def source_text(config: dict[str, Any]) -> str:
    return json.dumps(config, indent=2)


def edited(sheet: Sheet, before: str, after: str) -> str:
    assert before in sheet.text
    return sheet.text.replace(before, after, 1)


async def test_a_text_opens_without_secrets_for_its_devices_by_name(office: Office) -> None:
    sheet = await opened(office, await wifi(office, "ap-2", "ap-1"))
    rows = office.fleet.rows
    assert [rows[id_].name for id_ in sheet.devices] == ["ap-1", "ap-2"]
    assert KEY not in sheet.text and KEY not in repr(sheet)
    assert parse(sheet.text, "json").config is not None


async def test_a_look_tells_every_problem_at_its_line_and_what_it_renders_to(
    office: Office,
) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    look = await looked(office, sheet, sheet.text, sheet.devices[0])
    assert not look.blocks
    (unset,) = look.problems
    assert unset.sentence == "{{ ssid }} is not set for ap-2."
    assert sheet.text.split("\n")[unset.line - 1].strip().startswith('"ssid"')
    assert "option ssid 'net of ap-1'" in look.rendered
    assert KEY not in look.rendered and "option key '•••'" in look.rendered
    assert look.summary == "no change"
    values = {one.name: (one.shown, one.scope) for one in look.variables}
    assert values["ssid"] == ("net of ap-1", "device")


async def test_what_differs_is_shown_masked_and_counted(office: Office) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    text = edited(sheet, '"channel": 3', '"channel": 6').replace("•••01", "another-secret")
    look = await looked(office, sheet, text, sheet.devices[0])
    assert "+   option channel '6'" in look.diff
    assert "another-secret" not in look.diff and "(changed)" in look.diff
    assert look.summary == "1 file, +2 -2, reload: wifi"


@pytest.mark.parametrize(
    ("before", "after", "said", "line"),
    [
        ('"channel": 3', '"channel": "x"', "integer", '"channel"'),
        ('"channel": 3', '"channel": ', "no value", '"channel"'),
        ('"•••01"', '"•••99"', "stands for no secret", '"key"'),
        ('"type": "wireless"', '"type": "nothing"', "nothing", '"type"'),
    ],
)
async def test_what_cannot_be_saved_is_told_with_its_line(
    office: Office, before: str, after: str, said: str, line: str
) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    text = edited(sheet, before, after)
    look = await looked(office, sheet, text, sheet.devices[0])
    assert look.blocks
    errors = [one for one in look.problems if said in one.sentence]
    assert errors
    assert line in text.split("\n")[errors[0].line - 1]


async def test_a_conflict_with_other_templates_is_of_the_device_and_saves_all_the_same(
    office: Office,
) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    other = await office.template("other", {"mine": [{"config_name": "x", "config_value": "y"}]})
    device = sheet.devices[0]
    await office.shelf.devices.set_templates(device, [sheet.id, other.row.id])
    text = edited(sheet, '"radios": [', '"mine": {"x": 1},\n  "radios": [')
    look = await looked(office, await opened(office, sheet.id), text, device)
    assert not look.blocks
    assert any("On ap-1: Incompatible type" in one.sentence for one in look.problems)


async def test_a_device_that_does_not_use_it_is_previewed_with_it_last(office: Office) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    other = await office.configured("gw")
    await office.shelf.variables.set("gw", {"ssid": "of the gateway"})
    await office.fleet.load()
    look = await looked(office, sheet, sheet.text, other)
    assert "option ssid 'of the gateway'" in look.rendered
    assert "+   option ssid 'of the gateway'" in look.diff


async def test_saving_is_the_next_generation_with_the_secrets_put_back(office: Office) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    text = edited(sheet, '"channel": 3', '"channel": 6')
    saved = await workbench.save(bench_of(office), sheet, text, "json")
    assert (saved.generation, saved.text, saved.kept) == (2, text, sheet.kept)
    kept = await office.shelf.templates.get(sheet.id)
    assert kept.config["radios"][0]["channel"] == 6
    assert kept.config["interfaces"] == WIFI["interfaces"]
    with pytest.raises(StaleError):
        await workbench.save(bench_of(office), sheet, text, "json")


async def test_a_new_secret_is_hidden_once_it_is_saved(office: Office) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    text = edited(sheet, "•••01", "a-new-secret")
    saved = await workbench.save(bench_of(office), sheet, text, "json")
    assert "a-new-secret" not in saved.text and "•••01" in saved.text
    kept = await office.shelf.templates.get(sheet.id)
    assert kept.config["interfaces"][0]["wireless"]["encryption"]["key"] == "a-new-secret"


async def test_a_text_that_cannot_be_used_is_neither_saved_nor_weighed(office: Office) -> None:
    sheet = await opened(office, await wifi(office, "ap-1", "ap-2"))
    with pytest.raises(InputError, match="cannot be saved"):
        await workbench.save(bench_of(office), sheet, "{", "json")
    with pytest.raises(InputError, match="cannot be used yet"):
        await workbench.impact(bench_of(office), sheet, "{", "json")
    assert (await office.shelf.templates.get(sheet.id)).row.generation == 1


async def test_equal_changes_are_one_group_and_what_lacks_a_value_is_blocked(
    office: Office,
) -> None:
    names = [f"ap-{n:02}" for n in range(12)]
    sheet = await opened(office, await wifi(office, *names))
    own = sheet.devices[3]
    await office.shelf.devices.set_config(own, {"radios": [{"name": "radio0", "channel": 11}]})
    text = edited(sheet, '"channel": 3', '"channel": 6')
    impact = await workbench.impact(bench_of(office), sheet, text, "json")
    found = {one.verdict: one for one in impact.groups}
    assert {one.verdict for one in impact.groups} == {"change", "same", "blocked"}
    assert (found["change"].title, len(found["change"].devices)) == ("+1 -1", 10)
    assert found["same"].devices == ((own, "ap-03"),)
    assert found["blocked"].title == "missing ssid"
    assert impact.blocked_by == "missing ssid" and impact.total == 12


async def test_a_device_s_own_part_is_looked_at_and_saved_the_same_way(office: Office) -> None:
    await wifi(office, "ap-1", "ap-2")
    device = next(row.id for row in office.fleet.rows.values() if row.name == "ap-1")
    sheet = await workbench.open_sheet(bench_of(office), "device", device, "yaml")
    assert (sheet.text, sheet.devices) == ("{}\n", (device,))
    text = "radios:\n  - name: radio0\n    channel: 11\n"
    look = await workbench.look(bench_of(office), sheet, text, "yaml", device)
    assert not look.blocks or "radios" in look.problems[0].path
    saved = await workbench.save(bench_of(office), sheet, text, "yaml")
    assert saved.kind == "yaml" and saved.text == text
    own = await office.shelf.devices.get(device)
    assert own.config == {"radios": [{"name": "radio0", "channel": 11}]}


async def test_secrets_in_files_are_marks_too(office: Office) -> None:
    contents = "config x\n\toption password 'in-a-file'\n"
    config = {"files": [{"path": "/etc/x", "mode": "0644", "contents": contents}]}
    made = await office.template("files", config)
    sheet = await opened(office, made.row.id)
    assert "in-a-file" not in sheet.text
    saved = await workbench.save(bench_of(office), sheet, sheet.text, "json")
    assert saved.generation == 1  # nothing differs
    assert (await office.shelf.templates.get(made.row.id)).config == config


async def test_what_rendering_leaves_out_is_told_where_a_device_was_never_read(
    office: Office,
) -> None:
    config = {"files": [{"path": "/etc/config/system", "mode": "0600", "contents": "# x"}]}
    id_ = (await office.template("odd", config)).row.id
    device = await office.configured("ap-1")
    await office.shelf.devices.set_templates(device, [id_])
    await office.fleet.load()
    seen = await looked(office, await opened(office, id_), source_text(config), device)
    told = [one.sentence for one in seen.problems if "is among the files" in one.sentence]
    assert len(told) == 1
