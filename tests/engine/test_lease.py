"""The lease: one holder, told apart from a dead one, on SQLite's side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from owtui.engine.lease import Holder, lease_for
from tests.storage_fixtures import END_OTHERS, PgServer

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
    assert second.holder() == HOLDER == first.holder() == second.rival
    first.release()
    first.release()
    assert second.holder() is None
    assert second.acquire(HOLDER)
    assert second.rival is None
    second.release()


def test_a_group_that_shares_the_folder_shares_the_lease_whatever_the_umask(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    lease = lease_for(f"sqlite:///{shared / 'owtui.db'}")
    before = os.umask(0o077)
    try:
        assert lease.acquire(HOLDER)
    finally:
        os.umask(before)
        lease.release()
    assert (shared / "owtui.engine").stat().st_mode & 0o777 == 0o660


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


def test_a_lease_whose_file_somebody_removed_is_lost(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'owtui.db'}"
    lease = lease_for(url)
    assert not lease.is_held()
    assert lease.acquire(HOLDER) and lease.is_held()
    (tmp_path / "owtui.engine").unlink()
    other = lease_for(url)
    assert other.acquire(HOLDER)
    assert not lease.is_held()
    assert not lease.acquire(HOLDER) and other.is_held()
    other.release()


@pytest.mark.pg
def test_a_lease_ends_with_its_connection_to_the_server(pg_server: PgServer, pg_url: str) -> None:
    first, second = lease_for(pg_url), lease_for(pg_url)
    assert first.acquire(HOLDER) and first.is_held()
    assert not second.acquire(HOLDER)
    assert second.rival is not None and second.rival.short == HOLDER.short
    pg_server.run(END_OTHERS, pg_url)
    assert not first.is_held()
    assert second.acquire(HOLDER) and second.is_held()
    assert not first.acquire(HOLDER)
    second.release()
