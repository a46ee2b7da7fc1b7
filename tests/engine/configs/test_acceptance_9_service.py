"""control.md §19.9: out of service and back, as devices and operators see it."""

from __future__ import annotations

from uuid import UUID

import pytest

from owtui.engine.configs import archive
from owtui.engine.configs.controller import Answer
from storage import devices, service
from storage.errors import RuleError
from tests.engine.configs.office import Office


async def ready(office: Office) -> UUID:
    """A device with a required, a default and a group template and a part of its own; applied."""
    await office.template("required", required=True)
    await office.template("default", default=True)
    await office.template("of-group")
    group = office.group("roofs")
    await office.shelf.groups.set_templates("roofs", ["of-group"])
    device = await office.configured("ap-1", group_id=group, management_ip="10.0.0.2")
    await office.shelf.devices.set_config(device, {"general": {"timezone": "UTC"}})
    assert (await office.applied(device)).status == "applied"
    return device


async def agent(office: Office, ask: str, device: UUID, **form: str) -> Answer:
    given = {"key": office.database.read(lambda s: devices.get(s, device)).key, **form}
    controller = office.shelf.controller
    if ask == "checksum":
        return await controller.checksum(str(device), given, "10.0.0.2")
    if ask == "download":
        return await controller.download(str(device), given)
    if ask == "report":
        return await controller.report_status(str(device), given)
    return await controller.update_info(str(device), given)


async def test_a_device_leaves_and_comes_back(any_office: Office) -> None:
    office = any_office
    device = await ready(office)
    full = (await office.shelf.devices.get(device)).checksum
    await office.deactivate(device)
    text = await office.shelf.devices.get(device)
    assert (text.status, text.config, text.templates) == ("deactivating", {}, ())
    assert text.checksum != full
    assert office.database.read(lambda s: devices.get(s, device)).management_ip == "10.0.0.2"

    # It may fetch the empty configuration, and say whatever it wants of it.
    told = await agent(office, "checksum", device, management_ip="10.0.0.2")
    assert told.text == text.checksum
    assert archive.checksum((await agent(office, "download", device)).body) == text.checksum
    assert (await agent(office, "update", device, os="x")).status == 403
    answer = await agent(office, "report", device, status="error")
    assert answer.text == "report-result: success\ncurrent-status: deactivated\n"
    assert await office.status(device) == "deactivated"
    assert office.database.read(lambda s: devices.get(s, device)).management_ip is None
    for ask in ("checksum", "download", "report"):
        assert (await agent(office, ask, device, status="applied")).status == 404

    await office.activate(device)
    text = await office.shelf.devices.get(device)
    assert text.status == "modified"
    assert [one.name for one in text.templates] == ["required", "default", "of-group"]
    assert text.config == {"general": {"timezone": "UTC"}}  # OpenWISP would have forgotten it
    assert text.checksum == full


async def test_an_empty_configuration_needs_nothing_sent(office: Office) -> None:
    device = await office.configured("ap-1", management_ip="10.0.0.2")
    await office.deactivate(device)
    assert await office.status(device) == "deactivated"
    assert office.database.read(lambda s: devices.get(s, device)).management_ip is None
    await office.activate(device)
    assert await office.status(device) == "applied"


async def test_a_device_without_configuration_is_deactivated_at_once(office: Office) -> None:
    device = office.device("ap-1", management_ip="10.0.0.2")
    await office.deactivate(device)
    found = office.database.read(lambda s: devices.get(s, device))
    assert (found.is_deactivated, found.management_ip) == (True, None)
    office.database.write(lambda s: service.remove(s, device))


async def test_a_device_is_removed_only_when_it_is_fully_out_of_service(office: Office) -> None:
    device = await ready(office)
    sentence = "The device must be deactivated prior to deletion."
    with pytest.raises(RuleError, match=sentence) as active:
        office.database.write(lambda s: service.remove(s, device))
    assert "Deactivate ap-1 first" in active.value.hint
    await office.deactivate(device)
    with pytest.raises(RuleError, match=sentence) as leaving:
        office.database.write(lambda s: service.remove(s, device))
    assert "has not got the empty configuration yet" in leaving.value.hint
    office.database.write(lambda s: service.remove(s, device, force=True))
    await office.fleet.load()
    assert not office.fleet.rows


async def test_what_is_deactivated_is_left_alone(office: Office) -> None:
    device = await ready(office)
    await office.deactivate(device)
    await office.template("another", default=True)
    await office.shelf.groups.set_templates("roofs", [])
    assert await office.names(device) == []
    for change in (
        office.shelf.devices.set_config(device, {"general": {}}),
        office.shelf.devices.add_templates(device, ["another"]),
        office.shelf.variables.set("ap-1", {"x": "1"}),
    ):
        with pytest.raises(RuleError, match="is deactivated and cannot be changed"):
            await change
    assert (await office.shelf.devices.get(device)).status == "deactivating"


async def test_what_was_activated_in_time_is_not_taken_for_applied(office: Office) -> None:
    """The device still runs what it had: nobody has seen it with nothing."""
    device = await office.configured()
    await office.shelf.devices.set_config(device, {"general": {"timezone": "UTC"}})
    await office.applied(device)
    await office.deactivate(device)
    await office.activate(device)
    assert await office.status(device) == "modified"
