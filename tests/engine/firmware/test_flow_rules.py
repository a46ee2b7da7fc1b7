"""The pure rules of an upgrade: options, answers of devices, memory, retries, what people see."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware import judging, options, stages
from owtui.engine.firmware.aim import Aim, Installed, is_installed, why_not
from owtui.engine.firmware.judging import Fate
from owtui.errors import InputError, Kind

BOARD = "tplink,archer-c6-v3"
NAME = "openwrt x;rm -rf.bin"
AIM = Aim("1", Path("x.bin"), NAME, "ab" * 32, 9, (BOARD,), "24.10.6", "r29141")


@pytest.mark.parametrize(
    ("chosen", "line"),
    [
        ({}, "/sbin/sysupgrade -v -c /tmp/x.bin"),
        (
            {"c": True, "o": False, "u": False, "n": False, "p": False, "k": False, "F": True},
            "/sbin/sysupgrade -v -c -F /tmp/x.bin",
        ),
        ({"c": False, "F": True, "n": True}, "/sbin/sysupgrade -v -F -n /tmp/x.bin"),
        ({"n": True}, "/sbin/sysupgrade -v -n /tmp/x.bin"),
        ({"u": True}, "/sbin/sysupgrade -v -u -c /tmp/x.bin"),
    ],
)
def test_options_become_flags_in_their_order_and_then_defaults(
    chosen: dict[str, bool], line: str
) -> None:
    """Acceptance 14 a, with the defect of `-n` alone put right."""
    options.check(chosen)
    assert options.command(chosen, "/tmp/x.bin") == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n,o", 'The "-n" and "-o" options cannot be used together'),
        ("n,c", 'The "-n" and "-c" options cannot be used together'),
        ("x", "There is no upgrade option “x”."),
        ("n,n", "named twice"),
    ],
)
def test_options_that_make_no_sense_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        options.parse(text)


@given(st.dictionaries(st.sampled_from(sorted(options.MEANINGS)), st.booleans()))
def test_every_choice_is_refused_or_makes_flags_that_parse_back(chosen: dict[str, bool]) -> None:
    jsonschema.validate(chosen, dict(options.SCHEMA))
    if chosen.get("n") and (chosen.get("o") or chosen.get("c")):
        with pytest.raises(InputError):
            options.check(chosen)
        return
    flags = options.flags(chosen)
    assert len(set(flags)) == len(flags)
    assert not {"-n", "-c"} <= set(flags)
    assert options.keeps(chosen) is ("-n" not in flags)
    text = ",".join(one if on else f"no-{one}" for one, on in chosen.items())
    assert list(options.parse(text).items()) == list(chosen.items())
    assert options.flags(options.parse(text)) == flags


SEEN = "Saving config files...\nCommencing upgrade. Closing all shell sessions.\n"
FALSE = 'Command failed: ubus call system sysupgrade { "prefix": "x" } (Connection failed)\n'


@pytest.mark.parametrize(
    ("log", "fate", "says"),
    [
        (None, "never", ""),
        ("", "running", ""),
        (SEEN, "running", ""),
        ("Device a not supported\nImage check failed.\nrc=1\n", "refused", "Device a not"),
        (f"{FALSE}rc=246\n", "running", "Command failed"),
        (f"{FALSE}rc=1\n", "running", ""),
        ("rc=0\n", "running", ""),
    ],
)
def test_never_started_refused_and_running_are_told_apart(
    log: str | None, fate: str, says: str
) -> None:
    flash = judging.judge_log(log)
    assert flash.fate == fate
    assert says in judging.complaint(flash.said)
    assert "rc=" not in flash.said


@given(st.text().filter(lambda text: "Command failed" not in text), st.integers(1, 245))
def test_a_log_that_ends_with_a_failure_is_refused_whatever_it_says(text: str, rc: int) -> None:
    assert judging.judge_log(f"{text}\nrc={rc}\n").fate is Fate.REFUSED
    assert judging.complaint(text)


def test_memory_is_what_is_available_and_equal_is_not_enough() -> None:
    """Acceptance 14 e."""
    new = "MemTotal:  124928 kB\nMemFree:    512 kB\nMemAvailable:   66984 kB\n"
    assert judging.free_bytes(new) == 66984 * 1024
    assert judging.free_bytes("MemFree:    512 kB\n") == 512 * 1024
    assert judging.free_bytes("") is None
    assert not judging.fits(100, 100)
    assert judging.fits(99, 100)
    words = "Enough available memory was freed up on the system (65.41 MiB)!\n"
    assert stages.freed(66984 * 1024).startswith(words)


def test_a_uuid_without_dashes_is_the_same() -> None:
    """Acceptance 14 b."""
    assert judging.same_uuid(
        "AB000000000000000000000000000001\n", "ab" + "0" * 6 + "-0000" * 3 + "-000000000001"
    )
    assert not judging.same_uuid("2", "1")


@given(st.integers(1, 50), st.floats(0, 1))
def test_retries_wait_twice_as_long_each_time_ten_minutes_at_most(retry: int, dice: float) -> None:
    longest = min(60 * 2 ** (retry - 1), 600)
    assert longest / 2 <= stages.backoff_s(retry, dice) <= longest
    assert [stages.backoff_s(n, 0) for n in (1, 2, 3, 4, 5, 6)] == [60, 120, 240, 480, 600, 600]


def test_what_may_be_otherwise_in_a_minute_is_tried_again_and_a_refusal_is_not() -> None:
    assert Kind.LOST in stages.RECOVERABLE
    assert not {Kind.WRONG_MODEL, Kind.NO_SPACE, Kind.CHANGED, Kind.HOST_KEY} & stages.RECOVERABLE


def test_people_see_seven_steps_whose_figures_only_rise() -> None:
    shown = list(stages.STAGES.values())
    assert [one.number for one in shown] == sorted(one.number for one in shown)
    assert {one.number for one in shown} == set(range(1, 8))
    assert [one.percent for one in shown] == sorted({one.percent for one in shown})
    assert stages.told("flash", "do not unplug") == "5/7 flash: do not unplug"
    assert max(one.percent for one in shown if one.number < 5) < stages.FLASHING
    begins = [stages.progress(stages.told(name, "x/7 y")) for name in stages.STAGES]
    assert begins == sorted(begins)
    assert (begins[0], stages.progress("5/7 flash"), begins[-1]) == (10, 65, 90)
    assert [stages.progress(text) for text in ("", "back after 4 s", "9/7 x", "²/7 x")] == [0] * 4


def test_a_name_on_the_device_holds_nothing_that_a_shell_would_read() -> None:
    assert AIM.place == "/tmp/openwrt_x_rm_-rf.bin"


@pytest.mark.parametrize(
    ("runs", "wrong"),
    [
        (Installed("24.10.6", "r29141", BOARD), ""),
        (Installed("24.10.0", "r28427", BOARD), "runs 24.10.0 r28427, not"),
        (Installed("24.10.6", "r1", BOARD), "not 24.10.6 r29141"),
        (Installed("24.10.6", "r29141", "other,board"), "a other,board"),
        (Installed(), "no release"),
    ],
)
def test_what_runs_after_the_flash_is_compared_with_the_image(runs: Installed, wrong: str) -> None:
    assert wrong in why_not(AIM, runs)
    assert bool(why_not(AIM, runs)) is bool(wrong)
    assert is_installed(AIM, runs) is (not wrong or runs.board == "other,board")


def test_what_a_signal_ends_behind_the_point_of_no_return_has_flashed() -> None:
    """Stage 2 kills what still runs, and the shell may outlive sysupgrade by a line."""
    assert judging.judge_log(f"{SEEN}Terminated\nrc=143\n").fate is Fate.RUNNING
    assert judging.judge_log(f"{SEEN}rc=137\n").fate is Fate.RUNNING
    assert judging.judge_log("Saving config files...\nrc=137\n").fate is Fate.REFUSED
    assert judging.judge_log(f"{SEEN}rc=1\n").fate is Fate.REFUSED
