"""What disks, crashes and other processes do to the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from storage.series import (
    How,
    Key,
    Point,
    SeriesBusy,
    SeriesDamaged,
    SeriesFile,
    SeriesFull,
    SeriesNewer,
    SeriesUnusable,
    schema,
    set_aside,
)
from tests.storage.series import writer

KEY = Key(UUID(int=1), "cpu", "cpu_usage")
DAY = 86_400.0
BEGIN = 20_000 * DAY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "series.db"


def opened(path: Path, now: float = BEGIN) -> SeriesFile:
    return SeriesFile.open(path, lambda: now)


def filled(path: Path) -> None:
    """Two days, folded, and some hot points."""
    file = opened(path)
    noise = Random(3)
    file.write([Point(KEY, BEGIN + nth * 30, noise.random()) for nth in range(5760)])
    file.compact(BEGIN + 3 * DAY)
    file.write([Point(KEY, BEGIN + 3 * DAY + nth, noise.random()) for nth in range(3000)])
    file.close()
    assert not path.with_name("series.db-wal").exists()


def use_all(file: SeriesFile) -> None:
    """All that reads and writes."""
    file.read([KEY], BEGIN, BEGIN + 5 * DAY)
    file.buckets([KEY], BEGIN, BEGIN + 5 * DAY, 3600, How.MEAN)
    file.last([KEY])
    file.sizes()
    file.write([Point(KEY, BEGIN + 4 * DAY, 1.0)])
    file.compact(BEGIN + 9 * DAY)


@pytest.mark.parametrize("round_", range(4))
def test_kill_loses_the_last_batch_at_most(path: Path, round_: int) -> None:
    random = Random(round_)
    first, told = 0, -1
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.storage.series.writer", str(path), str(first)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for _ in range(random.randrange(5, 60)):
                told = int(process.stdout.readline())
            process.kill()
            told = max([told, *(int(line) for line in process.stdout if line.endswith("\n"))])
        file = opened(path)
        found = file.read(writer.KEYS, 0, BEGIN * 2)
        lengths = {len(samples.values) for samples in found.values()}
        assert lengths <= {told + 1, told + 2} and len(lengths) == 1  # written, killed, not told
        (length,) = lengths
        for samples in found.values():
            assert samples.values.tolist() == list(range(length))
        file.close()
        first, told = length, length - 1


def overwrite(at: float, what: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        begin = int(len(content) * at)
        return content[:begin] + what + content[begin + len(what) :]

    return change


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "its head": overwrite(0, b"\xff" * 100),
    "its tables": overwrite(0.0, b"SQLite format 3\0" + b"\x5a" * 4000),
    "half": lambda content: content[: len(content) // 2],
    "no database": lambda content: b"<html>It works!</html>" * 2000,
    "somebody else's": lambda content: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_told_and_set_aside_on_request(path: Path, damage: str) -> None:
    filled(path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    if damage == "somebody else's":
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs (id INTEGER)")
        other.close()
    before = path.read_bytes()
    with pytest.raises(SeriesDamaged, match="damaged") as caught:
        file = opened(path)
        try:
            use_all(file)
        finally:
            file.close()
    assert caught.value.hint
    aside = set_aside(path, "2026-11-27")
    assert not path.exists()
    if damage != "half":  # SQLite may have begun to write into what it takes for a database
        assert aside.read_bytes() == before
    fresh = opened(path)
    use_all(fresh)
    fresh.close()
    path.with_name("series.db").rename(path)
    assert set_aside(path, "2026-11-27") != aside


def test_a_changed_byte_of_a_block_is_noticed(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        (frame,) = connection.execute("SELECT frame FROM body").fetchone()
        changed = bytearray(frame)
        changed[len(changed) // 2] ^= 0x10
        connection.execute("UPDATE body SET frame = ?", (bytes(changed),))
    connection.close()
    file = opened(path)
    with pytest.raises(SeriesDamaged, match="cannot be read"):
        file.read([KEY], BEGIN, BEGIN + DAY)
    file.write([Point(KEY, BEGIN + 8 * DAY, 5.0)])  # other days go on
    assert file.latest_at([KEY], BEGIN + 8 * DAY)[KEY].value == 5.0
    file.close()


def test_a_full_disk_refuses_the_batch_and_writing_goes_on_when_there_is_space(path: Path) -> None:
    filled(path)
    file = opened(path)
    (pages,) = file._writer.execute("PRAGMA page_count").fetchone()
    file._writer.execute(f"PRAGMA max_page_count = {pages}")
    noise = Random(5)
    batch = [Point(KEY, BEGIN + 5 * DAY + nth, noise.random()) for nth in range(80_000)]
    with pytest.raises(SeriesFull, match="no room"):
        file.write(batch)
    assert not len(file.read([KEY], BEGIN + 5 * DAY, BEGIN + 9 * DAY)[KEY].values)
    file._writer.execute("PRAGMA max_page_count = 1000000")
    file.write(batch)
    assert len(file.read([KEY], BEGIN + 5 * DAY, BEGIN + 9 * DAY)[KEY].values) == 80_000
    file.close()


FULL = """
import resource, sys
from pathlib import Path
from random import Random
from storage.series import *
from tests.storage.series.test_faults import BEGIN, KEY
from storage.errors import UnusableError
file = SeriesFile.open(Path(sys.argv[1]), lambda: BEGIN)
batches = 0
noise = Random(1)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
try:
    while True:
        at = BEGIN + batches * 1000
        file.write([Point(KEY, at + nth, noise.random()) for nth in range(1000)])
        batches += 1
