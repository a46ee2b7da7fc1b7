"""From a key to a plan to a job, and the screens that tell of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.job import JobScreen
from owtui.console.screens.plan import PlanScreen
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.console.seed import id_of, sow_job
from widgets.form import FormDialog


async def planned(pilot: Pilot[Any], line: str) -> None:
    await type_text(pilot, line)
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
    await settled(pilot)


async def test_a_device_shows_facts_state_and_history_on_its_pages(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, DeviceScreen)
        text = "\n".join(shown(pilot.app))
        assert "ap-hall-04 shows another" in text
        assert "✖ critical" in shown(pilot.app)[0]
        await press(pilot, "d")
        assert "[Facts]" in shown(pilot.app)[1]
        assert any('"board": "ubnt,unifi-6-lite"' in line for line in shown(pilot.app))
        await press(pilot, "escape")
        await type_text(pilot, ":show ap-roof-01")
        await press(pilot, "enter")
        await press(pilot, "shift+tab")
        assert any("run_command" in line and "success" in line for line in shown(pilot.app))


async def test_a_device_is_described_from_the_list(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "d")
        await until(pilot, lambda: any("[Facts]" in line for line in shown(pilot.app)))
        assert any('"hostname"' in line for line in shown(pilot.app))
        await press(pilot, "escape")
        assert "[Facts]" not in "\n".join(shown(pilot.app))


async def test_a_push_is_one_key_from_its_plan(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":devices ap-yard-01")
        await press(pilot, "enter", "A")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        await settled(pilot)
        text = "\n".join(shown(pilot.app))
        assert "Push configuration on 1 device" in text
        assert "It has no configuration" in text


async def test_a_plan_starts_only_when_the_right_count_is_typed(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":mark ap-yard-01|ap-yard-02|ap-yard-03")
        await press(pilot, "enter")
        await planned(pilot, ":run uptime")
        assert "will change 3" in shown(pilot.app)[1]
        await press(pilot, "2", "enter")
        assert any("That is not 3; nothing was started." in line for line in shown(pilot.app))
        assert isinstance(pilot.app.screen, PlanScreen)
        await press(pilot, "escape")
        assert "3 marked (0 hidden)" in shown(pilot.app)[-2]


async def test_enter_in_a_plan_shows_what_will_run_on_the_device(folder: Path) -> None:
    async with driven(folder) as pilot:
        await planned(pilot, ":run uptime @ap-roof-01")
        await press(pilot, "enter")
        assert any("will run:" in line for line in shown(pilot.app))
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, PlanScreen)


async def test_the_footer_of_a_plan_names_only_keys_that_are_not_typed(folder: Path) -> None:
    async with driven(folder) as pilot:
        await planned(pilot, ":run uptime @tag=roof")
        assert shown(pilot.app)[-1] == " F1 help F3 save plan ⏎diff Esc back ^q quit"
        await press(pilot, "q")
        assert pilot.app.is_running


async def test_a_new_password_is_masked_and_never_in_the_plan(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "a", "p")
        # The user's name is there already: what is typed is the password, and is checked here.
        await press(pilot, *"short", "f5")
        assert any("New password must have 6 to 30" in line for line in shown(pilot.app))
        assert isinstance(pilot.app.screen, FormDialog)
        await press(pilot, *["backspace"] * 5)
        await type_text(pilot, "sesame-123")
        assert "sesame" not in "\n".join(shown(pilot.app))
        assert any("••••••••••" in line for line in shown(pilot.app))
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert "sesame" not in pilot.app.screen._plan.to_json()


async def test_a_form_says_what_is_missing_and_keeps_what_was_typed(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "x")
        await press(pilot, "f5")
        assert any("Command is needed." in line for line in shown(pilot.app))
        await type_text(pilot, "uptime")
        await press(pilot, "tab", "x", "f5")
        assert [line.value for line in pilot.app.screen.query(Input)][:2] == ["uptime", "x"]


async def test_a_form_names_what_is_wrong_by_its_label_and_is_kept(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "a", "r", "x", "f5")
        text = " ".join(" ".join(shown(pilot.app)).replace("│", " ").split())
        assert "Wait for its return, seconds: must be a whole number" in text
        assert isinstance(pilot.app.screen, FormDialog)
        await press(pilot, "escape")
        assert any("Esc again drops what you typed." in line for line in shown(pilot.app))


async def test_a_form_whose_plan_is_refused_comes_back_with_what_was_typed(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "a", "u", *"/no/file", "tab", *"/etc/x", "f5")
        await until(pilot, lambda: any("cannot be read" in line for line in shown(pilot.app)))
        form = pilot.app.screen
        assert isinstance(form, FormDialog)
        assert form.values() == {"file": "/no/file", "path": "/etc/x", "mode": "0644"}
        await press(pilot, "escape", "escape")
        assert not isinstance(pilot.app.screen, FormDialog)


async def test_a_changed_host_key_is_accepted_by_a_plan_and_is_recorded(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "a", "k")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        await press(pilot, "y", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await until(pilot, lambda: any("success" in line for line in shown(pilot.app)[:3]))
        audit = await pilot.app.bridge.call(lambda engine: engine.audit([id_of("ap-hall-04")]))
        assert [one["action"] for one in audit] == ["accept_host_key"]
        assert audit[0]["outcome"] == "success"


async def test_jobs_are_listed_and_offer_only_what_their_state_allows(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6")
        assert [line.split()[-8] for line in shown(pilot.app)[2:5]]
        assert "P pause job X abort" in shown(pilot.app)[-1]
        await press(pilot, "down")
        assert "T retry" in shown(pilot.app)[-1]
        assert "abort" not in shown(pilot.app)[-1]
        await press(pilot, "down")
        assert "retry" not in shown(pilot.app)[-1]


async def test_identical_answers_are_one_group_that_opens(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6", "down", "enter")
        await until(pilot, lambda: any("12/12" in line for line in shown(pilot.app)))
        lines = shown(pilot.app)
        assert any(re.search(r"9 ap-\S+ … +DISTRIB_RELEASE='24.10.0'", line) for line in lines)
        assert any(
            re.search(r"✖ +1 ap-roof-07 +10.8.7.17:22 does not answer", line) for line in lines
        )
        await press(pilot, "down", "enter")
        assert any("ap-roof-02 ap-roof-05" in line for line in shown(pilot.app))
        await press(pilot, "tab")
        assert any("ap-roof-07" in line and "failed" in line for line in shown(pilot.app))


async def test_a_running_job_shows_who_runs_and_who_waits(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":jobs 3")
        await press(pilot, "enter")
        await until(pilot, lambda: any("1/3" in line for line in shown(pilot.app)))
        text = "\n".join(shown(pilot.app))
        assert "running: ap-roof-02" in text
        assert "waiting: ap-roof-03" in text


async def test_pausing_and_aborting_a_job_reach_the_engine(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6", "P")
        await until(pilot, lambda: pilot.app.session.jobs[0]["state"] == "paused")
        await press(pilot, "X")
        assert any("Abort job 3?" in line for line in shown(pilot.app))
        await press(pilot, "y")
        await until(pilot, lambda: pilot.app.session.jobs[0]["state"] == "cancelled")
        await until(pilot, lambda: "abort" not in shown(pilot.app)[-1])


async def test_a_retry_plans_only_what_did_not_end_well(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6", "down", "T")
        await settled(pilot)
        told = "\n".join(shown(pilot.app))
        assert "will change 1" in told or "Job 2" in told


async def test_a_retry_asks_again_for_what_is_secret_before_its_plan(folder: Path) -> None:
    lost = {"ap-roof-01": ("failed", "", "ap-roof-01 does not answer.")}
    sow_job(folder / "owtui.db", 4, "change_password", "Change password on 1 device", 1, lost)
    async with driven(folder) as pilot:
        await type_text(pilot, ":jobs 4")
        await press(pilot, "enter")
        await until(pilot, lambda: "T retry" in shown(pilot.app)[-1])
        await press(pilot, "T")
        await until(pilot, lambda: isinstance(pilot.app.screen, FormDialog))
        await type_text(pilot, "sesame-123")
        assert "sesame" not in "\n".join(shown(pilot.app))
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert pilot.app.screen._secrets == {"password": "sesame-123"}
        assert "sesame" not in pilot.app.screen._plan.to_json()
