"""Configurations in storage: edits, reports, outcomes that come late, generations, originals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from storage import (
    assigning,
    configs,
    devicelist,
    devices,
    generations,
    organizations,
    registration,
    service,
    templates,
    variables,
)
from storage.configs import Changes, Computed
from storage.core import CONFIG_GENERATION, CONFIG_ORIGINAL
from storage.db import Database
from storage.errors import MissingError, RuleError, StaleError
from storage.generations import Applied, Original
from storage.packed import Box
from storage.secrets import Secret, Vault
from storage.tables import Config, Organization
from storage.templates import By, Draft
from storage.variables import GLOBAL, Scope

T = TypeVar("T")
CANARY = "canary-7f3a"


@dataclass
class Room:
    database: Database
    vault: Vault

    def write(self, fn: Callable[[Session, Box], T]) -> T:
        return self.database.write(lambda s: fn(s, Box(s, self.vault)))

    def read(self, fn: Callable[[Session, Box], T]) -> T:
        return self.database.read(lambda s: fn(s, Box(s, self.vault)))

    def device(self, name: str = "ap-1") -> UUID:
        return self.write(lambda s, box: devices.create(s, name).id)

    def edit(self, device: UUID, *, expected: int | None = None, **changes: object) -> Config:
        wanted = Changes(**changes)  # type: ignore[arg-type]
        return self.write(lambda s, box: configs.edit(s, box, device, wanted, expected=expected))

    def get(self, device: UUID) -> Config:
        return self.read(lambda s, box: configs.get(s, device))

    def settle(self, *outcomes: Computed) -> list[UUID]:
        return self.write(lambda s, box: configs.settle(s, box, outcomes))

    def computed(self, device: UUID, checksum: str) -> Computed:
        """An outcome of the configuration as it is now."""
        config = self.get(device)
        return Computed(config.id, config.changes, "i", checksum, checksum.encode())


@pytest.fixture
def room(database: Database, vault: Vault) -> Room:
    return Room(database, vault)


def test_a_device_gets_a_configuration_when_it_is_first_written(room: Room) -> None:
    device = room.device()
    with pytest.raises(MissingError, match="The device has no configuration"):
        room.get(device)
    made = room.edit(device, context={"wifi_key": CANARY}, expected=0)
    assert (made.generation, made.status, made.own) == (1, "modified", False)
    assert made.sealed is not None and CANARY.encode() not in made.sealed
    kept = room.read(lambda s, box: configs.content(box, configs.get(s, device)))
    assert kept.context == {"wifi_key": CANARY}
    assert CANARY not in repr(kept)
    assert room.edit(device, config={"general": {}}).own
    with pytest.raises(StaleError, match="The configuration of ap-1 was changed meanwhile"):
        room.edit(device, merge=False, expected=1)


@pytest.mark.parametrize("name", ["no way", "../x", "/etc/../x", "a/b"])
def test_what_is_unmanaged_is_a_package_or_a_path(room: Room, name: str) -> None:
    device = room.device()
    fine = ["network", "system.@led", "network.loopback", "/etc/banner", "network"]
    assert room.edit(device, unmanaged=fine).unmanaged == sorted(set(fine))
    with pytest.raises(RuleError, match="neither a UCI package nor a path"):
        room.edit(device, unmanaged=[name])


def test_an_outcome_that_comes_late_is_left_out(room: Room) -> None:
    device = room.device()
    room.edit(device, config={"general": {}})
    late = room.computed(device, "a" * 32)
    room.edit(device, config={"general": {"x": "y"}})
    assert room.settle(late) == []
    assert room.get(device).checksum == ""
    assert room.read(lambda s, box: configs.out_of_date(s)) == [device]
    assert room.settle(room.computed(device, "b" * 32)) == []  # the first one is not told
    assert room.get(device).checksum == "b" * 32
    assert room.read(lambda s, box: configs.out_of_date(s)) == []


def test_the_bytes_that_the_checksum_is_of_are_kept(room: Room) -> None:
    device = room.device()
    room.edit(device, config={"general": {}})
    room.settle(room.computed(device, "a" * 32))
    room.edit(device, config={"general": {"x": "y"}})
    assert room.settle(room.computed(device, "b" * 32)) == [device]
    kept = room.read(lambda s, box: configs.archive(s, box, configs.get(s, device)))
    assert kept == b"b" * 32


def test_what_cannot_be_rendered_keeps_the_last_that_could(room: Room) -> None:
    device = room.device()
    room.edit(device, config={"general": {}})
    room.settle(room.computed(device, "a" * 32))
    room.write(lambda s, box: configs.report(s, device, "applied"))
    room.edit(device, config={"general": {"x": "y"}})
    assert room.settle(room.computed(device, "")) == []
    config = room.get(device)
    assert (config.broken, config.checksum, config.status) == (True, "a" * 32, "applied")
    row = room.read(lambda s, box: devicelist.row(s, device))
    assert row.config_error == devicelist.BROKEN
    room.edit(device, config={"general": {}})
    room.settle(room.computed(device, "a" * 32))
    assert not room.get(device).broken


def test_a_report_of_something_else_is_not_taken_for_the_thing(room: Room) -> None:
    device = room.device()
    room.edit(device, config={"general": {}})
    room.settle(room.computed(device, "a" * 32))
    config = room.write(lambda s, box: configs.report(s, device, "applied", checksum="b" * 32))
    assert (config.status, config.applied_checksum) == ("modified", "b" * 32)
    config = room.write(lambda s, box: configs.report(s, device, "error", "x" * 2000))
    assert (config.status, len(config.error_reason)) == ("error", 1024)
    config = room.write(lambda s, box: configs.report(s, device, "applied", checksum="a" * 32))
    assert (config.status, config.error_reason) == ("applied", "")
    assert config.applied_at is not None
    with pytest.raises(RuleError, match="There is no status 'fine'"):
        room.write(lambda s, box: configs.report(s, device, "fine"))


def test_a_row_of_the_fleet_tells_of_its_configuration(room: Room) -> None:
    device = room.device()
    bare = room.read(lambda s, box: devicelist.row(s, device))
    assert (bare.config_status, bare.backend, bare.templates) == ("", "", ())

    def write(session: Session, box: Box) -> None:
        ids = [
            templates.create(session, box, Draft(name, {"general": {}}), By()).id
            for name in ("b", "a", "c d")
        ]
        assigning.add(session, configs.ensure(session, device), ids)

    room.write(write)
    row = room.read(lambda s, box: devicelist.row(s, device))
    assert (row.config_status, row.backend) == ("modified", "netjsonconfig.OpenWrt")
    assert row.templates == ("b", "a", "c d")


def test_a_group_with_templates_gives_its_devices_a_configuration(room: Room) -> None:
    def write(session: Session, box: Box) -> tuple[UUID, UUID]:
        owner = organizations.default(session).id
        ids = [
            templates.create(session, box, Draft(name, {"general": {}}), By()).id
            for name in ("one", "two")
        ]
        groups = [organizations.create_group(session, owner, name).id for name in ("a", "b")]
        for group, id_ in zip(groups, ids, strict=True):
            assigning.set_group(session, group, [id_])
        return groups[0], groups[1]

    first, second = room.write(write)
    device = room.write(lambda s, box: devices.create(s, "ap-1", group_id=first).id)
    later = room.device("ap-2")

    def listed(id_: UUID) -> tuple[str, ...]:
        return room.read(lambda s, box: devicelist.row(s, id_)).templates

    assert listed(device) == ("one",)
    room.write(lambda s, box: devices.update(s, later, group_id=second))
    assert listed(later) == ("two",)
    room.write(lambda s, box: devices.update(s, device, group_id=second))
    assert listed(device) == ("two",)
    room.write(lambda s, box: organizations.remove_group(s, second))
    assert listed(device) == ()
    room.write(lambda s, box: service.deactivate(s, device))  # there is nothing to send
    assert room.get(device).status == "deactivated"


def test_generations_are_numbered_and_the_oldest_go(room: Room) -> None:
    device, job = room.device(), uuid4()

    def add(n: int, job_id: UUID | None = None) -> int:
        applied = Applied(f"{n:032}", CANARY.encode() * 50, {"config": {"key": CANARY}})
        return room.write(
            lambda s, box: generations.add(s, box, device, applied, job_id=job_id, keep=3)
        ).number

    assert [add(n) for n in range(1, 6)] == [1, 2, 3, 4, 5]
    assert [row.number for row in room.read(lambda s, box: generations.rows(s, device))] == [
        5,
        4,
        3,
    ]
    assert (add(9, job), add(9, job), add(8, job)) == (6, 6, 7)  # a step that was repeated
    kept = room.read(lambda s, box: generations.opened(box, generations.get(s, device, 6)))
    assert (kept.checksum, kept.source) == (f"{9:032}", {"config": {"key": CANARY}})
    assert kept.archive == CANARY.encode() * 50
    sealed = room.read(lambda s, box: s.execute(CONFIG_GENERATION.select()).all())
    assert not any(CANARY.encode() in row.sealed for row in sealed)
    with pytest.raises(MissingError, match="no generation 2"):
        room.read(lambda s, box: generations.get(s, device, 2))


def test_originals_are_kept_as_they_were_first_seen(room: Room) -> None:
    device = room.device()
    first = {"/etc/a": Original("/etc/a", b"\xff", 0o600), "/etc/b": Original("/etc/b", None)}
    room.write(lambda s, box: generations.keep_originals(s, box, device, first))
    later = {"/etc/a": Original("/etc/a", b"ours"), "/etc/c": Original("/etc/c", b"c")}
    room.write(lambda s, box: generations.keep_originals(s, box, device, later))
    known = room.read(lambda s, box: generations.originals(s, box, device))
    assert known == {**later, **first}
    room.write(lambda s, box: generations.drop_originals(s, device, ["/etc/a", "/etc/b"]))
    assert set(room.read(lambda s, box: generations.originals(s, box, device))) == {"/etc/c"}
    room.write(lambda s, box: service.remove(s, device, force=True))
    assert room.read(lambda s, box: s.execute(CONFIG_ORIGINAL.select()).all()) == []


def test_variables_go_with_their_owner_and_mark_what_uses_them(room: Room) -> None:
    def write(session: Session, box: Box) -> tuple[UUID, UUID]:
        owner = organizations.default(session).id
        return owner, organizations.create_group(session, owner, "roofs").id

    owner, group = room.write(write)
    device = room.write(lambda s, box: devices.create(s, "ap-1", group_id=group).id)
    room.edit(device, config={"general": {}})
    room.settle(room.computed(device, "a" * 32))
    scopes = (GLOBAL, Scope("organization", owner), Scope("group", group))
    for scope in scopes:
        changes = room.get(device).changes
        moved = room.write(
            lambda s, box, scope=scope: variables.change(s, box, scope, {"a": CANARY, "b": 1})
        )
        assert moved == {"a", "b"}
        assert room.get(device).changes > changes
        changes = room.get(device).changes
        again = room.write(
            lambda s, box, scope=scope: variables.change(s, box, scope, {"a": CANARY})
        )
        assert (again, room.get(device).changes) == (frozenset(), changes)
    found = room.read(lambda s, box: variables.everything(s, box))
    assert found.global_ == found.organizations[owner] == found.groups[group]
    room.write(lambda s, box: organizations.remove_group(s, group))
    assert room.read(lambda s, box: variables.everything(s, box)).groups == {}
    gone = room.write(lambda s, box: variables.change(s, box, GLOBAL, {}, ["a", "b"]))
    assert gone == {"a", "b"}
    assert room.read(lambda s, box: variables.get(s, box, GLOBAL)) == {}
    with pytest.raises(MissingError, match="no such group any more"):
        room.read(lambda s, box: variables.get(s, box, Scope("group", group)))


def test_shared_secrets_are_unique_and_found_by_what_is_shown(room: Room) -> None:
    one = room.write(lambda s, box: organizations.create(s, "one").id)
    two = room.write(lambda s, box: organizations.create(s, "two").id)
    assert room.read(lambda s, box: registration.shared_secret(s, room.vault, one)) is None
    made = room.write(lambda s, box: registration.ensure_secret(s, room.vault, one))
    assert len(made.reveal()) == 32
    assert room.write(lambda s, box: registration.ensure_secret(s, room.vault, one)) == made
    with pytest.raises(RuleError, match="Another organization has this shared secret"):
        room.write(lambda s, box: registration.set_secret(s, room.vault, two, made))
    with pytest.raises(RuleError, match="longer than 32 characters"):
        room.write(lambda s, box: registration.set_secret(s, room.vault, two, Secret("x" * 33)))

    def owner(secret: Secret) -> Organization | None:
        return room.read(lambda s, box: registration.by_secret(s, room.vault, secret))

    assert getattr(owner(made), "id", None) == one
    room.vault.rotate()  # the keyed hash is made anew with the key
    assert getattr(owner(made), "id", None) == one
    assert owner(Secret("guessed")) is None
    assert room.read(lambda s, box: registration.shared_secret(s, room.vault, one)) == made


def test_a_rotation_reseals_configurations_in_parts(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.secrets.CHUNK", 2)
    ids = [room.device(f"ap-{n}") for n in range(5)]
    for id_ in ids:
        room.edit(id_, context={"k": CANARY})
        room.settle(room.computed(id_, "a" * 32))
    before = [room.get(id_).sealed for id_ in ids]
    room.vault.rotate()
    assert not {room.get(id_).sealed for id_ in ids} & set(before)
    for id_ in ids:
        kept = room.read(lambda s, box, id_=id_: configs.content(box, configs.get(s, id_)))
        assert kept.context == {"k": CANARY}
