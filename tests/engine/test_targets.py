"""From a device's id to what a transport needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from owtui.engine.targets import Targets
from owtui.engine.transport.base import HostKeyPolicy
from owtui.settings import Settings
from storage import credentials, devices
from storage.db import Database
from storage.errors import MissingError
from storage.keys import Keys
from storage.logins import Draft
from storage.secrets import Secret, Vault


class Place:
    """A device with two addresses and a login."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.vault = Vault.open(database, Keys(folder / "master.key"))
        self.device = database.write(
            lambda s: devices.create(
                s, "ap", address="192.0.2.1", management_ip="198.51.100.1", last_ip="203.0.113.1"
            )
        )
        login = Draft("lab", username="admin", password=Secret("sesame"))
        kept = database.write(lambda s: credentials.create(s, self.vault, login))
        params = {"port": 2222, "jump": ["gate"], "http_tls": "off", "legacy_host_keys": True}
        database.write(lambda s: credentials.attach(s, self.device.id, kept.id, params=params))

    def targets(self, **values: bool | str) -> Targets:
        chosen = replace(Settings(), **values)  # type: ignore[arg-type]  # by name
        return Targets(self.database, lambda: self.vault, chosen)


@pytest.fixture
def place(sqlite_database: Database, tmp_path: Path) -> Place:
    return Place(sqlite_database, tmp_path)


async def test_a_target_has_addresses_in_order_and_logins_with_their_secrets(place: Place) -> None:
    target = await place.targets().resolve(place.device.id)
    assert (target.name, target.addresses[0]) == ("ap", "192.0.2.1")
    assert target.addresses == ("192.0.2.1", "198.51.100.1")
    wide = await place.targets(management_ip_only=False).resolve(place.device.id)
    assert wide.addresses == ("192.0.2.1", "198.51.100.1", "203.0.113.1")
    [login] = target.logins
    assert (login.username, login.port, login.jump) == ("admin", 2222, ("gate",))
    assert (login.http_tls, login.legacy_host_keys) == ("off", True)
    assert login.secret == Secret("sesame") and "sesame" not in repr(target)


async def test_a_first_host_key_waits_for_somebody_unless_the_settings_say_more(
    place: Place,
) -> None:
    assert place.targets().policy is HostKeyPolicy.ASK
    assert place.targets(host_keys="strict").policy is HostKeyPolicy.STRICT
    assert place.targets(host_keys="accept-new").policy is HostKeyPolicy.ACCEPT_NEW


async def test_a_jump_names_a_device_or_nothing_of_ours(place: Place) -> None:
    found = await place.targets().named("ap")
    assert found is not None and found.device_id == place.device.id
    assert await place.targets().named("somewhere.example") is None


async def test_a_device_that_is_gone_is_told(place: Place) -> None:
    with pytest.raises(MissingError):
        await place.targets().resolve(uuid4())
