"""Variables of many devices at once; what is secret comes apart and is nowhere but sealed."""

from __future__ import annotations

from typing import Any

import pytest

from owtui.engine.jobs.plan import Plan, Verdict
from owtui.errors import BlockedError, InputError
from tests.engine.actions.shelf import configure, context, do, names, plan, template
from tests.engine.jobs.twins import House

HELLO = {"files": [{"path": "/etc/hello", "mode": "0644", "contents": "{{ hello }} {{ n }}\n"}]}
WIFI = {
    "radios": [],
    "interfaces": [
        {
            "name": "wlan0",
            "type": "wireless",
            "wireless": {
                "radio": "radio0",
                "mode": "access_point",
                "ssid": "{{ ssid }}",
                "encryption": {"protocol": "wpa2_personal", "key": "{{ wifi_key }}"},
            },
        }
    ],
}


async def test_variables_are_set_and_the_plan_shows_what_comes_of_them(house: House) -> None:
    template(house, "hello", HELLO, default=True)
    made = await plan(house, "set_variables", set="hello=Good day, n=2")
    assert made.rows[0].diff == (
        "+template hello\n+hello Good day\n+n 2\n/etc/hello\n"
        "-   {{ hello }} {{ n }}\n+   Good day 2"
    )
    await do(house, "set_variables", set="hello=Good day, n=2")
    assert context(house) == {"hello": "Good day", "n": 2} and names(house) == ["hello"]
    made = await plan(house, "set_variables", set="hello=Bye other=1", unset="n")
    assert made.rows[0].diff == (
        "-hello Good day\n+hello Bye\n-n 2\n+other 1\n/etc/hello\n-   Good day 2\n+   Bye {{ n }}"
    )
    assert made.rows[0].reason == "Not used by its configuration: other."
    await do(house, "set_variables", set="hello=Bye other=1", unset="n")
    assert context(house, 2) == {"hello": "Bye", "other": 1}
    made = await plan(house, "set_variables", set="hello=Bye", unset="n")
    assert {row.verdict for row in made.rows} == {Verdict.SAME}


async def test_values_may_be_any_json(house: House) -> None:
    await do(house, "set_variables", set='{"dns": ["1.1.1.1"], "deep": {"a": null}, "t": "1\\n2"}')
    assert context(house) == {"dns": ["1.1.1.1"], "deep": {"a": None}, "t": "1\n2"}
    made = await plan(house, "set_variables", unset="dns deep t")
    assert made.rows[0].diff == '-deep {"a": null}\n-dns ["1.1.1.1"]\n-t "1\\n2"'


async def test_a_secret_is_given_apart_and_is_in_no_plan(house: House) -> None:
    template(house, "wifi", WIFI, default=True)
    with pytest.raises(InputError, match="wifi_key is a secret by its name") as refused:
        await plan(house, "set_variables", set="wifi_key=hush-hush-1")
    assert "hush" not in refused.value.sentence + refused.value.hint
    made = await plan(house, "set_variables", set="ssid=lobby", secrets="wifi_key")
    assert made.secrets == ("secret",)
    assert "+wifi_key ••• (to be given)" in made.rows[0].diff
    with pytest.raises(InputError, match="Secret value is missing"):
        await house.jobs.submit(made)
    assert context(house) == {}
    job = await house.jobs.submit(made, {"secret": "hush-hush-1"})
    assert context(house) == {"ssid": "lobby", "wifi_key": "hush-hush-1"}
    told = str(await house.jobs.report(job.id)) + made.to_json()
    assert "hush" not in told
    again = await plan(house, "set_variables", set="ssid=attic")
    assert "hush" not in again.to_json() and again.secrets == ()


async def test_several_secrets_are_an_object(house: House) -> None:
    await do(house, "set_variables", '{"a_key": "one 1", "b_key": "{two"}', secrets="a_key, b_key")
    assert context(house) == {"a_key": "one 1", "b_key": "{two"}
    made = await plan(house, "set_variables", secrets="a_key b_key")
    assert made.rows[0].diff.splitlines()[:2] == ["-a_key •••", "+a_key ••• (to be given)"]
    for wrong in ("hush", '{"a_key": "hush"}', "{hush", '{"a_key": "hush", "c_key": "hush"}'):
        with pytest.raises(InputError) as refused:
            await house.jobs.submit(made, {"secret": wrong})
        assert "hush" not in refused.value.sentence + refused.value.hint
    assert context(house) == {"a_key": "one 1", "b_key": "{two"}


async def test_a_secret_that_does_not_fit_writes_nothing_at_all(house: House) -> None:
    template(house, "wifi", WIFI, default=True)
    made = await plan(house, "set_variables", set="ssid=lobby", secrets="wifi_key")
    with pytest.raises(InputError, match="ap-000: There is a conflict") as refused:
        await house.jobs.submit(made, {"secret": "hush"})
    assert "'hush'" not in refused.value.sentence
    assert [context(house, at) for at in range(3)] == [{}, {}, {}]
    assert (await house.jobs.recent()) == []


async def test_a_value_that_breaks_a_configuration_is_refused(house: House) -> None:
    configure(house, config={"interfaces": [{"name": "{{ n }}", "type": "ethernet"}]}, context={})
    made = await plan(house, "set_variables", set="n=far-too-long-for-an-interface")
    assert [row.verdict for row in made.rows] == [
        Verdict.BLOCKED,
        Verdict.CHANGE,
        Verdict.CHANGE,
    ]
    assert "#/interfaces/0/name" in made.rows[0].reason


async def test_a_plan_is_out_of_date_when_the_variables_moved(house: House) -> None:
    await do(house, "set_variables", set="a=1")
    made = await plan(house, "set_variables", set="a=2")
    configure(house, at=1, context={"a": 1, "b_key": "moved"})
    with pytest.raises(BlockedError, match=r"out of date: ap-001 has changed"):
        await house.jobs.submit(made)


async def test_a_device_out_of_service_is_left_alone(house: House) -> None:
    await do(house, "deactivate")
    made = await plan(house, "set_variables", set="a=1")
    assert {(row.verdict, row.reason) for row in made.rows} == {
        (Verdict.BLOCKED, "Device is deactivated.")
    }


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({}, "No variable is given."),
        ({"set": "lobby"}, "“lobby” is no name=value."),
        ({"set": "a-b=1"}, "'a-b' cannot be the name of a variable."),
        ({"unset": "a-b"}, "'a-b' cannot be the name of a variable."),
        ({"set": "a=1", "unset": "a"}, "a is given twice."),
        ({"set": "a=1", "secrets": "a"}, "a is given twice."),
        ({"set": "root_password=x"}, "root_password is a secret by its name"),
    ],
)
async def test_what_makes_no_sense_is_told(
    house: House, params: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        await plan(house, "set_variables", **params)


async def test_a_secret_that_nobody_asked_for_is_told(house: House) -> None:
    made: Plan = await plan(house, "set_variables", set="a=1")
    with pytest.raises(InputError, match="Secret value is given and nothing asks for it"):
        await house.jobs.submit(made, {"secret": "hush"})
