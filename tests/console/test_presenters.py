"""Presenters: rows and words from plain values, in milliseconds."""

from __future__ import annotations

from datetime import timedelta

from owtui.console.presenters import action, export, fleet, history, jobs, palette, status
from owtui.console.presenters import device as device_presenter
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.groups import Group as Answers
from owtui.engine.jobs.state import ResultState
from owtui.errors import Failure, Kind
from tests.rows import NOW, device
from widgets.glyphs import ASCII, UTF8
from widgets.rowmodel import Cell


def test_an_age_beyond_five_minutes_is_told_as_stale() -> None:
    fresh = device("a", status="ok", last_seen=NOW - timedelta(seconds=5))
    old = device("b", status="ok", last_seen=NOW - timedelta(minutes=6))
    gone = device("c", is_deactivated=True, last_seen=NOW - timedelta(days=6))
    texts = [row.text(8) for row in fleet.rows([fresh, old, gone], fleet.DEFAULT, NOW, UTF8)]
    assert texts == ["<10s", "6m STALE", "6d"]


def test_a_device_that_a_job_works_on_is_busy() -> None:
    row = device("a", status="ok")
    (shown,) = fleet.rows([row], fleet.DEFAULT, NOW, UTF8, {row.id: "reboot 2/3"})
    assert shown.text(0) == UTF8.busy


def test_ascii_rows_are_ascii() -> None:
    rows = fleet.rows([device("a", status="critical")], fleet.DEFAULT, NOW, ASCII)
    assert all(row.text(at).isascii() for row in rows for at in range(len(fleet.DEFAULT)))


def test_columns_are_as_wide_as_what_is_in_them_and_never_shrink() -> None:
    few = fleet.rows([device("a", address="10.0.0.1")], fleet.DEFAULT, NOW, UTF8)
    long = fleet.rows([device("a-long-name-of-a-device")], fleet.DEFAULT, NOW, UTF8)
    before = fleet.measure(long, fleet.DEFAULT)
    assert before["name"] == len("a-long-name-of-a-device")
    assert fleet.measure(few, fleet.DEFAULT, before)["name"] == before["name"]
    assert fleet.measure(few, fleet.DEFAULT)["name"] == 10


def test_a_long_model_loses_the_maker_s_name_first() -> None:
    models = ("TP-Link Archer C7 v5", "PC Engines apu2", "Netgear WAX206", "Routerboard-1000")
    rows = fleet.rows([device(model=one) for one in models], fleet.DEFAULT, NOW, UTF8)
    shown = [row.text(fleet.DEFAULT.index("model")) for row in rows]
    assert shown == ["Archer C7 v5", "apu2", "Netgear WAX206", "Routerboard-1000"]


def test_a_job_of_this_year_is_told_without_the_year() -> None:
    assert history.brief(NOW, NOW) == NOW.astimezone().strftime("%m-%d %H:%M")
    assert history.brief(NOW - timedelta(days=400), NOW).startswith("2")


def test_chosen_columns_stay_when_the_terminal_grows() -> None:
    assert fleet.columns_for(200, fleet.DEFAULT) != fleet.DEFAULT
    assert fleet.columns_for(80, fleet.columns_for(200, fleet.DEFAULT)) == fleet.DEFAULT
    assert fleet.columns_for(200, ("name", "zone")) == ("name", "zone")


def test_a_changed_host_key_is_told_with_what_to_do() -> None:
    sections = device_presenter.sections(device(host_key="changed"), NOW)
    facts = {fact.label: fact for section in sections for fact in section.facts}
    assert facts["Host key"].role == "critical"
    assert "press a, then Accept host key" in facts["Host key"].value


def test_a_device_that_lets_anybody_in_says_so() -> None:
    said = {}
    for factory in (True, False):
        sections = device_presenter.sections(device(facts={"factory": factory}), NOW)
        said[factory] = {fact.label: fact.role for each in sections for fact in each.facts}
    assert said[True]["Password"] == "problem"
    assert "Password" not in said[False]


def test_every_action_has_a_letter_of_its_own() -> None:
    known = list(Registry.load())
    letters = action.letters(known)
    assert len(letters) == len(known)
    assert all(one.letter in ("", letter) for letter, one in letters.items())


def test_required_fields_that_are_empty_are_named() -> None:
    chosen = Registry.load().get("change_password")
    assert set(action.missing(chosen, {"username": "root"})) == {"password"}
    assert not action.missing(chosen, {"username": "root", "password": "x"})


def test_a_job_allows_what_its_state_leaves_to_do() -> None:
    running = {"finished": None, "state": "running", "failed": 1, "skipped": 0}
    over = {"state": "failed", "finished": "2026-11-23T12:00:00Z", "failed": 1, "skipped": 0}
    well = {**over, "failed": 0}
    told = {name: [jobs.allows(job, name) for job in (running, over, well)] for name in jobs.STEERS}
    assert told == {
        "job_pause": [True, False, False],
        "job_abort": [True, False, False],
        "job_retry": [False, True, False],
    }


