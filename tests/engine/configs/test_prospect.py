"""What a push would do to one device, in words: refused, doubtful, or what changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from owtui.engine.configs import archive
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.model import Agent, File, Rendered, Running
from owtui.engine.configs.prospect import APPLYING, UNREAD, Prospect, paths_of, prospect
from owtui.engine.openwrt.sums import md5
from tests.engine.configs.asked import ROUTER

DEVICE = UUID(int=7)
SYSTEM = "/etc/config/system"
WIRELESS = "/etc/config/wireless"
WAY = ROUTER.way
FILES = {**ROUTER.running().files, SYSTEM: File(b"config system\n\toption hostname 'old'\n")}
RUNS = Running(FILES, {path: md5(file.data) for path, file in FILES.items()}, seen_from=WAY.seen)


def rendered(**texts: str) -> Rendered:
    files = {f"/etc/config/{name}": File(text.encode()) for name, text in texts.items()}
    return Rendered(files, archive.pack(files), "0" * 32)


NAMED = rendered(system="config system 'system'\n\toption hostname 'roof'\n")


def aim(what: Rendered | None = NAMED, **more: Any) -> Aim:
    return Aim(**{"device_id": DEVICE, "name": "ap", "rendered": what, "running": RUNS, **more})


def test_what_changes_is_shown_and_summed_up() -> None:
    found = prospect(aim(), WAY)
    assert (found.refusal, found.verdict.level) == ("", "safe")
    assert set(found.changes) == {SYSTEM}
    assert "+   option hostname 'roof'" in found.diff
    assert found.summary.startswith("1 file, +")
    assert len(found.digest) == 32


def test_one_that_has_it_already_gets_nothing() -> None:
    same = rendered(system="config system\n\toption hostname 'old'\n")
    found = prospect(aim(same), WAY)
    assert (found.refusal, found.changes, found.diff, found.summary) == ("", {}, "", "")


def test_what_nobody_can_render_is_refused_in_its_own_words() -> None:
    refusal = "Nothing defines the variables ssid, key."
    assert prospect(aim(None, refusal=refusal), None) == Prospect(refusal)


def test_one_that_was_never_read_is_refused() -> None:
    assert prospect(aim(running=None), None).refusal == UNREAD


def test_one_whose_agent_is_at_work_is_refused() -> None:
    busy = replace(RUNS, agent=Agent(running=True, applying=True))
    assert prospect(aim(running=busy), None).refusal == APPLYING


def test_uncommitted_changes_are_refused_where_they_are_touched() -> None:
    found = prospect(aim(running=replace(RUNS, staged=("network", "system"))), None)
    assert found.refusal == "Somebody has uncommitted changes there: system."
    elsewhere = prospect(aim(running=replace(RUNS, staged=("network",))), None)
    assert elsewhere.refusal == ""
    # A package that leaves the configuration is touched as well.
    left = aim(
        rendered(),
        previous=NAMED.files,
        running=replace(RUNS, staged=("system",)),
    )
    assert "system" in prospect(left, None).refusal


def test_a_file_that_could_not_be_read_is_not_overwritten() -> None:
    unread = replace(RUNS, unread={SYSTEM: "permission denied"})
    found = prospect(aim(running=unread), None)
    assert found.refusal == f"{SYSTEM} could not be read: permission denied."
    elsewhere = replace(RUNS, unread={WIRELESS: "permission denied"})
    assert prospect(aim(running=elsewhere), None).refusal == ""


def test_a_configuration_that_is_no_uci_is_refused() -> None:
    broken = Rendered({SYSTEM: File(b"option without section\n")}, b"", "")
    assert "invalid UCI file: system" in prospect(aim(broken), None).refusal


def test_what_cuts_us_off_is_refused_with_place_and_new_address() -> None:
    moved = rendered(network="config interface 'lan'\n\toption ipaddr '10.77.0.12'\n")
    found = prospect(aim(moved), WAY)
    assert found.refusal.startswith("It would cut us off: ")
    assert "network.lan.ipaddr" in found.refusal
    assert "It would answer at 10.77.0.12:22: give that as its new address." in found.refusal
    assert "10.77.0.12" in found.diff
    told = prospect(aim(moved), WAY, on_purpose="10.77.0.12")
    assert told.refusal == ""


def test_an_agent_that_will_put_its_own_back_is_a_doubt() -> None:
    url = "https://controller.example"
    agent = Agent(running=True, url=url)
    found = prospect(aim(running=replace(RUNS, agent=agent)), None)
    assert (found.refusal, len(found.doubts)) == ("", 1)
    assert url in found.doubts[0]
    idle = prospect(aim(running=replace(RUNS, agent=Agent(url=url))), None)
    assert idle.doubts == ()


def test_what_landing_and_verdict_are_unsure_of_is_told() -> None:
    gone = aim(rendered(), previous={"/etc/motd": File(b"ours")}, originals={"/etc/motd": None})
    running = replace(
        RUNS,
        files={**RUNS.files, "/etc/motd": File(b"ours")},
        sums={**RUNS.sums, "/etc/motd": md5(b"ours")},
    )
    found = prospect(replace(gone, running=running), None)
    assert found.doubts == ("/etc/motd is no longer in the configuration: deleted.",)
    assert found.changes == {"/etc/motd": None}


def test_a_secret_that_the_difference_hides_still_moves_the_digest() -> None:
    found = [
        prospect(aim(rendered(wireless=f"config wifi-iface 'one'\n\toption key '{key}'\n")), None)
        for key in ("first secret", "other secret")
    ]
    assert found[0].diff == found[1].diff
    assert all("secret" not in one.diff for one in found)
    assert found[0].digest != found[1].digest


def test_a_file_that_was_never_looked_at_is_a_doubt() -> None:
    files = {"/etc/motd": File(b"hi")}
    found = prospect(aim(Rendered(files, b"", "")), None)
    assert found.doubts == (
        "/etc/motd was never looked at: what is there now is replaced, and kept.",
    )


def test_only_files_outside_the_packages_are_asked_for() -> None:
    more = rendered(system="")
    files = {**more.files, "/etc/motd": File(b"hi")}
    wanted = aim(replace(more, files=files), originals={"/etc/banner": None})
    assert paths_of(wanted) == ("/etc/banner", "/etc/motd")
