"""A day with three routers, through the command line: real dropbear, real ash, real reboots."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.lab.device import LabDevice, LabSpec

NEW_PASSWORD = "new 'pass' $word"

SPECS = (
    LabSpec(hostname="roof", mac="5c:a6:e6:10:02:01"),
    LabSpec(hostname="cellar", mac="5c:a6:e6:10:02:02", model="GL.iNet GL-MT1300"),
    LabSpec(hostname="new", mac="5c:a6:e6:10:02:03", password=""),
)
"""Two in service, and one as it comes from the factory: it lets any password in."""


@pytest.fixture
def owtui(bare: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("OWTUI_HOST_KEYS", "accept-new")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return bare


@pytest.mark.slow
def test_a_day_with_three_routers(
    owtui: CommandLine, lab_fleet: Callable[..., list[LabDevice]], tmp_path: Path
) -> None:
    three = lab_fleet(*SPECS)
    roof = three[0]
    add(owtui, three)
    facts_are_read(owtui)
    commands_run(owtui, three)
    a_file_goes_up(owtui, tmp_path, roof)
    the_password_is_changed(owtui, three)
    a_key_is_installed(owtui, three)
    one_reboots(owtui, roof)
    one_is_replaced(owtui, roof)
    all_of_it_is_in_the_audit(owtui)


def add(owtui: CommandLine, three: list[LabDevice]) -> None:
    for device in three:
        words = (device.spec.hostname, device.address, "--port", device.port, "--password-stdin")
        added = owtui("devices", "add", *words, stdin=f"{device.spec.password}\n")
        assert (added.code, added.err) == (0, "")


def facts_are_read(owtui: CommandLine) -> None:
    told = owtui("facts", "--json")
    assert told.code == 0
    assert {(one["device"], one["model"], one["version"], one["mac"]) for one in told.json} == {
        (spec.hostname, spec.model, spec.release, spec.mac.upper()) for spec in SPECS
    }
    assert [one["device"] for one in told.json if one["factory"]] == ["new"]
    assert "new: root has no password, so anybody is let in." in owtui("facts").err


def commands_run(owtui: CommandLine, three: list[LabDevice]) -> None:
    said = owtui("run", "cat; printf '\\033[2J'; echo \"$(hostname -f 2>&1)\" >&2; exit 3", "--all")
    assert said.code == 1
    assert "\x1b" not in said.out and "returned non-zero exit code: 3" in said.out
    late = owtui("run", "echo so far; sleep 4713", "name=roof", "--timeout", "3", "--json")
    assert (late.code, late.json[0]["output"]) == (1, "so far\n")
    assert late.json[0]["error"]["hint"] == "It was ended on the device."
    assert "4713" not in three[0].inside("ps w").stdout
    long = owtui("run", ": " + "x" * 9000, "name=roof", "--json")
    assert (long.code, long.json[0]["state"], long.json[0]["error"]["kind"]) == (
        1,
        "failed",
        "input",
    )
    much = owtui("run", "head -c 5000000 /dev/zero | tr '\\0' x", "name=roof", "--json")
    assert much.json[0]["note"] == "output cut, 4 MiB are kept"


def a_file_goes_up(owtui: CommandLine, folder: Path, roof: LabDevice) -> None:
    (folder / "image.bin").write_bytes(bytes(range(256)) * 8192)
    path = "/tmp/it's an image.bin"
    words = ("-p", f"file={folder / 'image.bin'}", "-p", f"path={path}", "--yes", "--json")
    sent = owtui("apply", "upload_file", "name=roof", *words)
    assert (sent.code, sent.json["results"][0]["note"]) == (0, "uploaded")
    digest = hashlib.sha256((folder / "image.bin").read_bytes()).hexdigest()
    assert roof.inside(f'sha256sum "{path}"').stdout.startswith(digest)


def the_password_is_changed(owtui: CommandLine, three: list[LabDevice]) -> None:
    words = ("--all", "--yes", "--json", "--password-stdin")
    changed = owtui("apply", "change_password", *words, stdin=f"{NEW_PASSWORD}\n")
    assert (changed.code, changed.json["ok"]) == (0, 3)
    assert all("root::" not in device.inside("cat /etc/shadow").stdout for device in three)
    # Also the one that had none is still ours.
    assert owtui("run", "true", "--all").code == 0


def a_key_is_installed(owtui: CommandLine, three: list[LabDevice]) -> None:
    installed = owtui("apply", "install_key", "--all", "--yes", "--json")
    assert (installed.code, installed.json["ok"]) == (0, 3)
    for device in three:  # a password that somebody else sets no longer locks us out
        device.inside("passwd root", "elsewhere\nelsewhere\n")
    assert owtui("run", "true", "--all").code == 0


def one_reboots(owtui: CommandLine, roof: LabDevice) -> None:
    before = roof.boot_id
    rebooted = owtui("apply", "reboot", "name=roof", "--yes", "--json")
    assert (rebooted.code, rebooted.json["ok"]) == (0, 1)
    assert rebooted.json["results"][0]["note"].startswith("back after ")
    assert roof.wait_boot() != before


def one_is_replaced(owtui: CommandLine, roof: LabDevice) -> None:
    roof.stop()
    spec = LabSpec(hostname="roof", mac=roof.spec.mac, password="elsewhere")
    with LabDevice(spec, instead_of=roof) as other:
        refused = owtui("run", "true", "name=roof", "--json")
        assert (refused.code, refused.json[0]["error"]["kind"]) == (1, "host_key")
        assert "password" not in other.log().lower()  # it was offered no credential
        blocked = owtui("plan", "reboot", "name=roof", "--json").json["rows"][0]
        assert blocked["reason"] == "Its host key changed: accept the new one first."
        shown = owtui("plan", "accept_host_key", "name=roof", "--json").json["rows"][0]["diff"]
        assert [line[0] for line in shown.splitlines()] == ["-", "+"]
        assert owtui("apply", "accept_host_key", "name=roof", "--yes").code == 0
        # Reached again, and empty-handed: our key and password were the old router's.
        now_known = owtui("run", "true", "name=roof", "--json")
        assert now_known.json[0]["error"]["kind"] == "auth"


def all_of_it_is_in_the_audit(owtui: CommandLine) -> None:
    entries = owtui("audit", "name=roof", "--json").json
    told = [(one["action"], one["outcome"]) for one in reversed(entries)]
    assert told[0] == ("import", "new")
    for act in ("upload_file", "change_password", "install_key", "reboot", "accept_host_key"):
        assert (act, "success") in told
    assert told[-1] == ("run_command", "failed")
    assert all(NEW_PASSWORD not in str(entry) for entry in entries)
