"""What facts change of a device's own fields."""

from __future__ import annotations

from datetime import UTC, datetime

from owtui.engine.monitoring.ingest import Sighting
from owtui.engine.monitoring.record import record
from owtui.engine.openwrt.facts import Facts
from storage import devicelist, devices
from storage.db import Database

AT = datetime(2026, 11, 23, tzinfo=UTC)
MAC = "5C:A6:E6:10:01:00"


def test_a_router_whose_mac_another_row_holds_is_told_what_it_is_all_the_same(
    sqlite_database: Database,
) -> None:
    """Cloned virtual routers have one MAC; it is unique here, the model is not."""
    sqlite_database.write(lambda session: devices.create(session, "ap-1"))
    sqlite_database.write(lambda session: devices.create(session, "ap-2"))
    rows = {row.id: row for row in sqlite_database.read(devicelist.rows)}
    facts = Facts(model="QEMU", mac=MAC, description="OpenWrt 24.10.6")
    seen = [Sighting(id_, AT, facts=facts) for id_ in rows]
    sqlite_database.write(lambda session: record(session, seen, rows))
    after = sqlite_database.read(devicelist.rows)
    assert [(row.model, row.os) for row in after] == [("QEMU", "OpenWrt 24.10.6")] * 2
    assert sorted(row.mac or "" for row in after) == ["", MAC]
