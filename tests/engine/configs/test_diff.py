"""Differences: nothing is missing from one, and a small change reads as a small change."""

from __future__ import annotations

import pytest
from hypothesis import given

from owtui.engine.configs import diff, difftext
from owtui.engine.configs.model import File
from owtui.engine.openwrt.uci import Package
from owtui.errors import InputError, Kind
from tests.engine.configs.strategies import file_pairs, package_pairs

RULES = """
config defaults
	option input 'REJECT'

config rule
	option name 'Allow-Ping'
	option proto 'icmp'

config rule
	option proto 'tcp'
	option dest_port '22'

config rule
	option proto 'udp'
	option dest_port '53'

"""
RADIO = """
config wifi-device 'radio1'
	option channel '36'
	option country 'DE'

config wifi-iface 'w1'
	option device 'radio1'
	option ssid 'Lab'
	option key 'oldsecret1'
	list network 'lan'

"""


def files(**texts: str) -> dict[str, File]:
    """Packages of /etc/config by their text."""
    return {f"/etc/config/{name}": File(text.encode()) for name, text in texts.items()}


def shown(old: dict[str, File], new: dict[str, File]) -> str:
    """The text of a difference."""
    return difftext.text(diff.compare(old, new))


@given(file_pairs())
def test_a_difference_leads_from_one_configuration_to_the_other(
    pair: tuple[dict[str, File], dict[str, File]],
) -> None:
    old, new = pair
    assert diff.apply(diff.compare(old, new), old) == new
    assert diff.apply(diff.compare(new, old), new) == old
    assert not diff.compare(old, old)
    assert bool(diff.compare(old, new)) == (old != new)


@given(package_pairs())
def test_the_sections_that_are_told_are_those_that_differ(pair: tuple[Package, Package]) -> None:
    old, new = pair
    changes = diff.compare_packages(old, new)
    assert len(new.sections) - len(old.sections) == (
        sum(one.old_at < 0 for one in changes) - sum(one.new_at < 0 for one in changes)
    )
    touched = {one.new_at for one in changes}
    left = {one.old_at for one in changes}
    kept_old = [one for at, one in enumerate(old.sections) if at not in left]
    kept_new = [one for at, one in enumerate(new.sections) if at not in touched]
    assert kept_old == kept_new


@given(file_pairs())
def test_the_text_is_printable_and_its_numbers_are_its_lines(
    pair: tuple[dict[str, File], dict[str, File]],
) -> None:
    found = diff.compare(*pair)
    text = difftext.text(found)
    assert all(line.isprintable() for line in text.split("\n"))
    numbers = difftext.counts(found)
    signs = [line[0] for line in text.splitlines()]
    assert (numbers.added, numbers.removed) == (signs.count("+"), signs.count("-"))
    assert numbers.files == len(found.touched)


def test_the_text_is_that_of_the_design() -> None:
    new = files(
        wireless=RADIO.replace("'36'", "'100'").replace(
            "option country 'DE'", "option country 'DE'\n\toption htmode 'HE80'"
        )
    )
    assert shown(files(wireless=RADIO), new) == (
        "wireless\n"
        "  config wifi-device radio1\n"
        "-   option channel '36'\n"
        "+   option channel '100'\n"
        "+   option htmode 'HE80'\n"
    )
    found = diff.compare(files(wireless=RADIO), new)
    assert difftext.summary(found) == "1 file, +2 -1, reload: wifi"
    assert [str(one) for one in difftext.reloads(found)] == ["wifi (clients drop ~8 s)"]


def test_an_inserted_anonymous_section_is_one_section() -> None:
    new = RULES.replace(
        "config rule\n\toption proto 'tcp'",
        "config rule\n\toption proto 'esp'\n\nconfig rule\n\toption proto 'tcp'",
    )
    assert shown(files(firewall=RULES), files(firewall=new)) == (
        "firewall\n+ config rule\n+   option proto 'esp'\n"
    )


def test_a_removed_and_a_changed_anonymous_section_are_told_apart() -> None:
    new = RULES.replace("'22'", "'2222'").replace(
        "config rule\n\toption name 'Allow-Ping'\n\toption proto 'icmp'\n\n", ""
    )
    assert shown(files(firewall=RULES), files(firewall=new)) == (
        "firewall\n"
        "- config rule (Allow-Ping)\n"
        "-   option name 'Allow-Ping'\n"
        "-   option proto 'icmp'\n"
        "  config rule\n"
        "-   option dest_port '22'\n"
        "+   option dest_port '2222'\n"
    )


