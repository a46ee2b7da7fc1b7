"""The lease: one holder, told apart from a dead one, on SQLite's side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from owtui.engine.lease import Holder, lease_for

HOLDER = Holder("eva", "noc-1", os.getpid(), "2026-11-23T10:00:00Z")
CHILD = """
import sys
from owtui.engine.lease import Holder, lease_for
lease = lease_for(sys.argv[1])
assert lease.acquire(Holder("max", "noc-1", 1, "2026-11-23T09:00:00Z"))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'owtui.db'}"
    first, second = lease_for(url), lease_for(url)
    assert first.holder() is None
    assert first.acquire(HOLDER)
    assert first.acquire(HOLDER), "asking again keeps it"
    assert not second.acquire(Holder("max", "noc-1", 2, ""))
    assert second.holder() == HOLDER == first.holder()
    first.release()
    first.release()
    assert second.holder() is None
    assert second.acquire(HOLDER)
    second.release()


def test_zones_have_leases_of_their_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'owtui.db'}"
    assert lease_for(url, "harbour").acquire(HOLDER)
    other = lease_for(url, "roof")
    assert other.acquire(HOLDER)


def test_a_killed_holder_leaves_the_lease_free(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'owtui.db'}"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        lease = lease_for(url)
        assert not lease.acquire(HOLDER)
        found = lease.holder()
        assert found is not None and found.operator == "max"
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        assert lease.acquire(HOLDER)
        lease.release()