except UnusableError as error:
    assert 3 < batches < 100, batches
    assert error.hint
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert len(file.read([KEY], 0, BEGIN * 2)[KEY].values) == batches * 1000
file.write([Point(KEY, 0, 1.0)])
assert len(file.read([KEY], 0, BEGIN * 2)[KEY].values) == batches * 1000 + 1
file.close()
"""


def test_a_file_that_may_not_grow_is_no_crash(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr


def test_a_newer_file_is_refused(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    with pytest.raises(SeriesNewer, match="newer"):
        opened(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeriesUnusable, match="cannot be used"):
        opened(tmp_path / "file" / "series.db")


def test_a_lock_of_another_process_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_MS", 50)
    file = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SeriesBusy, match="Another process"):
        file.write([Point(KEY, BEGIN, 1.0)])
    other.execute("ROLLBACK")
    other.close()
    file.write([Point(KEY, BEGIN, 1.0)])
    file.close()


def test_what_is_no_number_is_refused(path: Path) -> None:
    file = opened(path)
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            file.write([Point(KEY, BEGIN, 1.0), Point(KEY, BEGIN + 1, value)])
    assert not file.last([KEY])
    file.close()


@pytest.fixture
def pair(path: Path) -> Iterator[tuple[SeriesFile, SeriesFile]]:
    """Two openings of a file, as of two processes."""
    files = opened(path), opened(path)
    yield files
    for file in files:
        file.close()


def test_what_another_process_forgets_and_names_anew_is_seen(
    pair: tuple[SeriesFile, SeriesFile],
) -> None:
    ours, theirs = pair
    ours.write([Point(KEY, BEGIN, 1.0)])
    assert theirs.last([KEY])[KEY].value == 1.0
    ours.forget([KEY.object_id])
    assert not theirs.last([KEY])
    ours.write([Point(KEY, BEGIN, 2.0)])
    assert theirs.last([KEY])[KEY].value == 2.0
    theirs.write([Point(KEY, BEGIN + 1, 3.0)])
    assert ours.last([KEY])[KEY].value == 3.0


def test_the_file_is_its_owners(path: Path) -> None:
    opened(path).close()
    assert path.stat().st_mode & 0o077 == 0


def test_metrics_of_checks_are_kept_for_a_day(path: Path) -> None:
    short = Key(UUID(int=1), "config_applied", "config_applied")
    file = opened(path)
    file.write([Point(key, BEGIN + hour * 3600, 1.0) for key in (KEY, short) for hour in range(24)])
    file.compact(BEGIN + DAY + 2 * 3600)
    found = file.read([KEY, short], BEGIN, BEGIN + DAY)
    assert len(found[KEY].values) == 24
    assert len(found[short].values) == 22
    file.compact(BEGIN + 3 * DAY)
    assert not len(file.read([short], BEGIN, BEGIN + DAY)[short].values)
    assert len(file.read([KEY], BEGIN, BEGIN + DAY)[KEY].values) == 24
    file.close()
