"""control.md §19.1: the order of templates, and required ones that cannot be taken off."""

from __future__ import annotations

import pytest

from owtui.engine.configs.library import LEGACY
from storage.errors import RuleError
from tests.engine.configs.office import Office


async def test_templates_stand_required_first_then_default_each_by_name(
    any_office: Office,
) -> None:
    office = any_office
    await office.template("default4", default=True)
    await office.template("required2", required=True)
    await office.template("required1", required=True)
    await office.template("default3", default=True)
    device = await office.configured()
    assert await office.names(device) == ["required1", "required2", "default3", "default4"]


async def test_a_required_template_is_a_default_one_whatever_is_said(office: Office) -> None:
    await office.template("required1", required=True)
    changed = await office.shelf.templates.change("required1", default=False)
    assert changed.row.default


async def test_a_required_template_stays(any_office: Office) -> None:
    office = any_office
    for name in ("required2", "required1"):
        await office.template(name, required=True)
    await office.template("t5")
    device = await office.configured()
    with pytest.raises(
        RuleError, match="Required templates cannot be removed from the configuration"
    ):
        await office.shelf.devices.take_templates(device, ["required1"])
    text = await office.shelf.devices.set_templates(device, ["t5"])
    assert [one.name for one in text.templates] == ["required1", "required2", "t5"]
    assert [one.origin for one in text.templates] == ["required", "required", "chosen"]


async def test_another_backend_requires_nothing_of_this_one(office: Office) -> None:
    for name in ("required2", "required1"):
        await office.template(name, required=True)
    device = await office.configured()
    await office.shelf.devices.set_backend(device, LEGACY)
    await office.shelf.devices.take_templates(device, ["required1"])
    assert await office.names(device) == ["required2"]
    await office.shelf.devices.set_templates(device, [])
    assert await office.names(device) == []


async def test_what_becomes_default_or_required_later_goes_to_its_place(
    any_office: Office,
) -> None:
    """§17.2: OpenWISP puts it last, where it overrides all others."""
    office = any_office
    await office.template("b-required", required=True)
    await office.template("c-default", default=True)
    await office.template("chosen")
    device = await office.configured()
    await office.shelf.devices.add_templates(device, ["chosen"])
    await office.template("a-required", required=True)
    await office.template("a-default", default=True)
    await office.template("d-default", default=True)
    expected = ["a-required", "b-required", "a-default", "c-default", "d-default", "chosen"]
    assert await office.names(device) == expected
    await office.shelf.templates.change("chosen", required=True)
    assert (await office.names(device))[:3] == ["a-required", "b-required", "chosen"]


async def test_a_default_template_that_was_taken_off_comes_back_with_no_other_edit(
    office: Office,
) -> None:
    await office.template("a", default=True)
    device = await office.configured()
    await office.shelf.devices.take_templates(device, ["a"])
    await office.shelf.templates.change("a", notes="edited")
    assert await office.names(device) == []
