"""The desk: what is kept and refused, which files stay, and where devices stand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from owtui.engine.firmware.entries import BuildDraft
from owtui.engine.firmware.standing import refusal
from owtui.engine.firmware.store import LostFileError
from owtui.errors import BlockedError, InputError, OwtuiError
from storage import audit, firmware, organizations
from storage.db import Database
from storage.errors import RuleError
from storage.firmware import Assigned
from storage.keys import Keys
from storage.secrets import Vault
from tests.engine.firmware.images import BOARD, SQUASHFS, Signer
from tests.engine.firmware.site import NEW, OLD, START, Site

TYPE = "ramips-mt7621-tplink_archer-c6-v3-squashfs-sysupgrade.bin"


async def test_an_image_is_kept_with_what_it_says_and_removed_with_its_file(site: Site) -> None:
    build = await site.build("24.10.8")
    file = site.image()
    added = await site.desk.add_image(build.id, file)
    assert (added.type, added.boards, added.release) == (TYPE, (BOARD,), "24.10.8")
    assert (added.size, added.signature, added.forced) == (file.stat().st_size, "unchecked", "")
    kept = await site.desk.file(added.id)
    assert kept.read_bytes() == file.read_bytes()
    assert added.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (await site.desk.find_build("APs/24.10.8")).os == NEW  # learned from the image
    assert (await site.desk.find_image(f"24.10.8/{TYPE}")).trouble == ""
    await site.desk.remove_image(added.id)
    assert not site.store.folder.exists()  # empty folders go
    told = site.database.read(lambda s: audit.entries(s, limit=9))
    assert [one.action for one in told][::-1] == [
        *("add_firmware_category", "add_firmware_build"),
        *("add_firmware_image", "remove_firmware_image"),
    ]


@pytest.mark.parametrize("what", ["build", "category"])
async def test_files_go_with_their_build_and_category(site: Site, what: str) -> None:
    build = await site.build("24.10.8")
    await site.desk.add_image(build.id, site.image())
    if what == "build":
        await site.desk.remove_build(build.id)
    else:
        await site.desk.remove_category(build.category_id)
    assert not site.store.folder.exists()
    assert not await site.desk.images()


async def test_a_file_that_is_lost_or_altered_is_said(site: Site) -> None:
    build = await site.build("24.10.8")
    added = await site.desk.add_image(build.id, site.image())
    path = site.store.path(build.id, added.file_name)
    path.write_bytes(b"x" * added.size)
    with pytest.raises(LostFileError, match="is not the one that was added"):
        await site.desk.file(added.id)
    path.unlink()
    with pytest.raises(LostFileError, match="not on this machine"):
        await site.desk.file(added.id)
    assert (await site.desk.images())[0].trouble == "The file is not on this machine."


async def test_an_image_that_cannot_be_kept_leaves_no_row(site: Site) -> None:
    build = await site.build("24.10.8")
    site.store.folder.mkdir()
    (site.store.folder / str(build.id)).write_text("in the way")
    with pytest.raises(OwtuiError, match="cannot be kept"):
        await site.desk.add_image(build.id, site.image())
    assert not await site.desk.images()
    assert not list(site.store.folder.glob(".*.part"))


async def test_what_is_unknown_or_mismatched_needs_a_reason_which_is_kept(
    site: Site, tmp_path: Path
) -> None:
    build = await site.build("24.10.8", os=NEW)
    bare = tmp_path / "openwrt-own.bin"
    bare.write_bytes(SQUASHFS)
    older = site.image("24.10.6")
    for file, said in ((bare, "has no metadata"), (older, "the build APs/24.10.8 is OpenWrt 24")):
        with pytest.raises(InputError, match=said):
            await site.desk.add_image(build.id, file)
        added = await site.desk.add_image(build.id, file, force=" a test ")
        assert added.forced == "a test"
    named = tmp_path / "openwrt-named.bin"
    named.write_bytes(SQUASHFS)
    taken = await site.desk.add_image(build.id, named, boards=[BOARD])  # a person said it
    assert (taken.forced, taken.boards) == ("", (BOARD,))
    entry = site.database.read(lambda s: audit.entries(s, action="add_firmware_image"))[1]
    assert entry.detail["forced"] == "a test"
    assert "although" in entry.detail


async def test_size_name_and_type_have_rules(site: Site, tmp_path: Path) -> None:
    build = await site.build("24.10.8")
    await site.desk.add_image(build.id, site.image())
    for name, said in (("openwrt-x.bin", "Build and Type"), ("", "already exists")):
        with pytest.raises(RuleError, match=said):
            await site.desk.add_image(build.id, site.image(), name=name, type=TYPE)
    with pytest.raises(InputError, match="cannot be the name"):
        await site.desk.add_image(build.id, site.image(), name="$(reboot).bin")
    big = tmp_path / "openwrt-big.bin"
    with big.open("wb") as file:
        file.truncate((1 << 20) + 1)
    with pytest.raises(InputError, match=r"is 1\.0 MiB, and 1 MiB are taken"):
        await site.face(firmware_max_mib=1).add_image(build.id, big, boards=[BOARD])
    assert not list(site.store.folder.glob("*.part"))


async def test_where_keys_are_set_an_image_must_be_signed_by_one(
    site: Site, tmp_path: Path
) -> None:
    ours = Signer(7)
    (tmp_path / "our.pub").write_text(ours.public)
    desk = site.face(firmware_keys=str(tmp_path / "our.pub"))
    build = await site.build("24.10.8")
    plain = site.image().read_bytes()
    with pytest.raises(InputError, match="Its signature is missing"):
        await desk.add_image(build.id, site.image())
    with pytest.raises(InputError, match="Its signature is wrong: It was signed by the key 08"):
        await desk.add_image(build.id, site.image(sealed=Signer(8).sign(plain)))
    added = await desk.add_image(build.id, site.image(sealed=ours.sign(plain)))
    assert (added.signature, added.signature_words) == ("ok", "Signed by our.pub.")


async def test_names_and_systems_are_unique_where_openwisp_has_them_so(site: Site) -> None:
    await site.database.awrite(lambda s: organizations.create(s, "Quay"))
    shared = await site.desk.add_category("APs")
    own = await site.desk.add_category("APs", organization="Quay")
    first = await site.desk.add_build(shared.id, BuildDraft("1.0", os=OLD))
    await site.desk.add_build(own.id, BuildDraft("1.0", os=OLD))  # of another organization
    with pytest.raises(RuleError, match="Name and Organization already exists"):
        await site.desk.add_category("aps")
    with pytest.raises(RuleError, match="OS identifier and organization already exists"):
        await site.desk.change_category(own.id, organization="", name="Others")
    with pytest.raises(RuleError, match="Category and Version already exists"):
        await site.desk.add_build(shared.id, BuildDraft("1.0"))
    with pytest.raises(RuleError, match="OS identifier"):
        await site.desk.add_build(shared.id, BuildDraft("1.1", os=OLD))
    with pytest.raises(InputError, match="Several categories"):
        await site.desk.find_category("APs")
    with pytest.raises(InputError, match="has no versoin to set"):
        await site.desk.change_build(first.id, versoin="2")
    with pytest.raises(InputError, match=r"no build 0\.9 to supersede"):
        await site.desk.change_build(first.id, supersedes="0.9")
    assert (await site.desk.find_category("quay/aps")).id == own.id
    changed = await site.desk.change_build(first.id, os="", changelog="none")
    assert (changed.os, changed.changelog) == ("", "none")


async def test_the_overview_tells_how_far_behind_devices_are(site: Site) -> None:
    old = await site.build("24.10.6", os=OLD, released=START - timedelta(days=40))
    await site.device("ap-1")
    await site.device("ap-2", os="OpenWrt 24.10.7 r1-abcdef")
    await site.device("ap-3", board="other,board", model="Other")
    await site.device("ap-4", os="", board="", model="")
    await site.desk.add_image(
        old.id,
        site.image("24.10.6", revision=""),
        name="openwrt-a.bin",
        boards=[BOARD],
        force="another revision",
    )
    new = await site.build("24.10.8", os=NEW, released=START)
    assert (await site.desk.find_category("APs")).newest == "24.10.8"
    rows = await site.desk.overview(list(site.fleet.rows))
    assert [row.reason for row in rows[:2]] == [
        "There are no images.",
        f"No image is for {BOARD}, in APs.",
    ]
    added = await site.desk.add_image(new.id, site.image())
    one, two, three, four = await site.desk.overview(list(site.fleet.rows))
    assert (one.build, one.newest, one.builds_behind, one.days_behind) == (
        *("24.10.6", "24.10.8"),
        *(1, 40),
    )
    assert (one.image, one.image_id, one.installed) == (TYPE, added.id, True)
    assert (two.build, two.builds_behind, two.days_behind, two.image) == ("", 1, None, TYPE)
    assert three.reason == "No image is for other,board."
    assert four.reason == "Which board it is has not been read yet."


async def test_devices_are_recognised_by_what_they_report(site: Site) -> None:
    device = await site.device("ap-1", os=NEW)
    build = await site.build("24.10.8")
    added = await site.desk.add_image(build.id, site.image())

    def have() -> Assigned | None:
        return site.database.read(firmware.assigned).get(device)

    assert have() == Assigned(device, added.id, True, START)
    other = await site.build("24.10.9", os="x")
    wanted = await site.desk.add_image(other.id, site.image("24.10.9"), force="of another os")
    upgraded = Assigned(device, wanted.id, True, START + timedelta(hours=1), "c" * 64)
    await site.database.awrite(lambda s: firmware.assign(s, [upgraded]))
    assert await site.desk.recognise() == 0  # read before the upgrade
    assert have() == upgraded
    await site.database.awrite(lambda s: firmware.assign(s, [Assigned(device, wanted.id, False)]))
    assert await site.desk.recognise() == 0  # it is to have another one
    held = have()
    assert held is not None
    assert (held.checksum, held.installed) == ("c" * 64, False)


async def test_an_image_of_another_organization_is_not_for_a_device(site: Site) -> None:
    await site.database.awrite(lambda s: organizations.create(s, "Quay"))
    foreign = await site.desk.add_category("Foreign", organization="Quay")
    build = await site.desk.add_build(foreign.id, BuildDraft("24.10.8"))
    await site.desk.add_image(build.id, site.image())
    ours = await site.device("ap-1", os=NEW)
    theirs = await site.device("ap-2", os=NEW, organization="Quay")
    assert "no category of builds" in (await site.desk.match(ours)).reason
    assert (await site.desk.match(theirs)).by == "board"
    held = await site.desk.library()
    [image] = held.images
    row, other = site.fleet.rows[theirs], site.fleet.rows[ours]
    able = replace(row, connections=1)
    for device, said in (
        (other, "The image belongs to Quay, and the device to default."),
        (replace(row, is_deactivated=True), "It is deactivated."),
        (row, "It has no connection over which it could be upgraded."),
        (replace(able, facts={"board": "x,y"}, model=""), "No image is for x,y."),
        (able, ""),
    ):
        assert refusal(device, image, held, site.desk.boards) == said


async def test_the_compat_version_of_a_device_is_that_of_its_configuration(site: Site) -> None:
    device = await site.device("ap-1")
    build = await site.build("24.10.8")
    await site.desk.add_image(build.id, site.image("24.10.8", compat="2.0"))
    assert "compat 1.0 to 2.0" in (await site.desk.match(device)).force
    await site.runs(device, "config system\n\toption compat_version '2.1'\n")
    found = await site.desk.match(device)
    assert (found.force, "upgrade with -n" in found.clean) == ("", True)
    [row] = await site.desk.overview([device])
    assert "2.1 to 2.0" in row.clean


async def test_a_board_map_gives_images_their_models(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "boards.json"
    own.write_text(json.dumps({"x86-64.bin": {"label": "PC", "boards": ["Our PC"]}}))
    desk = site.face(firmware_boards=str(own))
    file = tmp_path / "openwrt-x86-64.bin"
    file.write_bytes(SQUASHFS)
    build = await site.build("24.10.8")
    added = await desk.add_image(build.id, file)
    assert added.boards == ("Our PC",)
    device = await site.device("pc-1", board="our-pc", model="Our PC")
    assert (await desk.match(device)).by == "model"


async def test_read_only_changes_nothing(site: Site) -> None:
    build = await site.build("24.10.8")
    desk = site.face(read_only=True)
    for refused in (
        desk.add_category("x"),
        desk.add_build(build.category_id, BuildDraft("x")),
        desk.add_image(build.id, site.image()),
        desk.remove_build(build.id),
    ):
        with pytest.raises(BlockedError):
            await refused
    assert (await desk.inspect(site.image())).objections == ()


async def test_the_library_is_the_same_on_both_databases(
    database: Database, tmp_path: Path
) -> None:
    site = Site(database, Vault.open(database, Keys(tmp_path / "master.key")), tmp_path)
    old = await site.build("24.10.6", os=OLD, released=START - timedelta(days=40))
    new = await site.build("24.10.8", supersedes="24.10.6", released=START)
    device = await site.device("ap-1")
    added = await site.desk.add_image(new.id, site.image(compat="1.1", compat_message="\0Moved"))
    await site.runs(device, "config system\n\toption compat_version '1.1'\n")
    [row] = await site.desk.overview([device])
    assert (row.build, row.builds_behind, row.days_behind) == ("24.10.6", 1, 40)
    assert (row.image_id, row.force, row.clean) == (added.id, "", "")
    await site.desk.remove_build(old.id)
    assert (await site.desk.find_build("APs/24.10.8")).supersedes_id is None
    await site.desk.remove_category(new.category_id)
    assert not (await site.desk.library()).images
