"""SSH, HTTP, keys and passwords: does anybody answer, and take our login?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from owtui.engine.configs.cutoff import Way
from owtui.engine.configs.cutoff.crypted import fits
from owtui.engine.configs.model import File, SeenFrom
from owtui.engine.openwrt.facts import Facts
from storage.secrets import Secret
from tests.engine.configs.asked import DROPBEAR, KEY, PORTS, ROUTER, TEXTS, place, said

SHADOW = "/etc/shadow"
PASSWD = "/etc/passwd"
KEYS = "/etc/dropbear/authorized_keys"
OURS = "$1$Qa7sLm2k$eRua1X3sb8CFhYH5KkuVQ/"
AGAIN = "$1$zzTop444$hiTLW1sIePpT03ZZAsLWu."
THEIRS = "$1$Qa7sLm2k$tByEQaKkuD35ZdHALT3r3/"
FILES = {
    SHADOW: f"root:{OURS}:1:0:99999:7:::\ndaemon:*:0::::::\n".encode(),
    PASSWD: b"root:x:0:0:root:/root:/bin/ash\n",
    KEYS: f"ssh-rsa AAAAother eva\n{KEY} console\n".encode(),
}
DEVICE = replace(ROUTER, files=FILES)
WORD = replace(DEVICE, way=replace(ROUTER.way, password=Secret("correct horse")))
KEYED = replace(DEVICE, way=replace(ROUTER.way, login="key", public_keys=(KEY,)))
PORT = "option Port '22'"


@pytest.mark.parametrize(
    ("old", "new", "option"),
    [
        (PORT, "option Port '2222'", "Port"),
        (PORT, "option Port 'ssh'", "Port"),
        (PORT, "option Port '22 2222'", "Port"),
        (PORT, "option enable '0'", "enable"),
        (PORT, "option mdns 'perhaps'", "mdns"),
        (PORT, "option RootLogin 'off'", "RootLogin"),
        (PORT, "option Interface 'loopback'", "Interface"),
        (PORT, "option DirectInterface 'wan'", "DirectInterface"),
        (PORT, "option DirectInterface 'nowhere'", "DirectInterface"),
        (PORT, "option ForceCommand '/bin/date'", "ForceCommand"),
        (PORT, "option RunAsUser 'eva'", "RunAsUser"),
        ("PasswordAuth 'on'\n\toption Root", "PasswordAuth 'off'\n\toption Root", "PasswordAuth"),
        ("RootPasswordAuth 'on'", "RootPasswordAuth '0'", "RootPasswordAuth"),
    ],
)
def test_a_server_that_no_longer_takes_us(old: str, new: str, option: str) -> None:
    found = DEVICE.ask("dropbear", (old, new))
    assert (found.level, place(found)) == ("certain", f"dropbear.main.{option}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PORT, ""),
        (PORT, "option enable 'yes'\n\toption RootLogin '1'"),
        (PORT, "option Interface 'lan'"),
        (PORT, "option Interface 'wan lan'"),
        (PORT, "option DirectInterface 'lan'"),
        (PORT, "option IdleTimeout '60'"),
        ("'on'", "'enabled'"),
        ("'main'", "'other'"),
        (" 'main'", ""),
    ],
)
def test_the_same_server_written_otherwise(old: str, new: str) -> None:
    assert DEVICE.ask("dropbear", (old, new)).level == "safe"


def test_passwords_do_not_matter_to_who_has_a_key() -> None:
    assert KEYED.ask("dropbear", ("'on'", "'off'")).level == "safe"
    assert KEYED.put({SHADOW: File(b"root:!:1::::::\n")}).level == "safe"


def test_each_section_is_a_server_and_without_one_there_is_none() -> None:
    second = "\nconfig dropbear\n\toption Port '22'\n\toption Interface 'lan'\n"
    assert (
        DEVICE.ask("dropbear", (DROPBEAR, DROPBEAR.replace("'22'", "'99'") + second)).level
        == "safe"
    )
    assert DEVICE.ask("dropbear", ("config dropbear", "config sshd")).level == "certain"
    assert DEVICE.put({"/etc/config/dropbear": None}).level == "certain"
    assert DEVICE.put({"/etc/config/dropbear": File(b"config dropbear 'x\n")}).level == "certain"


def test_older_dropbear_does_not_start_without_an_address() -> None:
    old = replace(DEVICE, facts=Facts(version="23.05.4", interfaces=PORTS))
    assert old.ask("dropbear", (PORT, "option Interface 'nowhere'")).level == "certain"
    assert DEVICE.ask("dropbear", (PORT, "option Interface 'nowhere'")).level == "safe"
    assert old.ask("dropbear", (PORT, "option DirectInterface 'nowhere'")).level == "safe"


def test_another_host_key_is_a_doubt() -> None:
    assert DEVICE.ask("dropbear", (PORT, "option keyfile '/etc/own'")).level == "doubt"
    assert DEVICE.put({"/etc/dropbear/dropbear_ed25519_host_key": File(b"x")}).level == "doubt"


def test_another_server_than_dropbear_is_a_doubt() -> None:
    closed = DEVICE.with_text("dropbear", DROPBEAR.replace("'22'", "'2222'"))
    found = closed.ask("dropbear", ("'on'", "'off'"))
    assert found.level == "doubt"
    assert "another server may" in said(found)
    assert DEVICE.put({"/etc/ssh/sshd_config": File(b"PermitRootLogin no\n")}).level == "doubt"


# -- keys and passwords -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "level"),
    [
        (f"{KEY} another comment\n", "safe"),
        (f"# first\nssh-rsa AAAAnew adam\n  {KEY}\n", "safe"),
        (f'restrict,command="/bin/date" {KEY}\n', "doubt"),
        (f'environment="A=1" {KEY}\n', "safe"),
        (f"#{KEY}\n", "certain"),
        ("ssh-rsa AAAAother eva\n", "certain"),
        ("", "certain"),
        (KEY.replace("IOurs", "I\nOurs"), "certain"),
    ],
)
def test_our_key_among_the_authorized(content: str, level: str) -> None:
    assert KEYED.put({KEYS: File(content.encode())}).level == level
    assert WORD.put({KEYS: File(content.encode())}).level == "safe"


def test_keys_that_are_not_known_are_a_doubt_unless_all_are_gone() -> None:
    agent = replace(DEVICE, way=replace(ROUTER.way, login="agent"))
    more = FILES[KEYS] + b"ssh-rsa AAAAnew adam\n"
    assert agent.put({KEYS: File(more)}).level == "safe"
    assert agent.put({KEYS: File(b"ssh-rsa AAAAother eva\n")}).level == "doubt"
    assert agent.put({KEYS: None}).level == "certain"


def test_a_file_of_keys_that_was_not_read_must_have_ours() -> None:
    unread = replace(KEYED, files={})
    assert unread.put({KEYS: File(f"{KEY}\n".encode())}).level == "safe"
    assert unread.put({KEYS: File(b"ssh-rsa AAAAother eva\n")}).level == "certain"


@pytest.mark.parametrize(
    ("field", "level", "blind"),
    [
        (OURS, "safe", "safe"),
        (AGAIN, "safe", "doubt"),
        (THEIRS, "certain", "doubt"),
        ("$2b$10$unknownkind", "doubt", "doubt"),
        ("!" + OURS, "certain", "certain"),
        ("*", "certain", "certain"),
        ("x", "certain", "certain"),
        ("", "safe", "safe"),
    ],
)
def test_the_password_in_shadow(field: str, level: str, blind: str) -> None:
    change = {SHADOW: File(f"root:{field}:2:0:99999:7:::\n".encode())}
    assert WORD.put(change).level == level
    assert DEVICE.put(change).level == blind


def test_who_logs_in_with_nothing_is_cut_off_by_any_password() -> None:
    open_ = replace(
        DEVICE, files={SHADOW: b"root::0::::::\n"}, way=replace(ROUTER.way, login="none")
    )
    assert open_.put({SHADOW: File(f"root:{OURS}:1::::::\n".encode())}).level == "certain"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("root:x:0:0:root:/root:/bin/false", "certain"),
        ("admin:x:0:0:root:/root:/bin/ash", "certain"),
        ("root:x:0:0:root:/root", "certain"),
        ("root:x:0:0:root:/root:/bin/bash", "doubt"),
        ("root:x:0:0:The root:/root:/bin/ash", "safe"),
    ],
)
def test_the_line_of_the_user(line: str, level: str) -> None:
    assert KEYED.put({PASSWD: File(line.encode() + b"\n")}).level == level


def test_the_shell_must_be_among_the_shells() -> None:
    assert KEYED.put({"/etc/shells": File(b"/bin/ash\n")}).level == "safe"
    assert KEYED.put({"/etc/shells": File(b"/bin/bash\n")}).level == "certain"


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        ("Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        ("correct horse", OURS),
        ("correct horse", AGAIN),
    ],
)
def test_hashes_of_shadow_are_compared(password: str, stored: str) -> None:
    assert fits(password, stored) is True
    assert fits(password + "x", stored) is False
    assert fits(password, "$y$j9T$somethingnew$x") is None


def test_the_known_vector_of_sha512() -> None:
    stored = (
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEO"
        "faS35inz1"
    )
    assert fits("Hello world!", stored) is True


# -- HTTP -------------------------------------------------------------------------------------

WEB = replace(
    WORD,
    way=Way(
        "10.77.0.11",
        80,
        "http",
        password=Secret("correct horse"),
        seen=SeenFrom("10.77.0.70", "10.77.0.11", 80),
    ),
)
TLS = replace(
    WEB, way=replace(WEB.way, port=443, tls=True, seen=SeenFrom("10.77.0.70", "10.77.0.11", 443))
)


@pytest.mark.parametrize(
    ("old", "new", "level", "secure"),
    [
        ("0.0.0.0:80", "0.0.0.0:8080", "certain", "safe"),
        ("0.0.0.0:80", "127.0.0.1:80", "certain", "safe"),
        ("0.0.0.0:80", "10.77.0.11:80", "safe", "safe"),
        ("0.0.0.0:80", "80", "safe", "safe"),
        ("0.0.0.0:443", "0.0.0.0:8443", "safe", "certain"),
        ("redirect_https '0'", "redirect_https '1'", "certain", "safe"),
        ("\toption ubus_prefix '/ubus'\n", "", "certain", "certain"),
        ("config uhttpd", "config nothing", "certain", "certain"),
        ("/etc/uhttpd.crt", "/etc/own.crt", "safe", "doubt"),
        ("'/ubus'", "'/ubus'\n\toption max_requests '9'", "safe", "safe"),
    ],
)
def test_the_web_server(old: str, new: str, level: str, secure: str) -> None:
    assert WEB.ask("uhttpd", (old, new)).level == level
    assert TLS.ask("uhttpd", (old, new)).level == secure
    assert WORD.ask("uhttpd", (old, new)).level == "safe"


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("option username 'root'", "option username 'eva'", "certain"),
        ("'$p$root'", f"'{OURS}'", "doubt"),
        ("'$p$root'", f"'{THEIRS}'", "certain"),
        ("'$p$root'", "'correct horse'", "doubt"),
        ("'$p$root'", "'battery staple'", "certain"),
        ("\tlist write '*'\n", "", "certain"),
        ("list write '*'", "list write 'luci-*'", "doubt"),
        ("list write '*'", "list write 'x'\n\tlist write '*'", "doubt"),
        ("timeout '30'", "timeout '60'", "doubt"),
    ],
)
def test_rpcd_and_that_it_forgets_a_rollback_when_it_is_restarted(
    old: str, new: str, level: str
) -> None:
    found = WEB.ask("rpcd", (old, new))
    assert found.level == level, found
    assert "forgets the rollback" in said(found)
    assert WORD.ask("rpcd", (old, new)).level == "safe"


def test_a_password_of_shadow_counts_over_http_where_rpcd_asks_there() -> None:
    change = {SHADOW: File(f"root:{THEIRS}:2::::::\n".encode())}
    assert WEB.put(change).level == "certain"
    own = WEB.with_text("rpcd", TEXTS["rpcd"].replace("$p$root", "correct horse"))
    assert own.put(change).level == "safe"
    acl = {"/usr/share/rpcd/acl.d/luci-base.json": File(b"{}")}
    assert (WEB.put(acl).level, WORD.put(acl).level) == ("doubt", "safe")
    assert TLS.put({"/etc/uhttpd.crt": File(b"x")}).level == "doubt"
