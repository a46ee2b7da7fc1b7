"""A real program is given JSON: no shell, a clean environment, and an end at its deadline."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from uuid import UUID

import pytest

from owtui.engine.notifications.sink import Parcel, SinkError, Sinks
from owtui.engine.notifications.sinks.exec import ExecSink
from owtui.errors import InputError
from owtui.settings import Settings
from storage.secrets import Secret

PARCEL = Parcel(UUID(int=5), {"notifications": [{"text": "$(touch /tmp/x); `id` “ap-ü”"}]})


def script(folder: Path, text: str) -> str:
    path = folder / "page"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


async def failing(made: ExecSink) -> SinkError:
    with pytest.raises(SinkError) as caught:
        await made.send(PARCEL, None)
    return caught.value


async def test_it_is_given_the_parcel_as_json_and_its_arguments_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWTUI_DATABASE", "postgresql://owtui:secret-7f3a@db")
    out = tmp_path / "out"
    program = script(
        tmp_path, f'cat > {out}.json; printf "%s\\n" "$@" > {out}.args; env > {out}.env'
    )
    made = ExecSink.of(Settings(notify_exec=f"{program} '$(id)' --team noc"))
    assert made is not None
    await made.send(PARCEL, Secret("s"))
    assert json.loads(out.with_suffix(".json").read_text()) == {
        "id": str(PARCEL.id),
        **PARCEL.payload,
    }
    assert out.with_suffix(".args").read_text() == "$(id)\n--team\nnoc\n"
    environment = out.with_suffix(".env").read_text()
    assert "7f3a" not in environment and "PATH=" in environment


async def test_a_program_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    alive, never = tmp_path / "alive", tmp_path / "never"
    os.mkfifo(alive)
    os.mkfifo(never)
    program = script(tmp_path, f"sleep 600 > {alive} & read x < {never}")
    gone = asyncio.create_task(asyncio.to_thread(alive.read_text))  # ends with the last writer
    error = await failing(ExecSink((program,), program_s=2.0))
    assert error.perhaps and "did not end" in error.sentence
    assert await gone == ""


async def test_an_exit_code_is_a_failure_and_75_asks_for_another_attempt(tmp_path: Path) -> None:
    error = await failing(ExecSink((script(tmp_path, "echo no modem >&2; exit 3"),)))
    assert error.perhaps and error.sentence.endswith("ended with 3: no modem.")
    assert not (await failing(ExecSink((script(tmp_path, "exit 75"),)))).perhaps


async def test_a_program_that_is_not_there_is_certain_not_to_have_run() -> None:
    assert not (await failing(ExecSink(("/nowhere/page",)))).perhaps


def test_settings_want_a_full_path() -> None:
    assert ExecSink.of(Settings()) is None
    for wrong in ("page --now", "sh -c 'page'", "'unclosed"):
        with pytest.raises(InputError):
            ExecSink.of(Settings(notify_exec=wrong))


def test_the_demo_runs_no_program_and_sends_nothing() -> None:
    chosen = {
        "notify_exec": "/bin/true",
        "notify_webhook_url": "https://hooks.example",
        "notify_smtp_host": "mail.example",
        "notify_smtp_from": "a@lab.example",
    }
    assert sorted(Sinks.load(Settings(**chosen)).on) == ["email", "exec", "webhook"]  # type: ignore[arg-type]
    assert not Sinks.load(Settings(fleet="demo", **chosen)).on  # type: ignore[arg-type]


def test_a_sink_that_cannot_be_made_is_a_problem_and_the_others_are_there() -> None:
    sinks = Sinks.load(Settings(notify_exec="page", notify_webhook_url="https://hooks.example"))
    assert list(sinks.on) == ["webhook"]
    assert [one.name for one in sinks.problems] == ["exec"]
    with pytest.raises(InputError, match="full path"):
        sinks.get("exec")
    with pytest.raises(InputError, match="not set up"):
        sinks.get("email")
    with pytest.raises(InputError, match="no sink"):
        sinks.get("pigeon")
