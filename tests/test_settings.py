"""Settings: what set each one, down to the line, and what it means."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from owtui import settinghelp, settings
from owtui.settings import DEFAULT, Loaded, Origin, Settings

FILE = """\
# theme = "not this one"
parallel = 20
"facts_every_s" = 30.0
keys_preset = "tmux-safe"

[keys]
"app.help" = ["f12"]

[fleet.lab]
read_only = true   # parallel = 3
parallel = 5

[fleet.other]
zone = "north"
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Settings from a file, a fleet's section, the environment and the command line."""
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    environ = {
        "HOME": str(tmp_path),
        "OWTUI_CONFIG": str(file),
        "OWTUI_FLEET": "lab",
        "OWTUI_IDLE_S": "7",
        "NO_COLOR": "1",
    }
    return settings.load(environ, overrides={"ascii": True})


def test_each_value_is_told_with_what_set_it(loaded: Loaded, tmp_path: Path) -> None:
    file = str(tmp_path / "config.toml")
    assert {key: loaded.origin(key) for key in asdict(loaded.settings)} == {
        **dict.fromkeys(asdict(loaded.settings), DEFAULT),
        "facts_every_s": Origin("file", file, 3),
        "keys_preset": Origin("file", file, 4),
        "keys": Origin("file", file, 6),
        "read_only": Origin("fleet", file, 10),
        "parallel": Origin("fleet", file, 11),
        "fleet": Origin("environment", "OWTUI_FLEET"),
        "idle_s": Origin("environment", "OWTUI_IDLE_S"),
        "color": Origin("environment", "NO_COLOR"),
        "ascii": Origin("command line", "the command line"),
    }
    assert (loaded.settings.parallel, loaded.settings.idle_s) == (5, 7.0)


def test_every_setting_has_its_meaning_in_one_line() -> None:
    assert settinghelp.HELP.keys() == asdict(Settings()).keys()
    assert all(len(text) <= 78 for text in settinghelp.HELP.values())
    assert settinghelp.OPTIONS.keys() <= settinghelp.HELP.keys()


def test_an_explanation_names_file_and_line_and_what_stands_in_the_way(loaded: Loaded) -> None:
    told = settinghelp.explain(loaded, "parallel")
    assert "config.toml, line 11" in told and "By default: 50" in told
    told = settinghelp.explain(loaded, "ascii")
    assert "owtui --ascii" in told
    assert "While the command line says so" in told
    assert "One of: debug, info, warning, error." in settinghelp.explain(loaded, "log_level")


def test_a_setting_of_nobody_is_to_be_written_into_the_user_s_file(tmp_path: Path) -> None:
    bare = settings.load({"HOME": str(tmp_path)})
    file = tmp_path / ".config" / "owtui" / "config.toml"
    assert f"parallel = VALUE in {file}" in settinghelp.explain(bare, "parallel")


def test_the_password_of_a_database_is_never_shown(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "OWTUI_DATABASE": "postgresql://eva:pa:ss@db/owtui"}
    told = settinghelp.explain(settings.load(environ), "database")
    assert "postgresql://eva:***@db/owtui" in told and "pa:ss" not in told


def test_a_webhook_s_path_is_shown_to_nobody() -> None:
    """With many receivers it is all that keeps others from posting."""
    shown = settinghelp.masked("notify_webhook_url", "https://hooks.example/T0/letter-7f3a?token=x")
    assert shown == "https://hooks.example/***"
    assert (
        settinghelp.masked("notify_webhook_url", "https://hooks.example") == "https://hooks.example"
    )
    assert settinghelp.masked("notify_webhook_url", "") == ""
