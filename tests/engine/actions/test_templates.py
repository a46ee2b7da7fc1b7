"""Templates are given and taken by a plan, under OpenWISP's rules and in its words."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from owtui.engine.jobs.plan import Verdict
from owtui.errors import BlockedError, InputError
from storage import configs, devices
from storage.packed import Box
from tests.engine.actions.shelf import (
    banner,
    configure,
    do,
    group,
    names,
    organization,
    plan,
    template,
    write,
)
from tests.engine.jobs.twins import House

FOREIGN = (
    "The following templates are owned by organizations which do not match the organization of"
    " this configuration: theirs"
)


async def test_templates_come_behind_those_that_are_there(house: House) -> None:
    template(house, "base", required=True)
    template(house, "usual", default=True)
    template(house, "b second")
    template(house, "a third")
    made = await plan(house, "assign_templates", templates="b second, a third")
    assert {row.verdict for row in made.rows} == {Verdict.CHANGE}
    assert made.rows[0].reason == "It gets its first configuration."
    assert made.rows[0].diff.splitlines()[:4] == [
        "+template base",
        "+template usual",
        "+template b second",
        "+template a third",
    ]
    await do(house, "assign_templates", templates="b second, a third")
    assert names(house) == ["base", "usual", "b second", "a third"]
    template(house, "fourth")
    made = await plan(house, "assign_templates", templates="fourth,base")
    assert made.rows[0].diff == "+template fourth\n/etc/fourth  (new file)\n+   fourth"
    assert made.rows[0].reason == ""


async def test_what_is_there_already_is_no_change(house: House) -> None:
    template(house, "base")
    await do(house, "assign_templates", templates="base")
    made = await plan(house, "assign_templates", templates="base")
    assert {(row.verdict, row.reason) for row in made.rows} == {
        (Verdict.SAME, "has these templates already")
    }


async def test_a_template_of_another_organization_is_refused_in_openwisp_s_words(
    house: House,
) -> None:
    template(house, "shared")
    template(house, "theirs", organization_id=organization(house, "other"))
    made = await plan(house, "assign_templates", templates="shared,theirs")
    assert {(row.verdict, row.reason) for row in made.rows} == {(Verdict.BLOCKED, FOREIGN)}


async def test_of_two_templates_of_one_name_each_organization_gets_its_own(house: House) -> None:
    mine = house.rows[0].organization_id
    other = organization(house, "other")
    template(house, "radio", banner("mine"), organization_id=mine)
    template(house, "radio", banner("theirs"), organization_id=other)

    def move(session: Session, box: Box) -> None:
        devices.update(session, house.rows[2].id, organization_id=other)

    write(house, move)
    made = await plan(house, "assign_templates", templates="radio")
    diffs = {row.device: row.diff.splitlines()[-1] for row in made.rows}
    assert diffs == {"ap-000": "+   mine", "ap-001": "+   mine", "ap-002": "+   theirs"}


async def test_a_template_for_another_backend_is_refused(house: House) -> None:
    template(house, "old", {"general": {}}, backend="netjsonconfig.OpenWisp")
    made = await plan(house, "assign_templates", templates="old")
    assert {(row.verdict, row.reason) for row in made.rows} == {
        (Verdict.BLOCKED, "old: made for another backend than netjsonconfig.OpenWrt.")
    }


async def test_templates_that_do_not_go_together_are_refused(house: House) -> None:
    template(house, "list", {"custom": []}, default=True)
    template(house, "object", {"custom": {}})
    template(house, "radio", {"radios": [{"name": "radio0", "channel": "{{ channel }}"}]})
    made = await plan(house, "assign_templates", templates="object")
    assert {row.verdict for row in made.rows} == {Verdict.BLOCKED}
    assert made.rows[0].reason == "Incompatible type for 'custom': expected list, got dict."
    made = await plan(house, "assign_templates", templates="radio")
    assert {row.verdict for row in made.rows} == {Verdict.BLOCKED}
    assert made.rows[0].reason.startswith(
        "There is a conflict with the specified templates. Invalid configuration triggered by"
        ' "#/radios/0'
    )
    with pytest.raises(InputError, match="Nothing would change"):
        await house.jobs.submit(made)


async def test_what_cannot_be_rendered_anyhow_stands_in_nobody_s_way(house: House) -> None:
    template(house, "base")
    template(house, "more")
    configure(house, config={"radios": [{"name": "radio0"}]})
    await do(house, "assign_templates", templates="base,more")
    assert names(house) == ["base", "more"]
    made = await plan(house, "unassign_templates", templates="base")
    assert made.rows[0].verdict is Verdict.CHANGE
    assert made.rows[0].reason.startswith("It cannot be rendered, as before: ")
    configure(house, config={})
    made = await plan(house, "unassign_templates", templates="base")
    assert made.rows[0].reason == ""


async def test_a_secret_is_in_no_plan(house: House) -> None:
    wifi = {
        "name": "wlan0",
        "type": "wireless",
        "wireless": {
            "radio": "radio0",
            "mode": "access_point",
            "ssid": "lobby",
            "encryption": {"protocol": "wpa2_personal", "key": "hush-hush-1"},
        },
    }
    template(house, "wifi", {"interfaces": [wifi]})
    made = await plan(house, "assign_templates", templates="wifi")
    assert "ssid 'lobby'" in made.rows[0].diff and "hush" not in made.to_json()
    await house.jobs.submit(made)
    short = {**wifi, "wireless": {"encryption": {"key": "hush"}}}
    template(house, "short", {"interfaces": [short]})
    made = await plan(house, "assign_templates", templates="short")
    assert made.rows[0].verdict is Verdict.BLOCKED and "hush" not in made.to_json()


async def test_a_plan_is_out_of_date_when_only_a_secret_moved(house: House) -> None:
    def held(key: str) -> dict[str, object]:
        return {"custom": [{"config_name": "a", "config_value": "b", "password": key}]}

    template(house, "base", held("one-secret"))
    made = await plan(house, "assign_templates", templates="base")
    configure(house, config=held("another-one"))
    with pytest.raises(BlockedError, match=r"out of date: ap-000 has changed"):
        await house.jobs.submit(made)


@pytest.mark.parametrize(
    ("templates", "sentence"),
    [
        ("", "No template is named."),
        (" , ", "No template is named."),
        ("bsae", "There is no template “bsae”."),
        ('["a"', "This is no JSON list"),
        ("[1]", "This is no list of names."),
    ],
)
async def test_names_that_are_none_are_told(house: House, templates: str, sentence: str) -> None:
    template(house, "base")
    for action in ("assign_templates", "unassign_templates"):
        with pytest.raises(InputError, match=sentence) as refused:
            await plan(house, action, templates=templates)
        assert templates != "bsae" or refused.value.hint == "Did you mean base?"


async def test_a_name_with_a_comma_is_given_in_a_list(house: House) -> None:
    template(house, "north, upper")
    await do(house, "assign_templates", templates='["north, upper"]')
    assert names(house) == ["north, upper"]


async def test_a_device_out_of_service_is_left_alone(house: House) -> None:
    template(house, "base")
    await do(house, "deactivate")
    for action in ("assign_templates", "unassign_templates"):
        made = await plan(house, action, templates="base")
        assert (made.rows[0].verdict, made.rows[0].reason) == (
            Verdict.BLOCKED,
            "Device is deactivated.",
        )


async def test_templates_are_taken_off_but_for_required_ones(house: House) -> None:
    template(house, "base", required=True)
    template(house, "usual", default=True)
    template(house, "extra")
    await do(house, "assign_templates", templates="extra")
    made = await plan(house, "unassign_templates", templates="usual, base")
    assert {(row.verdict, row.reason) for row in made.rows} == {
        (
            Verdict.BLOCKED,
            "Required templates cannot be removed from the configuration: base.",
        )
    }
    made = await plan(house, "unassign_templates", templates="usual")
    assert made.rows[0].diff == "-template usual\n/etc/usual  (deleted)\n-   usual"
    await do(house, "unassign_templates", templates="usual")
    assert names(house) == ["base", "extra"]
    made = await plan(house, "unassign_templates", templates="usual")
    assert {(row.verdict, row.reason) for row in made.rows} == {
        (Verdict.SAME, "has none of these templates")
    }


async def test_a_device_without_a_configuration_has_nothing_to_lose(house: House) -> None:
    template(house, "usual", default=True)
    made = await plan(house, "unassign_templates", templates="usual")
    assert {row.verdict for row in made.rows} == {Verdict.SAME}
    assert house.means.database.read(lambda s: configs.find(s, house.rows[0].id)) is None


async def test_a_group_brings_its_templates_and_variables_and_takes_the_old_ones(
    house: House,
) -> None:
    roof, yard = template(house, "roof"), template(house, "yard")
    both = template(house, "hello", {"files": [{**banner("x")["files"][0], "contents": "{{ a }}"}]})
    group(house, "roofs", roof, both, a="from the roof")
    group(house, "yards", both, yard, a="from the yard")
    made = await plan(house, "set_group", group="roofs")
    assert made.rows[0].reason == "It gets its first configuration."
    assert made.rows[0].diff.splitlines()[:3] == [
        "+group roofs",
        "+template roof",
        "+template hello",
    ]
    await do(house, "set_group", group="roofs")
    assert names(house) == ["roof", "hello"]
    made = await plan(house, "set_group", group="yards")
    assert made.rows[0].diff == (
        "-group roofs\n+group yards\n-template roof\n+template yard\n"
        "/etc/roof  (deleted)\n-   roof\n/etc/x\n-   from the roof\n+   from the yard\n"
        "/etc/yard  (new file)\n+   yard"
    )
    await do(house, "set_group", group="yards")
    assert names(house) == ["hello", "yard"]
    await do(house, "set_group", group="")
    assert names(house) == []


async def test_a_group_that_would_break_a_configuration_is_refused(house: House) -> None:
    group(house, "roofs", template(house, "object", {"custom": {}}))
    configure(house, config={"custom": []})
    made = await plan(house, "set_group", group="roofs")
    assert [row.verdict for row in made.rows] == [
        Verdict.BLOCKED,
        Verdict.CHANGE,
        Verdict.CHANGE,
    ]
    assert made.rows[0].reason == "Incompatible type for 'custom': expected dict, got list."


async def test_another_organization_keeps_shared_templates_and_brings_its_own(
    house: House,
) -> None:
    other = organization(house, "other")
    template(house, "shared")
    template(house, "ours", organization_id=house.rows[0].organization_id)
    template(house, "theirs", organization_id=other, required=True)
    await do(house, "assign_templates", templates="ours,shared")
    made = await plan(house, "set_organization", organization="other")
    lines = made.rows[0].diff.splitlines()
    assert lines[:4] == [
        "-organization default",
        "+organization other",
        "-template ours",
        "+template theirs",
    ]
    assert "/etc/ours  (deleted)" in lines
    await do(house, "set_organization", organization="other")
    assert names(house) == ["theirs", "shared"]


async def test_a_group_without_templates_makes_no_configuration(house: House) -> None:
    template(house, "usual", default=True)
    group(house, "roofs")
    made = await plan(house, "set_group", group="roofs")
    assert {(row.diff, row.reason) for row in made.rows} == {("+group roofs", "")}
    await do(house, "set_group", group="roofs")
    assert house.means.database.read(lambda s: configs.find(s, house.rows[0].id)) is None
