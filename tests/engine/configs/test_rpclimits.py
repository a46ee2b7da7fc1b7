"""What rpcd cannot carry is said before anything is sent."""

from __future__ import annotations

import pytest

from owtui.engine.configs.landing import Landing
from owtui.engine.configs.model import File, Running
from owtui.engine.configs.rpclimits import by_rpcd, refusal
from owtui.engine.openwrt.sums import TOLD, md5

SYSTEM, RPCD = "/etc/config/system", "/etc/config/rpcd"
OLD = File(b"config system\n\toption hostname 'old'\n")
TOLD_ONLY = Running({SYSTEM: OLD, RPCD: OLD}, {SYSTEM: f"{TOLD}0", RPCD: f"{TOLD}0"})


def said(path: str, file: File | None) -> str:
    return refusal(Landing({path: file}, {}), TOLD_ONLY)


def test_options_of_a_package_that_is_there_are_carried() -> None:
    assert said(SYSTEM, File("config system\n\toption hostname 'grün 🐙'\n".encode())) == ""


@pytest.mark.parametrize(
    ("path", "file", "words"),
    [
        ("/etc/motd", OLD, "/etc/motd cannot be put there"),
        (SYSTEM, None, "/etc/config/system cannot be removed"),
        ("/etc/config/fresh", OLD, "/etc/config/fresh cannot be made"),
        (RPCD, OLD, "rpcd's own configuration cannot change"),
        (SYSTEM, File(b"no uci"), "it is no UCI"),
        (SYSTEM, File(b"config system 'a'\n\tlist x 'a'\n\tlist x ''\n"), "system.a.x cannot"),
        (SYSTEM, File(b"config system 'a'\n\toption x '\xff'\n"), "system.a.x cannot be told"),
    ],
)
def test_what_cannot_be_carried_is_named_with_the_way_out(
    path: str, file: File | None, words: str
) -> None:
    sentence = said(path, file)
    assert words in sentence
    assert "give it an SSH connection" in sentence


def test_who_showed_its_files_has_another_way() -> None:
    assert by_rpcd(TOLD_ONLY)
    assert not by_rpcd(Running({SYSTEM: OLD}, {SYSTEM: md5(OLD.data)}))
    assert not by_rpcd(None)
