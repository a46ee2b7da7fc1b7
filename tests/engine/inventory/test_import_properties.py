"""Generated inventories on real SQLite: no crash, and never a part of a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import SQLModel

from owtui.engine.inventory import ansible, csvfile, files, jsonfile, sshconfig
from owtui.errors import BlockedError, InputError
from tests.engine.inventory.conftest import Inventory

NAMES = st.sampled_from(
    ["ap-1", "AP-1", "ap-2", "ap-3", "gw.example", "00:11:22:33:44:01", "ap 1", ""]
)
CELLS = {
    "name": NAMES,
    "mac_address": st.sampled_from(["", "", "00:11:22:33:44:01", "00-11-22-33-44-02", "nonsense"]),
    "organization": st.sampled_from(["", "default", "Harbour", "harbour", "--"]),
    "address": st.sampled_from(["", "10.0.0.1", "fe80::1", "a b", "ap.example"]),
    "management_ip": st.sampled_from(["", "10.0.0.9", "10.0.0.999"]),
    "port": st.sampled_from(["", "22", "22001", "0", "ssh"]),
    "user": st.sampled_from(["", "root", "eva", "x"]),
    "password": st.sampled_from(["", "secret", "other secret", "abc"]),
    "group": st.sampled_from(["", "roofs", "yards", "g" * 61]),
    "tags": st.sampled_from(["", "roof", "roof,5g", "a b"]),
    "key": st.sampled_from(["", "", "k1", "k2", "no key"]),
    "notes": st.text(max_size=20),
    "zone": st.text(max_size=5),
    "host_key": st.sampled_from(["", "ssh-ed25519 AAAA", "ssh-ed25519 BBBB", "nonsense"]),
}


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A CSV file with some of the columns, some good and some bad rows, and any delimiter."""
    columns = [
        "name",
        *draw(st.lists(st.sampled_from(sorted(CELLS)[:-1]), unique=True, max_size=8)),
    ]
    columns = list(dict.fromkeys(columns))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=draw(st.sampled_from(",;\t")))
    writer.writerow(columns)
    for _ in range(draw(st.integers(0, 6))):
        writer.writerow([draw(CELLS[column]) for column in columns])
    return out.getvalue()


def _counts(inventory: Inventory) -> dict[str, int]:
    tables = [t for t in SQLModel.metadata.sorted_tables if t.name != "revision"]
    return inventory.database.read(
        lambda s: {
            t.name: s.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
        }
    )


@given(text=tables(), skip_errors=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_generated_file_is_imported_whole_or_not_at_all(
    inventory: Inventory, text: str, skip_errors: bool
) -> None:
    before = _counts(inventory)
    plan = inventory.plan(text)
    assert _counts(inventory) == before
    try:
        done = inventory.apply(plan, skip_errors=skip_errors)
    except (InputError, BlockedError):
        assert _counts(inventory) == before
        assert plan.errors or not skip_errors
        return
    after = _counts(inventory)
    assert after["device"] == before["device"] + len(done.created)
    assert after["audit_entry"] == before["audit_entry"] + len(done.created) + len(done.updated)
    assert skip_errors or (not plan.errors and not done.left_out)
    again = inventory.plan(text)
    # of two that want one management address the last has it, so the first wants it again
    assert not again.changing or done.left_out or text.count("10.0.0.9") > 1
    assert {row.verdict for row in inventory.plan(inventory.export()).rows} <= {"same"}


SOUP = st.text(alphabet="[]:=#\"'!&*-{}|, \n\tabchostaHn01", max_size=120) | st.text(max_size=60)


@given(SOUP)
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (csvfile.read, jsonfile.read, sshconfig.read, ansible.read):
        reading = read(text)
        assert all(draft.name for draft in reading.drafts)
    ansible.read(text, "yaml")
    assert files.parse(text, files.sniff("file", text), Path("/nowhere")).kind in files.KINDS
