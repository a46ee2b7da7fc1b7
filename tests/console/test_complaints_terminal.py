"""What users of other consoles complain about, part 2: the terminal, the start, the settings.

Each test has the number of its complaint; the first part is in test_complaints.py.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from owtui.console.app import ConsoleApp
from owtui.console.bridge import Bridge
from tests.console.driving import driven, loaded, press, shown
from tests.console.ptyconsole import ROOT, running

LEFT = b"\x1b[?1049l"
CURSOR = b"\x1b[?25h"
MOUSE_OFF = b"\x1b[?1000l"
PASTE_OFF = b"\x1b[?2004l"


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    """A folder whose fleet is empty: no job runs, none is asked about."""
    place = tmp_path / "idle"
    place.mkdir(mode=0o700)
    return place


@pytest.mark.slow
def test_02_a_key_and_a_quiet_minute_cost_few_bytes(folder: Path) -> None:
    with running("console", str(folder), COLORTERM="truecolor") as console:
        console.until(b"ap-hall-04", b"RW")
        console.settle(1.0)
        console.type(b"j")
        console.settle()
        console.type(b"j")
        assert 0 < len(console.settle()) < 1500
        assert len(console.watch(6.0)) < 500, "what stands still is written again"


@pytest.mark.slow
def test_09_a_console_at_rest_leaves_the_core_alone(folder: Path) -> None:
    """The least of three windows: who else works on the machine makes the same work dearer."""
    with running("console", str(folder)) as console:
        console.until(b"ap-hall-04", b"RW")
        console.settle(1.0)
        shares = []
        for _ in range(3):
            before = console.cpu_s()
            console.watch(5.0)
            shares.append((console.cpu_s() - before) / 5.0)
            if shares[-1] < 0.02:
                return
    pytest.fail(f"idle, it uses {shares} of a core")


@pytest.mark.parametrize(
    ("mode", "ending", "code"),
    [
        ("console", signal.SIGTERM, 143),
        ("console", signal.SIGHUP, 129),
        ("breaking", b"6", 1),
        ("console", b"q", 0),
    ],
    ids=["SIGTERM", "SIGHUP", "a bug", "q"],
)
def test_10_the_terminal_is_as_it_was_whatever_ended_the_console(
    idle: Path, mode: str, ending: signal.Signals | bytes, code: int
) -> None:
    with running(mode, str(idle)) as console:
        console.until(b"No devices yet", b"RW")
        assert console.modes != console.before
        if isinstance(ending, bytes):
            console.type(ending)
        else:
            os.kill(console.process.pid, ending)
        assert console.ended() == code
        assert console.modes == console.before
        last = console.written[console.written.rindex(b"No devices yet") :]
        assert all(mark in last for mark in (LEFT, CURSOR, MOUSE_OFF, PASTE_OFF))
        assert b"Traceback" not in console.written


def test_11_without_utf_8_it_draws_in_ascii_by_itself(folder: Path) -> None:
    with running("console", str(folder), LANG="C", LC_ALL="C") as console:
        console.until(b"ap-hall-04", b"RW")
        for key in (b"\r", b"\t", b"\x1b", b"a", b"\x1b", b"?"):
            console.type(key)
            console.settle()
        assert not [byte for byte in console.written if byte > 126]
        assert b"x ap-hall-04" in console.written


def test_15_a_settings_file_that_is_no_toml_is_one_sentence_with_its_line(idle: Path) -> None:
    file = idle / "config.toml"
    file.write_text('theme = "owtui-dark"\nread_only = yes\n', "utf-8")
    with running("-m", "owtui", OWTUI_CONFIG=str(file), XDG_STATE_HOME=str(idle)) as console:
        assert console.ended() == 2
        told = " ".join(console.written.decode().split())
        assert f"The settings file {file} is not TOML" in told and "line 2" in told
        assert b"Traceback" not in console.written and LEFT not in console.written


def test_15_a_misspelt_setting_is_refused_with_its_line_and_the_nearest(idle: Path) -> None:
    """Refused, not left out: a misspelt read_only must not open a fleet to changes."""
    file = idle / "config.toml"
    file.write_text('theme = "owtui-dark"\nread_onyl = true\n', "utf-8")
    with running("-m", "owtui", OWTUI_CONFIG=str(file), XDG_STATE_HOME=str(idle)) as console:
        assert console.ended() == 2
        told = " ".join(console.written.decode().split())
        assert f"{file}:2: unknown key" in told and "Did you mean read_only?" in told


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"theme": "neon"}, "There is no theme “neon”; owtui-dark is used."),
        ({"keys": {"list.markk": ["m"]}}, "There is no key id “list.markk”. The nearest is"),
        ({"keys": {"list.mark": ["hyper+m"]}}, "“hyper+m” for list.mark is no key."),
        ({"keys_preset": "emacs"}, "There is no key preset “emacs”."),
    ],
    ids=["theme", "id", "key", "preset"],
)
async def test_15_a_theme_or_key_that_is_not_there_is_told_and_the_console_runs(
    folder: Path, chosen: dict[str, object], sentence: str
) -> None:
    async with driven(folder, **chosen) as pilot:
        assert any(sentence in one.message for one in pilot.app._notifications)
        assert "There is no" in "\n".join(shown(pilot.app)) or "is no key" in "\n".join(
            shown(pilot.app)
        )
        await press(pilot, "question_mark")
        assert "Help" in shown(pilot.app)[0]


def test_16_what_the_first_frame_does_not_show_is_not_imported(tmp_path: Path) -> None:
    app = ConsoleApp(loaded(tmp_path), Bridge)  # it can be made without any of this
    assert app.bridge.engine is None
    code = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from owtui.console.app import ConsoleApp\n"
        "from owtui.settings import Loaded, Paths, Settings\n"
        "here = Path(sys.argv[1])\n"
        "ConsoleApp(Loaded(Settings(), Paths(here, here, here, here, here)))\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    seen = set(json.loads(done.stdout))
    engine = {"owtui.engine.engine", "sqlalchemy", "asyncssh", "dbos", "httpx", "cryptography"}
    assert "owtui.console.screens.fleet" in seen
    unwanted = engine | {"owtui.console.palette", "plotext", "networkx"}
    assert seen & unwanted == set()
