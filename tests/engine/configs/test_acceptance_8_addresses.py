"""control.md §19.8: what is learned of addresses when agents ask for their checksum."""

from __future__ import annotations

from uuid import UUID

import pytest

from storage import devices
from storage.tables import Device
from tests.engine.configs.office import Office


async def ask(office: Office, device_id: UUID, remote: str, **form: str) -> Device:
    """A device asks for its checksum; what is known of it afterwards."""
    known = office.database.read(lambda s: devices.get(s, device_id))
    given = {"key": known.key, **form}
    answer = await office.shelf.controller.checksum(str(device_id), given, remote)
    assert (answer.status, len(answer.text)) == (200, 32)
    return office.database.read(lambda s: devices.get(s, device_id))


async def pair(office: Office) -> tuple[UUID, UUID]:
    for name in ("org1", "org2"):
        office.organization(name)
    return await office.configured("d1", "org1"), await office.configured("d2", "org2")


@pytest.mark.parametrize(("shared", "left"), [(True, None), (False, "192.168.1.99")])
async def test_a_management_address_belongs_to_who_told_it_last(
    any_office: Office, shared: bool, left: str | None
) -> None:
    office = any_office
    office.database.shared_addresses = shared
    d1, d2 = await pair(office)
    await ask(office, d1, "10.0.0.1", management_ip="192.168.1.99")
    second = await ask(office, d2, "10.0.0.2", management_ip="192.168.1.99")
    assert second.management_ip == "192.168.1.99"
    assert office.database.read(lambda s: devices.get(s, d1)).management_ip == left


@pytest.mark.parametrize(("remote", "left"), [("84.32.46.153", "84.32.46.153"), ("10.0.0.5", None)])
async def test_a_public_address_may_be_that_of_many(
    office: Office, remote: str, left: str | None
) -> None:
    d1, d2 = await pair(office)
    await ask(office, d1, remote)
    assert (await ask(office, d2, remote)).last_ip == remote
    assert office.database.read(lambda s: devices.get(s, d1)).last_ip == left


async def test_a_management_address_that_is_no_longer_told_is_forgotten(office: Office) -> None:
    d1, _ = await pair(office)
    office.database.write(lambda s: devices.update(s, d1, address="ap.example").id)
    await ask(office, d1, "10.0.0.1", management_ip="192.168.1.99")
    found = await ask(office, d1, "10.0.0.1")
    assert (found.management_ip, found.address) == (None, "ap.example")  # the operator's stays


@pytest.mark.parametrize(
    ("device", "form", "status", "text"),
    [
        ("known", {}, 400, 'error: missing required parameter "key"'),
        ("known", {"key": "other"}, 403, "error: wrong key"),
        ("nonsense", {"key": "x"}, 404, "error: not found"),
        ("f3ca1a9a-0c55-4a6f-9d55-7b0e3c9ab001", {"key": "x"}, 404, "error: not found"),
        ("bare", {"key": "x"}, 404, "error: not found"),
    ],
)
async def test_who_does_not_show_its_key_learns_nothing(
    office: Office, device: str, form: dict[str, str], status: int, text: str
) -> None:
    known = {"known": str(await office.configured()), "bare": str(office.device("bare"))}
    answer = await office.shelf.controller.checksum(known.get(device, device), form, "10.0.0.1")
    assert (answer.status, answer.text) == (status, text)


async def test_an_address_that_is_none_is_refused(office: Office) -> None:
    device = await office.configured()
    key = office.database.read(lambda s: devices.get(s, device)).key
    form = {"key": key, "management_ip": "over there"}
    answer = await office.shelf.controller.checksum(str(device), form, "10.0.0.1")
    assert answer.status == 400
