"""What is sent to a guard and how its answers are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import Any

import pytest

from owtui.engine.configs import guard
from owtui.engine.configs.guard import Answer, Bundle, Refusal, State, Verb
from owtui.engine.configs.model import File
from owtui.errors import InputError, Kind, ProtocolError

SYSTEM = "/etc/config/system"
NEW = b"config system\n\toption hostname 'ap-2'\n"
BASE = "0" * 32


def bundle(**fields: Any) -> Bundle:
    given: dict[str, Any] = {"id": "p1", "changes": {SYSTEM: File(NEW)}, "base": {SYSTEM: BASE}}
    return Bundle(**(given | fields))


def unpacked(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = ((entry.name, tar.extractfile(entry)) for entry in tar.getmembers())
        return {name: file.read() for name, file in files if file}


def test_the_upload_holds_the_files_the_plan_the_script_and_last_the_sums_of_all() -> None:
    changes = {
        SYSTEM: File(NEW, 0o644),
        "/etc/config/fresh": File(b"", 0o644),
        "/etc/a folder/run me": File(b"#!/bin/sh\n", 0o755),
        "/etc/old.conf": None,
    }
    base = dict.fromkeys(changes, "-") | {SYSTEM: BASE, "/etc/old.conf": "1" * 32}
    files = unpacked(bundle(changes=changes, base=base, services=(("cron", "restart"),)).archive())
    assert files["guard"] == guard.script()
    assert files["new/etc/a folder/run me"] == b"#!/bin/sh\n"
    assert files["services"] == b"cron restart\n"
    md5 = {path: hashlib.md5(file.data).hexdigest() for path, file in changes.items() if file}
    assert files["plan"].decode().splitlines() == [
        f"- {md5['/etc/a folder/run me']} 0755 /etc/a folder/run me",
        f"- {md5['/etc/config/fresh']} 0600 /etc/config/fresh",
        f"{BASE} {md5[SYSTEM]} - {SYSTEM}",  # keeps the mode that it has
        f"{'1' * 32} - - /etc/old.conf",
    ]
    assert list(files)[-1] == "sums"
    sums = dict(line.split("  ", 1)[::-1] for line in files["sums"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "sums"
    }


def test_the_same_push_is_the_same_bytes() -> None:
    assert bundle().archive() == bundle().archive()
    assert gzip.decompress(bundle().archive())


def test_the_command_lines_say_what_to_do_with_the_upload() -> None:
    assert "sh guard start p1 90 10; " in bundle().start_line()
    assert (
        "&& sh guard stage p1 30 5 600 reboot ping=192.0.2.1; "
        in bundle(window_s=30, settle_s=5, reboot=True, ping="192.0.2.1").stage_line()
    )
    assert " & " not in bundle().start_line()
    assert guard.line(Verb.RESTORE, "p1", "check").count("restore p1 check") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "p 1"},
        {"id": ""},
        {"id": "x" * 65},
        {"changes": {}},
        {"base": {}},
        {"window_s": 10},
        {"settle_s": -1},
        {"ping": "1.1.1.1; reboot"},
        {"services": (("cron", "status"),)},
        {"services": (("../x", "start"),)},
        *(
            {"changes": {path: None}, "base": {path: "-"}}
            for path in (
                "etc/x", "/etc/../x", "/etc//x", "/etc/x\n", "/etc/x ", "/etc/a\\b", "/tmp/x",
                "/etc/owtui/last", "/proc/x", "/etc/config/a b", "/", "/etc/",
            )
        ),
    ],
)  # fmt: skip
def test_what_a_guard_could_not_carry_out_is_no_bundle(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        bundle(**fields)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("STARTED p1\n", Answer(State.STARTED)),
        ("none p1\n", Answer(State.NONE)),
        ("pending p1 88\n", Answer(State.PENDING, left_s=88)),
        ("staged p1 600\n", Answer(State.STAGED, left_s=600)),
        ("applied p1 0\n", Answer(State.APPLIED, left_s=0)),
        ("NOTYET p1\n", Answer(State.NOTYET)),
        ("restoring p1 deadline\n", Answer(State.RESTORING, reason="deadline")),
        ("restored p1 reboot\n", Answer(State.RESTORED, reason="reboot")),
        # the record alone, where no script is left
        ("# confirmed p1\n[ ! -f /etc/x ] || exec sh\nnone p1\n", Answer(State.CONFIRMED)),
        (
            "# restored p1 deadline\n# lost /etc/config/a b\n# lost /etc/c\nnone p1\n",
            Answer(State.RESTORED, reason="deadline", lost=("/etc/config/a b", "/etc/c")),
        ),
        ("# confirmed other\n# x\nnone p1\n", Answer(State.NONE)),
        ("CHANGED /etc/a\n", Answer(refusal=Refusal.CHANGED, reason="/etc/a")),
        ("PENDING p0\n", Answer(refusal=Refusal.PENDING, reason="p0")),
        ("BUSY\n", Answer(refusal=Refusal.BUSY)),
    ],
)  # fmt: skip
def test_answers_are_read(text: str, answer: Answer) -> None:
    assert guard.parse(text, "p1", "ap-1") == answer


@pytest.mark.parametrize("text", ["", "sh: can't open guard\n", "applied p2 3\n"])
def test_what_is_no_answer_is_a_protocol_error(text: str) -> None:
    with pytest.raises(ProtocolError, match="ap-1: its guard answered"):
        guard.parse(text, "p1", "ap-1")


@pytest.mark.parametrize("refusal", Refusal)
def test_each_refusal_has_words_a_hint_and_says_that_nothing_was_changed(refusal: Refusal) -> None:
    error = guard.refused(Answer(refusal=refusal, reason="network"), "ap-1")
    assert error.refusal is refusal
    assert error.sentence.startswith("ap-1: ") and error.sentence.endswith("Nothing was changed.")
    assert error.hint and "{" not in error.sentence


def test_another_push_and_another_hand_are_told_apart() -> None:
    assert guard.refused(Answer(refusal=Refusal.PENDING, reason="p0"), "ap-1").kind is Kind.BUSY
    assert guard.refused(Answer(refusal=Refusal.CHANGED), "ap-1").kind is Kind.CHANGED
