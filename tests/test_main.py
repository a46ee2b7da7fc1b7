"""The program ends when its work ends, whatever a terminal's driver left behind."""

from __future__ import annotations

import subprocess
import sys

_LEFT_BEHIND = """
import threading
import owtui.cli.app

def run(argv):
    threading.Thread(target=threading.Event().wait, name={name!r}).start()
    print("done")
    return 7

owtui.cli.app.run = run
from owtui.__main__ import main
main()
"""


def test_a_thread_that_reads_a_terminal_that_is_gone_keeps_nobody() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LEFT_BEHIND.format(name="textual-input")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "done\n")
