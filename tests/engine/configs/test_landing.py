"""Landing, sentence by sentence of what OpenWISP's agent does with its merge (control.md §4.5)."""

from __future__ import annotations

import pytest

from owtui.engine.configs.landing import land, needed
from owtui.engine.configs.model import File
from owtui.errors import InputError
from tests.engine.configs.pushing import NETWORK, Router, files, text

# -- every UCI file in the archive must parse, else nothing is touched --


def test_a_broken_file_of_the_configuration_is_refused_before_anything_else() -> None:
    with pytest.raises(InputError, match="invalid UCI file: network") as caught:
        land(files(network=NETWORK), files(network="config 'x\n"), {}, {})
    assert "line 1" in caught.value.sentence


# -- merge: each remote section is written by name; remote option or list replaces local; local-only
# -- options are kept


def test_options_outside_the_configuration_are_kept_and_lists_replaced() -> None:
    ours = "config interface 'lan'\n\toption ipaddr '10.0.0.1'\n\tlist dns '1.1.1.1'\n"
    assert text(land(files(network=NETWORK), files(network=ours), {}, {}), "network") == (
        "\nconfig interface 'lan'\n"
        "\toption proto 'static'\n"
        "\toption ipaddr '10.0.0.1'\n"
        "\tlist dns '1.1.1.1'\n"
        "\toption mtu '1400'\n"
        "\nconfig interface 'wg1'\n"
        "\toption proto 'wireguard'\n"
        "\n"
    )


def test_an_option_replaces_a_list_and_the_other_way_round() -> None:
    ours = "config interface 'lan'\n\toption dns '1.1.1.1'\n\tlist ipaddr '10.0.0.1/24'\n"
    after = text(land(files(network=NETWORK), files(network=ours), {}, {}), "network")
    assert "\toption dns '1.1.1.1'\n" in after
    assert "\tlist ipaddr '10.0.0.1/24'\n" in after
    assert "9.9.9.9" not in after


def test_a_section_of_the_same_name_and_another_type_gets_the_type() -> None:
    ours = "config device 'wg1'\n\toption name 'x'\n"
    after = text(land(files(network=NETWORK), files(network=ours), {}, {}), "network")
    assert "config device 'wg1'\n\toption proto 'wireguard'\n\toption name 'x'\n" in after


def test_new_sections_come_last_and_new_packages_are_new_files() -> None:
    ours = files(network="config interface 'new'\n", own="config a 'b'\n\toption x '1'\n")
    landing = land(files(network=NETWORK), ours, {}, {})
    assert text(landing, "network").endswith("\nconfig interface 'new'\n\n")
    assert landing.changes["/etc/config/own"] == ours["/etc/config/own"]


def test_what_says_the_same_is_not_written_whatever_it_looks_like() -> None:
    running = files(network='# kept\nconfig interface lan\n option proto "dhcp"\n')
    ours = files(network="\nconfig interface 'lan'\n\toption proto 'dhcp'\n\n")
    assert land(running, ours, {}, {}).changes == {}
    assert land(running, ours, {}, {}, overwrite=True).changes == {}


def test_a_file_keeps_the_mode_that_it_has_on_the_router() -> None:
    ours = files(network="config interface 'lan'\n\toption proto 'dhcp'\n")
    landing = land(files(0o600, network=NETWORK), ours, {}, {})
    assert landing.changes["/etc/config/network"].mode == 0o600  # type: ignore[union-attr]


# -- overwrite copies files --


def test_overwriting_replaces_the_whole_package() -> None:
    ours = files(network="config interface 'lan'\n\toption proto 'dhcp'\n")
    landing = land(files(network=NETWORK, own="config a\n"), ours, {}, {}, overwrite=True)
    assert landing.changes == ours


# -- what was in the previous archive and is absent now: restored if it was there before owtui, else
# -- deleted


def test_an_option_that_leaves_the_configuration_is_put_back_or_deleted() -> None:
    router = Router(files(network=NETWORK))
    section = "config interface 'lan'\n\toption proto 'dhcp'\n"
    router.push(files(network=f"{section}\toption ipaddr '10.0.0.1'\n\toption peerdns '0'\n"))
    assert "option ipaddr '10.0.0.1'" in router.text("network")
    router.push(files(network=section))
    assert "option ipaddr '192.168.1.1'" in router.text("network")
    assert "option proto 'dhcp'" in router.text("network")
    assert "peerdns" not in router.text("network")


def test_a_section_that_leaves_the_configuration_is_put_back_or_deleted() -> None:
    router = Router(files(network=NETWORK))
    stays = "config interface 'stays'\n\toption proto 'none'\n"
    lan = "config interface 'lan'\n\toption proto 'dhcp'\n\n"
    router.push(files(network=f"{lan}config interface 'new'\n\toption proto 'none'\n\n{stays}"))
    router.push(files(network=stays))
    assert router.text("network") == f"{NETWORK[:-1]}\n{stays}\n"


