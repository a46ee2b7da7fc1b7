"""What actions do to devices: the effect once, however often a step is repeated."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from owtui.engine.actions.install_key import PATH
from owtui.engine.jobs.uploads import forget_uploads, read_upload
from owtui.engine.transport.base import CommandResult
from owtui.errors import InputError, Kind, UnreachableError
from storage import audit, credentials
from storage.errors import MissingError
from storage.logins import Draft
from storage.tables import now
from tests.engine.actions.walk import walk
from tests.engine.jobs.twins import House

SOMEBODY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBD0hmJeZ5i4eYVnMtWTlZ2cD1x8lqlWx5tH3PvUS6Vu ada"
NEW = {"password": "a-new-password"}


def kept_passwords(house: House) -> list[list[str]]:
    """The passwords that we would log in with, by device."""
    means = house.means
    ids = [row.id for row in house.rows]
    kept = means.database.read(lambda session: credentials.logins(session, means.vault, ids))
    return [[one.password.reveal() for one in kept[id_] if one.password] for id_ in ids]


@pytest.mark.parametrize("repeat", [1, 3])
async def test_a_reboot_happens_once(house: House, repeat: int) -> None:
    (result,) = await walk(house, "reboot", {}, repeat=repeat)
    assert result.ok
    assert house.device(0).boots == 1
    assert result.step.startswith("back after 2")


async def test_a_device_that_does_not_come_back_is_told_with_the_deadline(house: House) -> None:
    house.device(0).away_s = 10_000
    (result,) = await walk(house, "reboot", {"wait_s": 60})
    assert result.error is not None
    assert result.error.kind is Kind.TIMEOUT
    assert result.error.sentence == (
        "ap-000 is not back 60 s after the reboot was asked for: ap-000 does not answer."
    )


async def test_a_device_that_came_back_while_the_engine_was_away_is_back(house: House) -> None:
    (result,) = await walk(house, "reboot", {}, away_s=900.0)
    assert result.error is None
    assert house.device(0).boots == 1


async def test_a_reboot_that_is_not_waited_for_says_so(house: House) -> None:
    (result,) = await walk(house, "reboot", {"wait_s": 0})
    assert result.step == "asked to reboot"


@pytest.mark.parametrize("repeat", [1, 3])
async def test_a_password_is_set_proven_and_then_kept(house: House, repeat: int) -> None:
    (result,) = await walk(house, "change_password", {}, NEW, repeat=repeat)
    assert (result.error, result.step) == (None, "password changed, stored login updated")
    device = house.device(0)
    assert (device.password, device.passwords_set) == ("a-new-password", 1)
    # The two others still have the old one, and are still logged in to with it.
    assert kept_passwords(house) == [["a-new-password"], ["secret-0"], ["secret-0"]]


async def test_a_password_that_was_set_when_the_connection_went_is_found_and_kept(
    house: House,
) -> None:
    house.device(0).cut = "after"
    (result,) = await walk(house, "change_password", {}, NEW)
    assert (result.error, house.device(0).passwords_set) == (None, 1)
    assert kept_passwords(house)[0] == ["a-new-password"]


async def test_a_connection_that_went_before_a_password_was_set_is_told_and_retried(
    house: House,
) -> None:
    device = house.device(0)
    device.cut = "before"
    (result,) = await walk(house, "change_password", {}, NEW)
    assert result.error is not None
    assert result.error.kind is Kind.LOST
    assert result.error.hint.startswith("It may have either password.")
    assert kept_passwords(house)[0] == ["secret-0"]
    device.cut = ""
    (again,) = await walk(house, "change_password", {}, NEW)
    assert (again.error, kept_passwords(house)[0]) == (None, ["a-new-password"])


async def test_devices_that_shared_a_login_share_the_new_one(house: House) -> None:
    await walk(house, "change_password", {}, NEW, devices=3)
    assert kept_passwords(house) == [["a-new-password"]] * 3
    names = {row.name for row in house.means.database.read(credentials.rows)}
    assert len(names) == 2


async def test_a_factory_device_is_logged_in_to_with_the_password_it_was_given(
    house: House,
) -> None:
    means, device = house.means, house.device(0)
    device.factory, device.password = True, ""

    def bare(session: Session) -> None:
        held = credentials.connections(session, house.rows[0].id)
        draft = Draft("factory", kind="none")
        other = credentials.create(session, means.vault, draft)
        for connection in held:
            credentials.detach(session, connection.id)
        credentials.attach(session, house.rows[0].id, other.id)

    means.database.write(bare)
    (result,) = await walk(house, "change_password", {}, NEW, repeat=2)
    assert (result.error, result.step) == (None, "password changed, stored login updated")
    assert kept_passwords(house)[0] == ["a-new-password"]


async def test_acceptance_15_a_password_is_kept_as_stars_and_nowhere_to_be_read(
    house: House,
) -> None:
    await walk(house, "change_password", {}, NEW)
    database = house.means.database
    entries = database.read(audit.entries)
    told = [entry.detail for entry in entries if entry.outcome == "submitted"]
    assert told[0]["params"] == {"username": "root", "password": "********"}
    path = database.path
    assert path is not None
    files = [path, path.with_name(f"{path.name}-wal")]
    assert not any(b"a-new-password" in file.read_bytes() for file in files if file.exists())


@pytest.mark.parametrize("password", ["two\nlines here", "with a \x7f in it", "five5"])
async def test_a_password_that_passwd_cannot_take_is_refused_before_there_is_a_job(
    house: House, password: str
) -> None:
    with pytest.raises(InputError) as refused:
        await walk(house, "change_password", {}, {"password": password})
    assert password not in f"{refused.value.sentence} {refused.value.hint}"
    assert await house.jobs.recent() == []


async def test_a_job_without_its_secret_is_refused(house: House) -> None:
    with pytest.raises(InputError, match="New password is missing"):
        await walk(house, "change_password", {})


@pytest.mark.parametrize("repeat", [1, 3])
async def test_a_file_is_written_once_and_proven(house: House, tmp_path: Path, repeat: int) -> None:
    device = house.device(0)

    def sums(command: str) -> CommandResult:
        data = device.files.get("/etc/banner")
        if data is None:
            return CommandResult(b"", b"sha256sum: can't open", 1)
        return CommandResult(f"{hashlib.sha256(data).hexdigest()}  x\n".encode(), b"", 0)

    device.answer = sums
    (tmp_path / "banner").write_bytes(b"hello\x00\xff")
    params = {"file": str(tmp_path / "banner"), "path": "/etc/banner"}
    (result,) = await walk(house, "upload_file", params, repeat=repeat)
    assert (result.error, result.changed) == (None, True)
    assert device.files["/etc/banner"] == b"hello\x00\xff"
    (again,) = await walk(house, "upload_file", params)
    assert (again.changed, again.step) == (False, "has this file already")
    assert device.writes == repeat  # a repeated write puts the same bytes there


async def test_a_file_that_is_there_gets_its_mode_all_the_same(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "hook").write_bytes(b"#!/bin/sh\n")
    digest = hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    device = house.device(0)
    device.answer = lambda command: CommandResult(
        f"{digest}  x\n".encode() if command.startswith("sha256sum") else b"", b"", 0
    )
    params = {"file": str(tmp_path / "hook"), "path": "/etc/it's here", "mode": "755"}
    (result,) = await walk(house, "upload_file", params, repeat=2)
    assert (result.error, result.changed, device.writes) == (None, False, 0)
    assert """chmod 0755 '/etc/it'"'"'s here'""" in device.commands


async def test_a_file_that_is_gone_after_it_was_sent_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "banner").write_bytes(b"hello")
    house.device(0).answer = lambda command: CommandResult(b"", b"can't open", 1)
    params = {"file": str(tmp_path / "banner"), "path": "/tmp/banner"}  # a router's
    (result,) = await walk(house, "upload_file", params)
    assert result.error is not None
    assert result.error.sentence == "ap-000 no longer holds /tmp/banner, which was just sent."


async def test_a_file_is_stored_once_sealed_and_forgotten_in_time(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "banner").write_bytes(b"hello")
    params = {"file": str(tmp_path / "banner"), "path": "/etc/banner"}
    plans = [await house.jobs.plan("upload_file", house.rows, params) for _ in range(2)]
    assert plans[0].params == plans[1].params
    file = plans[0].params["file"]
    database, vault = house.means.database, house.means.vault
    assert database.read(lambda session: read_upload(session, vault, file)) == b"hello"
    database.write(lambda session: forget_uploads(session, now() + timedelta(days=29)))
    assert database.read(lambda session: read_upload(session, vault, file)) == b"hello"
    database.write(lambda session: forget_uploads(session, now() + timedelta(days=31)))
    with pytest.raises(MissingError):
        database.read(lambda session: read_upload(session, vault, file))


async def test_a_local_file_that_is_not_there_is_told_before_there_is_a_plan(
    house: House, tmp_path: Path
) -> None:
    params = {"file": str(tmp_path / "none"), "path": "/etc/banner"}
    with pytest.raises(InputError, match="cannot be read: No such file"):
        await house.jobs.plan("upload_file", house.rows, params)


@pytest.mark.parametrize("repeat", [1, 3])
async def test_a_new_key_is_made_once_installed_proven_and_kept(house: House, repeat: int) -> None:
    for device in house.reach.devices.values():
        device.keys.add("any")
    device = house.device(0)
    device.files[PATH] = b"ssh-rsa AAAA old\xe2\x80\xa8\xff"  # a line that is none, no UTF-8
    results = await walk(house, "install_key", {}, repeat=repeat, devices=3)
    assert [(one.error, one.changed, one.step) for one in results] == [
        (None, True, "key installed, login proven")
    ] * 3
    lines = device.files[PATH].split(b"\n")
    assert lines[0] == b"ssh-rsa AAAA old\xe2\x80\xa8\xff"
    assert (len(lines), lines[2]) == (3, b"")
    assert {house.device(at).files[PATH].splitlines()[-1] for at in range(3)} == {lines[1]}
    rows = house.means.database.read(credentials.rows)
    assert [(row.name, row.kind) for row in rows] == [("house", "password"), ("owtui key", "key")]


async def test_a_key_that_is_there_is_left_alone(house: House) -> None:
    house.device(0).keys.add("any")
    await walk(house, "install_key", {})
    (again,) = await walk(house, "install_key", {})
    assert (again.changed, again.step) == (False, "has this key already, login proven")
    assert house.device(0).writes == 1


async def test_a_key_of_somebody_else_is_installed_and_not_tried(house: House) -> None:
    (result,) = await walk(house, "install_key", {"key": SOMEBODY})
    assert result.step == "key installed"
    assert house.device(0).files[PATH].decode() == f"{SOMEBODY}\n"


async def test_a_key_that_is_commented_out_is_not_there(house: House) -> None:
    house.device(0).files[PATH] = f"# {SOMEBODY}\n".encode()
    (result,) = await walk(house, "install_key", {"key": SOMEBODY}, repeat=2)
    assert (result.changed, result.step) == (True, "key installed")
    assert house.device(0).files[PATH].decode() == f"# {SOMEBODY}\n{SOMEBODY}\n"


@pytest.mark.parametrize(
    "key",
    [
        "hello",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 !!!",
        "a\nb",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBD0hmJeZ5i4eYVn",  # the end is missing
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIBD0hmJeZ5i4eYVnMtWTlZ2cD1x8lqlWx5tH3PvUS6Vu",
    ],
)
async def test_what_is_no_key_is_refused_before_anything_is_sent(house: House, key: str) -> None:
    with pytest.raises(InputError, match="no public key"):
        await house.jobs.plan("install_key", house.rows, {"key": key})


async def test_a_key_that_is_installed_and_refused_is_told(house: House) -> None:
    (result,) = await walk(house, "install_key", {})
    assert result.error is not None
    assert result.error.kind is Kind.AUTH


async def test_a_step_that_fails_ends_the_device_with_its_reason(house: House) -> None:
    house.device(0).fails = UnreachableError("ap-000 does not answer.", "Is it on?")
    (result,) = await walk(house, "change_password", {}, NEW)
    assert result.error is not None
    assert result.error.as_dict() == {
        "kind": "unreachable",
        "sentence": "ap-000 does not answer.",
        "hint": "Is it on?",
    }
    assert kept_passwords(house)[0] == ["secret-0"]


async def test_a_factory_device_proves_nothing_and_is_still_set(house: House) -> None:
    house.device(0).factory = True
    (result,) = await walk(house, "change_password", {}, NEW)
    assert result.ok
    assert house.device(0).passwords_set == 1