def test_the_failed_devices_of_an_upgrade_may_be_retried_while_others_run() -> None:
    running = {"action": "upgrade", "finished": None, "state": "running", "skipped": 1}
    assert jobs.allows({**running, "failed": 1}, "job_retry")
    assert not jobs.allows({**running, "failed": 0}, "job_retry"), "who was skipped may still run"


def test_a_job_that_is_scheduled_is_told_so_with_its_time() -> None:
    at = NOW.replace(hour=23, minute=30)
    job = {"state": "queued", "reason": "", "started": None, "finished": None}
    job |= {"created": NOW.isoformat(), "scheduled_at": at.isoformat()}
    here = at.astimezone()
    assert jobs.state(job) == "scheduled" and jobs.when(job, NOW) == f"{here:%m-%d %H:%M}"
    assert jobs.note(job, NOW) == f"scheduled for {here:%Y-%m-%d %H:%M %Z}"
    begun = {**job, "state": "running"}
    assert jobs.state(begun) == "running" == jobs.note(begun, NOW)
    assert jobs.when(begun, NOW) == f"{NOW.astimezone():%m-%d %H:%M}"
    assert jobs.state({**job, "scheduled_at": None}) == "queued"


def test_a_command_that_failed_is_told_by_its_exit_and_its_output_once() -> None:
    said = 'Command "x" returned non-zero exit code: 3'
    wrong = Failure(Kind.COMMAND, said, "The output says why.")
    spoke = Answers(ResultState.FAILED, f"no wifi\n{said}", "", 3, wrong, ("ap-1", "ap-2"))
    mute = Answers(ResultState.FAILED, said, "", 3, wrong, ("ap-3",))
    refused = Answers(ResultState.FAILED, "", "", None, wrong, ("ap-4",))
    told = jobs.groups([spoke, mute, refused])
    assert [one.title for one in told] == ["exit 3: no wifi", "exit 3", said]
    assert [one.output.count(said) for one in told] == [1, 1, 1]


def test_the_palette_puts_whole_words_before_scattered_letters() -> None:
    entries = [
        palette.Entry("1", "Remove every board of out-of-date types", ""),
        palette.Entry("2", "Reboot devices", ""),
        palette.Entry("3", "Show jobs", ""),
    ]
    assert palette.found(entries, "reboo")[0].id == "2"
    assert not palette.found(entries, "zzz")
    assert len(palette.found(entries, "")) == 3


def test_counts_name_each_state_by_its_sign() -> None:
    rows = [device("a", status="ok"), device("b", status="critical"), device("c", status="ok")]
    assert [piece.text for piece in status.counts(rows, UTF8)] == ["3 dev", "▲2", "✖1"]


def test_copied_json_holds_the_facts_of_one_or_a_list_of_several() -> None:
    one = device("a", address="10.0.0.1", facts={"board": "x"})
    assert export.text("j", [one], NOW).startswith("{")
    assert export.text("j", [one, device("b")], NOW).startswith("[")
    assert export.text("a", [one], NOW) == "10.0.0.1"
    assert export.text("r", [one], NOW).split("\t")[1] == "a"


def test_a_job_s_note_tells_state_reason_and_how_long_once() -> None:
    job = {"state": "cancelled", "reason": "cancelled by eva", "started": None, "finished": None}
    assert jobs.note(job, NOW) == "cancelled by eva"
    ended = {
        "state": "failed",
        "reason": "2 failures",
        "started": "2026-11-23T11:59:00+00:00",
        "finished": "2026-11-23T11:59:04.200+00:00",
    }
    assert jobs.note(ended, NOW) == "failed: 2 failures, 4.2s"


def test_a_job_s_step_lies_over_the_figures_of_its_device_and_over_nothing_else() -> None:
    steps = ("look", "reboot", "wait")
    assert jobs.doing("reboot", steps, "reboot") == "reboot 2/3"
    assert jobs.doing("reboot", steps, "wait: 12 s") == "wait 3/3 12 s"
    assert jobs.doing("run_command", (), "") == "run command"
    one = device()
    for keys, span in ((fleet.DEFAULT, 3), (("state", "name", "mem", "tags", "cpu"), 1)):
        at = keys.index("cpu" if span == 3 else "mem")
        idle, busy = (
            fleet.rows([one], keys, NOW, UTF8, said)[0] for said in ({}, {one.id: "wait"})
        )
        assert busy.cells[at] == Cell("wait", "busy", span)
        assert busy.cells[1:at] == idle.cells[1:at]
        assert busy.cells[at + span :] == idle.cells[at + span :]
        assert busy.cells[0] == Cell("↻", "busy")
    nothing = fleet.rows([one], ("state", "name"), NOW, UTF8, {one.id: "wait"})[0]
    assert nothing.cells[1] == one.name