def test_a_section_keeps_what_somebody_added_by_hand_when_it_leaves_the_configuration() -> None:
    router = Router({})
    router.push(files(own="config a 'b'\n\toption ours '1'\n"))
    router.files.update(files(own="config a 'b'\n\toption ours '1'\n\toption theirs '2'\n"))
    router.push({})
    assert router.text("own") == "\nconfig a 'b'\n\toption theirs '2'\n\n"


def test_a_section_that_somebody_deleted_is_put_back_as_it_was_before_owtui() -> None:
    router = Router(files(network=NETWORK))
    router.push(files(network="config interface 'lan'\n\toption proto 'dhcp'\n"))
    router.files.update(files(network="config interface 'own'\n\toption proto 'none'\n"))
    router.push({})
    assert router.text("network").endswith(NETWORK.split("\nconfig interface 'wg1'")[0] + "\n")


# -- empty sections and files are removed --


def test_sections_and_files_left_empty_are_removed() -> None:
    router = Router(files(own="config a 'mine'\n\toption x '1'\n"))
    router.push(files(own="config a 'b'\n\toption x '1'\n", other="config a 'b'\n\toption x '1'\n"))
    landing = router.push({})
    assert router.files == files(own="config a 'mine'\n\toption x '1'\n")
    assert landing.changes["/etc/config/other"] is None


# -- the first time a package is managed its original is kept --


def test_the_original_is_kept_once_and_comes_back_byte_for_byte() -> None:
    original = f"# written by hand\n{NETWORK}"
    router = Router(files(0o600, network=original))
    first = router.push(files(network="config interface 'lan'\n\toption proto 'dhcp'\n"))
    assert first.originals == files(0o600, network=original)
    second = router.push(files(network="config interface 'lan'\n\toption mtu '1500'\n"))
    assert second.originals == first.originals
    last = router.push({})
    assert router.files == files(0o600, network=original)
    assert last.originals == {}


def test_an_overwritten_package_comes_back_whole() -> None:
    router = Router(files(network=NETWORK))
    router.push(files(network="config interface 'x'\n\toption proto 'none'\n"), overwrite=True)
    router.push({}, overwrite=True)
    assert router.files == files(network=NETWORK)


def test_a_package_that_was_not_there_is_an_original_too() -> None:
    router = Router({})
    assert router.push(files(own="config a\n\toption x '1'\n")).originals == {
        "/etc/config/own": None
    }
    router.push({})
    assert router.files == {}


# -- other files --


def test_a_file_that_was_not_there_is_added_and_deleted_again() -> None:
    router = Router({})
    landing = router.push({"/etc/x": File(b"ours", 0o755)})
    assert landing.originals == {"/etc/x": None}
    assert router.files == {"/etc/x": File(b"ours", 0o755)}
    landing = router.push({})
    assert landing.changes == {"/etc/x": None}
    assert landing.notes == ("/etc/x is no longer in the configuration: deleted.",)


def test_a_file_that_was_there_is_modified_and_restored() -> None:
    router = Router({"/etc/x": File(b"theirs", 0o600)})
    assert router.push({"/etc/x": File(b"ours")}).originals == {"/etc/x": File(b"theirs", 0o600)}
    router.push({"/etc/x": File(b"ours, newer")})
    landing = router.push({})
    assert router.files == {"/etc/x": File(b"theirs", 0o600)}
    assert landing.notes == ("/etc/x is no longer in the configuration: put back as it was.",)


def test_a_file_of_which_no_original_is_known_goes_only_if_nobody_changed_it() -> None:
    sent = {"/etc/x": File(b"ours")}
    assert land(sent, {}, sent, {}).changes == {"/etc/x": None}
    landing = land({"/etc/x": File(b"changed")}, {}, sent, {})
    assert (landing.changes, landing.originals) == ({}, {})
    assert landing.notes == ("/etc/x was changed on the router and is left as it is.",)


@pytest.mark.parametrize("path", ["etc/x", "/etc/../x", "/etc//x", "/etc/./x", "/a b", "/etc/x\n"])
def test_paths_that_the_agent_does_not_take_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="no path"):
        land({}, {path: File(b"")}, {}, {})


def test_what_must_be_read_beside_the_packages() -> None:
    assert needed({"/etc/b": 1, "/etc/config/a": 1}, {"/etc/a": 1}, {"/etc/c": 1}) == [
        "/etc/a",
        "/etc/b",
        "/etc/c",
    ]