def test_a_section_that_gets_the_agents_name_stays_the_same_section() -> None:
    old = "config system\n\toption hostname 'a'\n"
    new = "config system 'system'\n\toption hostname 'b'\n"
    assert shown(files(system=old), files(system=new)) == (
        "system\n"
        "- config system\n"
        "+ config system system\n"
        "-   option hostname 'a'\n"
        "+   option hostname 'b'\n"
    )


def test_a_section_that_moves_is_told_without_its_options() -> None:
    first = "config rule\n\toption name 'a'\n"
    second = "config rule\n\toption name 'b'\n"
    text = shown(files(firewall=first + second), files(firewall=second + first))
    assert text.count("(moved)") == 1
    assert "option" not in text


def test_only_items_of_a_list_that_differ_are_told() -> None:
    new = RADIO.replace("list network 'lan'", "list network 'lan'\n\tlist network 'guest'")
    assert shown(files(wireless=RADIO), files(wireless=new)) == (
        "wireless\n  config wifi-iface w1\n+   list network 'guest'\n"
    )


def test_a_list_that_becomes_an_option_is_told() -> None:
    text = shown(
        files(wireless=RADIO), files(wireless=RADIO.replace("list network", "option network"))
    )
    assert "-   list network 'lan'\n+   option network 'lan'\n" in text


def test_a_changed_secret_is_told_without_its_value() -> None:
    text = shown(files(wireless=RADIO), files(wireless=RADIO.replace("oldsecret1", "newsecret2")))
    assert text.endswith("-   option key '•••'\n+   option key '•••' (changed)\n")
    assert "secret" not in text


def test_comments_alone_are_a_change_that_reloads_nothing() -> None:
    found = diff.compare(files(wireless=RADIO), files(wireless=f"# said\n{RADIO}"))
    assert difftext.text(found) == "wireless\n  (only comments or layout)\n"
    assert difftext.summary(found) == "1 file, +0 -0"
    assert found.touched == ("/etc/config/wireless",)


def test_files_come_and_go() -> None:
    old = {**files(own="config a 'b'\n\toption x '1'\n"), "/etc/motd": File(b"one\ntwo\n")}
    new = {"/etc/motd": File(b"one\n2\n"), "/etc/rc.local": File(b"exit 0\n", 0o755)}
    assert shown(old, new) == (
        "own  (deleted)\n"
        "- config a b\n"
        "-   option x '1'\n"
        "/etc/motd\n"
        "-   two\n"
        "+   2\n"
        "/etc/rc.local  (new file)\n"
        "  mode 0644 → 0755\n"
        "+   exit 0\n"
    )


def test_a_push_leaves_what_it_does_not_name() -> None:
    old = {**files(wireless=RADIO), "/etc/motd": File(b"x")}
    assert diff.compare_changes(old, {"/etc/motd": None}).touched == ("/etc/motd",)
    assert diff.compare(old, {}).touched == ("/etc/config/wireless", "/etc/motd")


def test_a_broken_package_is_compared_by_its_lines() -> None:
    text = shown(files(own="config a 'b\n"), files(own="config a 'b'\n"))
    assert text == "/etc/config/own\n-   config a 'b\n+   config a 'b'\n"


def test_no_line_of_a_private_key_is_shown() -> None:
    begin, end = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
    old = {"/etc/x.pem": File(f"{begin}\nAAAA\nBBBB\n{end}\n".encode())}
    new = {"/etc/x.pem": File(f"{begin}\nAAAA\nCCCC\n{end}\n".encode())}
    assert shown(old, new) == "/etc/x.pem\n-   contents •••\n+   contents ••• (changed)\n"


def test_bytes_that_steer_a_terminal_are_escaped() -> None:
    new = {"/etc/motd": File(b"\x1b[2J\xff\n"), "/etc/bin": File(b"\0\1")}
    assert shown({}, new) == (
        "/etc/bin  (new file)\n  (0 → 2 bytes, no text)\n/etc/motd  (new file)\n+   \\x1b[2J\\xff\n"
    )


def test_another_configuration_than_the_compared_one_is_refused() -> None:
    found = diff.compare(files(wireless=RADIO), files(wireless=RADIO.replace("'36'", "'100'")))
    with pytest.raises(InputError, match="/etc/config/wireless") as caught:
        diff.apply(found, files(wireless=RADIO.replace("'36'", "'40'")))
    assert caught.value.kind is Kind.CHANGED
