"""The library when people and processes are at odds: no row without its file, nothing foreign."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from uuid import UUID

import pytest

from owtui.engine.firmware.boards import type_of
from owtui.engine.firmware.entries import BuildDraft
from owtui.engine.firmware.imagefile import ImageError, examine
from owtui.engine.firmware.signature import WRONG, check, public_key
from owtui.engine.inventory.owners import Owners
from owtui.errors import InputError
from owtui.operator import Operator
from storage import firmware, organizations, revisions
from storage.errors import RuleError
from storage.firmware import Assigned
from tests.engine.firmware.images import BOARD, SQUASHFS, Signer, image
from tests.engine.firmware.site import NEW, START, Site


def files(site: Site) -> list[str]:
    """The names of all files of the library."""
    return sorted(one.name for one in site.store.folder.rglob("*") if one.is_file())


async def test_who_dies_before_the_file_has_its_place_leaves_no_row(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = await site.build("24.10.8")

    def die(*_: object) -> Path:
        raise RuntimeError("died")

    monkeypatch.setattr(site.store, "publish", die)
    with pytest.raises(RuntimeError, match="died"):
        await site.desk.add_image(build.id, site.image())
    assert not await site.desk.images()
    assert not files(site)


async def test_who_is_interrupted_leaves_row_and_file_or_neither(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = await site.build("24.10.8")
    there, go, publish = threading.Event(), threading.Event(), site.store.publish

    def slowly(staged: Path, build_id: UUID, name: str) -> Path:
        there.set()
        assert go.wait(20)
        return publish(staged, build_id, name)

    monkeypatch.setattr(site.store, "publish", slowly)
    adding = asyncio.create_task(site.desk.add_image(build.id, site.image()))
    assert await asyncio.to_thread(there.wait, 20)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    go.set()
    await site.database.awrite(lambda _: None)  # after what had begun
    [row] = await site.desk.images()
    assert row.trouble == ""
    assert files(site) == [row.file_name]


async def test_a_transaction_that_is_repeated_finds_its_file(site: Site, tmp_path: Path) -> None:
    build, source = await site.build("24.10.8"), site.image()
    found = await site.desk.inspect(source)
    staged = site.store.stage(source, found.sha256)
    once = site.store.publish(staged, build.id, source.name)
    assert site.store.publish(staged, build.id, source.name) == once
    assert once.read_bytes() == source.read_bytes()


async def test_an_image_that_comes_while_one_of_its_name_goes_keeps_its_file(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = await site.build("24.10.8")
    first = await site.desk.add_image(build.id, site.image())
    other, drop = site.face(), site.desk._drop

    async def meanwhile(build_id: UUID, name: str) -> None:
        await other.add_image(build.id, site.image())
        await drop(build_id, name)

    monkeypatch.setattr(site.desk, "_drop", meanwhile)
    await site.desk.remove_image(first.id)
    [row] = await site.desk.images()
    assert (row.id != first.id, row.trouble) == (True, "")
    assert files(site) == [row.file_name]


async def test_what_somebody_was_staging_days_ago_goes(site: Site) -> None:
    build = await site.build("24.10.8")
    site.store.folder.mkdir()
    old, young = (site.store.folder / f".{name}.part" for name in ("old", "young"))
    for part in (old, young):
        part.write_bytes(b"x")
    os.utime(old, (1, 1))
    await site.desk.add_image(build.id, site.image())
    assert (old.exists(), young.exists()) == (False, True)


async def test_a_folder_that_another_of_the_group_made_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = await site.build("24.10.8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # as for who does not own it

    monkeypatch.setattr(Path, "chmod", refuse)
    added = await site.desk.add_image(build.id, site.image())
    assert added.trouble == ""


async def test_files_go_with_their_organization_and_faces_hear_of_it(site: Site) -> None:
    await site.database.awrite(lambda s: organizations.create(s, "Quay"))
    owner = await site.desk.add_category("APs", organization="Quay")
    build = await site.desk.add_build(owner.id, BuildDraft("24.10.8"))
    await site.desk.add_image(build.id, site.image())
    before = site.database.revisions()[revisions.FIRMWARE]
    operator = Operator("rosa", "jump", "test")
    owners = Owners(site.database, site.fleet, operator, forget_builds=site.desk.forget)
    await owners.remove("Quay")
    assert not files(site)
    assert not await site.desk.categories()
    assert site.database.revisions()[revisions.FIRMWARE] > before


async def test_a_forced_image_of_another_release_teaches_a_build_nothing(site: Site) -> None:
    build = await site.build("24.10.8")
    await site.desk.add_image(build.id, site.image("24.10.6"), force="a test", type="x")
    assert (await site.desk.find_build("24.10.8")).os == ""
    await site.desk.add_image(build.id, site.image())  # the right one is not refused
    assert (await site.desk.find_build("24.10.8")).os == NEW


async def test_blank_boards_are_none(site: Site, tmp_path: Path) -> None:
    build = await site.build("24.10.8")
    bare = tmp_path / "openwrt-own.bin"
    bare.write_bytes(SQUASHFS)
    with pytest.raises(InputError, match="has no metadata"):
        await site.desk.add_image(build.id, bare, boards=["", " "])
    bare.write_bytes(image(told={"supported_devices": ["", ""]}))
    assert (await site.desk.inspect(bare)).objections == (
        "Its metadata names no board that it is for.",
    )
    added = await site.desk.add_image(build.id, bare, boards=[f" {BOARD} ", BOARD])
    assert added.boards == (BOARD,)
    assert (await site.desk.change_image(added.id, boards=[""])).boards == ()


async def test_nothing_of_another_organization_is_offered(site: Site) -> None:
    await site.database.awrite(lambda s: organizations.create(s, "Quay"))
    foreign = await site.desk.add_category("Foreign", organization="Quay")
    build = await site.desk.add_build(foreign.id, BuildDraft("24.10.8"))
    added = await site.desk.add_image(build.id, site.image())
    shared = await site.build("24.10.6")
    ours = await site.device("ap-1")
    theirs = await site.device("ap-2", organization="Quay")
    assert (await site.desk.match(ours, build.id)).reason == (
        "The build belongs to another organization."
    )
    # It had that image, and came to us with it.
    await site.database.awrite(lambda s: firmware.assign(s, [Assigned(ours, added.id, True)]))
    [row] = await site.desk.overview([ours])
    assert (row.category, row.image_id) == ("", None)
    assert [one.id for one in await site.desk.builds_for([ours])] == [shared.id]
    assert {one.id for one in await site.desk.builds_for([theirs])} == {shared.id, build.id}


async def test_a_name_beyond_ascii_is_unique_in_words(site: Site) -> None:
    await site.desk.add_category("Über")
    for name in ("Über", "über"):
        with pytest.raises(RuleError, match="already exists"):
            await site.desk.add_category(name)


def test_the_revision_alone_is_not_of_the_type() -> None:
    assert type_of("openwrt-r29233-443ec4032a-ath79-generic-x.bin") == "ath79-generic-x.bin"


def test_a_file_that_is_cut_while_it_is_looked_at_is_wrong(tmp_path: Path) -> None:
    signer, file = Signer(7), tmp_path / "x.bin"
    file.write_bytes(image(sealed=signer.sign(image())))
    found = examine(file)
    file.write_bytes(b"")
    key = public_key(signer.public.encode(), "our.pub")
    assert check(found, file, [key], START).state == WRONG


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.bin")
    with pytest.raises(ImageError, match="is no file"):
        examine(tmp_path / "x.bin")
