"""owtui config: what devices should have, against what they run."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.netjson import SECRET, banner, wifi, write
from tests.routers import Routers

CONFIG = (
    "device device_id generation backend status error_reason checksum applied_checksum applied_at"
    " broken merge unmanaged templates context verbatim config"
)
HISTORY = "number at operator host kind note checksum job"
DIFF = "device device_id same reason summary diff notes read_at"


def test_a_device_gets_a_configuration_of_its_own(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    none = owtui("config", "show", name, "--json").json
    assert list(none) == CONFIG.split() and none["generation"] == 0 and none["status"] is None
    file = write(tmp_path, wifi())
    told = owtui("config", "set", name, file, "--unmanaged", "dhcp", "--json").json
    assert list(told) == CONFIG.split()
    assert (told["generation"], told["status"]) == (1, "modified")
    assert told["unmanaged"] == ["dhcp"] and told["merge"] is True
    shown = owtui("config", "show", name)
    assert "modified" in shown.out and SECRET not in shown.out
    source = owtui("config", "show", name, "--source").out
    edited = tmp_path / "edited.json"
    edited.write_text(source.replace("lobby", "attic"))
    assert owtui("config", "set", name, edited, "--of", "1").code == 0
    assert owtui("config", "set", name, edited, "--of", "1").code == 4
    text = owtui("config", "render", name).out
    assert "option ssid 'attic'" in text and SECRET not in text
    assert owtui("config", "set", name, "--overwrite", "--json").json["merge"] is False


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"radios": [{"name": "radio0"}]}, '"#/radios/0"'),
        ([1], "A configuration is an object, and this is a list."),
        (banner("•••"), "stands for no secret"),
    ],
)
def test_what_cannot_be_rendered_is_refused_and_not_kept(
    owtui: CommandLine, routers: Routers, tmp_path: Path, config: object, sentence: str
) -> None:
    name = routers.names[0]
    done = owtui("config", "set", name, write(tmp_path, config))
    assert done.code == 2 and sentence in done.err, done.err
    assert owtui("config", "show", name, "--json").json["generation"] == 0
    assert owtui("config", "set", name).code == 2
    assert owtui("config", "set", "nobody", write(tmp_path, {})).code == 2


def test_a_configuration_is_rendered_as_text_and_as_archive(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    held = {**wifi("{{ ssid }}"), **banner("one")}
    assert owtui("config", "set", name, write(tmp_path, held)).code == 0
    archive = tmp_path / "out.tar.gz"
    done = owtui("config", "render", name, "--archive", archive, "--json")
    told = done.json
    assert list(told) == ["device", "checksum", "unset", "notes", "files"]
    assert told["unset"] == ["ssid"] and SECRET not in done.out
    assert {one["path"] for one in told["files"]} >= {"/etc/config/wireless", "/etc/banner"}
    data = archive.read_bytes()
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert digest == told["checksum"] == owtui("config", "show", name, "--json").json["checksum"]
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        file = tar.extractfile("etc/config/wireless")
        assert file is not None and SECRET in file.read().decode()
    lost = owtui("config", "render", name, "--archive", tmp_path / "none" / "x")
    assert lost.code == 2 and "cannot be written" in lost.err
    assert owtui("config", "render", routers.names[1]).code == 0


def test_a_difference_is_shown_for_each_device_or_once_for_all(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    assert owtui("templates", "add", "hello", write(tmp_path, banner("one"))).code == 0
    first = routers.names[0]
    unread = owtui("config", "diff", first, "--json").json
    assert unread[0]["same"] is None and unread[0]["reason"]
    assert owtui("templates", "assign", "hello", "--all", "--yes").code == 0
    rows = owtui("config", "diff", "--now", "--json").json
    assert list(rows[0]) == DIFF.split()
    assert [row["device"] for row in rows] == routers.names
    assert all(row["same"] is False and "+   one" in row["diff"] for row in rows)
    groups = owtui("config", "diff", "--grouped", "--json", "--read-only").json
    assert list(groups[0]) == ["devices", "summary", "diff"]
    assert sorted(name for one in groups for name in one["devices"]) == sorted(routers.names)
    assert groups[0]["devices"] and "/etc/banner" in groups[0]["diff"]
    text = owtui("config", "diff", f"name={first}").out
    assert text.startswith(f"{first}: ") and "+   one" in text


@pytest.mark.slow
def test_a_configuration_is_brought_to_a_device_and_back_again(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    files = routers.fleet[name].device.files
    delivered = files.read("/etc/banner")
    timing = ("--settle", "0", "--confirm-within", "5")
    for number, text in enumerate(("one", "two"), 1):
        told = owtui("config", "set", name, write(tmp_path, banner(text)), "--json").json
        assert told["status"] == "modified"
        assert owtui("config", "diff", name, "--now").code == 0
        assert owtui("config", "push", f"name={name}", *timing).out.startswith("PLAN  Push")
        done = owtui("config", "push", f"name={name}", *timing, "--yes", "--json")
        assert done.code == 0 and done.json["ok"] == 1, done
        assert files.read("/etc/banner") == f"{text}\n".encode()
        assert owtui("config", "show", name, "--json").json["status"] == "applied"
        rows = owtui("config", "history", name, "--json").json
        assert rows[0]["number"] == number and list(rows[0]) == HISTORY.split()
    assert owtui("config", "diff", name).err == "1 of 1 have what they should.\n"
    plan = owtui("config", "rollback", name, "--to", "1", *timing, "--json").json
    assert (plan["action"], plan["changes"]) == ("rollback_config", 1)
    assert owtui("config", "rollback", name, *timing, "--yes").code == 0
    assert files.read("/etc/banner") == b"one\n"
    assert [row["kind"] for row in owtui("config", "history", name, "--json").json] == [
        "rollback",
        "push",
        "push",
    ]
    files.write("/etc/banner", delivered)


def test_what_a_device_runs_is_adopted_as_its_own(owtui: CommandLine, routers: Routers) -> None:
    name = routers.names[0]
    unread = owtui("config", "adopt", name, "--recorded", "--yes")
    assert unread.code == 4 and "never read" in unread.err
    plan = owtui("config", "adopt", name, "--json").json
    assert (plan["action"], plan["changes"]) == ("adopt_config", 1)
    assert owtui("config", "adopt", name, "--recorded", "--yes").code == 0
    told = owtui("config", "show", name, "--json").json
    assert told["config"]["general"]["hostname"] == name and told["status"] == "modified"
    assert owtui("config", "diff", name).err == "1 of 1 have what they should.\n"
    assert owtui("devices", "set", name, "port=1", "http_url=").code == 0
    assert owtui("config", "adopt", name).code == 3


def test_nothing_was_applied_before_it_is(owtui: CommandLine, routers: Routers) -> None:
    assert owtui("config", "history", routers.names[0], "--json").json == []
    assert owtui("config", "history", "nobody").code == 2


def test_read_only_refuses_what_changes(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    file = write(tmp_path, banner("one"))
    name = routers.names[0]
    assert owtui("config", "set", name, file, "--read-only").code == 4
    told = owtui("config", "set", name, file, "--dry-run", "--read-only", "--json").json
    assert told["changes"] == 1
    assert json.loads(owtui("config", "show", name, "--json").out)["generation"] == 0
