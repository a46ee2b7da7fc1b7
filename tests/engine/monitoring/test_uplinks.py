"""What is behind what, and which of the devices that are gone is the cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from owtui.engine.monitoring.alerts.seen import Documents, Jumps
from owtui.engine.monitoring.alerts.uplinks import Down, Edge, Strength, Uplinks
from storage import devicelist, devices, documents
from storage.db import Database
from storage.documents import Kept
from storage.tables import Credentials, DeviceConnection

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
MESH, ACCESS, JUMP = Strength.NEIGHBOUR, Strength.ACCESS, Strength.JUMP


def ids(*numbers: int) -> list[UUID]:
    return [UUID(int=number) for number in numbers]


def graph(*edges: tuple[int, int, Strength]) -> Uplinks:
    return Uplinks(Edge(UUID(int=b), UUID(int=a), strength) for b, a, strength in edges)


def cause(uplinks: Uplinks, of: int, *down: int, unknown: tuple[int, ...] = ()) -> int | None:
    """Of the devices that are down, in the order in which they went."""
    order = {UUID(int=one): NOON + timedelta(minutes=nth) for nth, one in enumerate(down)}
    found = Down(uplinks, order, lambda one: one.int in unknown).cause(UUID(int=of))
    return found.int if found else None


def test_the_cause_is_the_end_of_the_chain() -> None:
    chain = graph((3, 2, ACCESS), (2, 1, ACCESS))
    assert cause(chain, 3, 3, 2, 1) == 1
    assert cause(chain, 3, 3, 2) == 2
    assert cause(chain, 3, 3, 1) is None  # what is between them answers
    assert cause(chain, 3, 3, 1, unknown=(2,)) == 1  # nobody asks it
    assert cause(chain, 1, 3, 2, 1) is None


def test_of_two_uplinks_both_must_be_gone_of_two_jump_hosts_one() -> None:
    two = graph((3, 1, ACCESS), (3, 2, ACCESS))
    assert cause(two, 3, 3, 1) is None
    assert cause(two, 3, 3, 1, 2) in (1, 2)
    assert cause(graph((3, 1, JUMP), (3, 2, JUMP)), 3, 3, 2) == 2
    mixed = graph((3, 1, ACCESS), (3, 2, MESH))
    assert cause(mixed, 3, 3, 1) == 1  # the mesh neighbour is no way out
    assert cause(mixed, 3, 3, 2) is None


def test_a_surer_statement_goes_before_its_opposite() -> None:
    pair = graph((2, 1, ACCESS), (1, 2, MESH))
    assert cause(pair, 2, 2, 1) == 1
    assert cause(pair, 1, 2, 1) is None


def test_devices_that_explain_only_each_other_have_the_first_as_the_cause() -> None:
    ring = graph((1, 2, MESH), (2, 3, MESH), (3, 1, MESH), (4, 3, MESH))
    assert [cause(ring, one, 2, 1, 3, 4) for one in (1, 2, 3, 4)] == [2, None, 2, 2]
    fed = graph((1, 2, MESH), (2, 1, MESH), (1, 9, ACCESS))
    assert [cause(fed, one, 1, 2, 9) for one in (1, 2, 9)] == [9, 9, None]


def test_who_is_cut_off_with_it() -> None:
    tree = graph((2, 1, ACCESS), (3, 2, ACCESS), (4, 2, ACCESS), (4, 9, ACCESS))
    assert tree.behind(UUID(int=1)) == 2  # 4 has another way
    assert graph((1, 2, MESH), (2, 1, MESH)).behind(UUID(int=1)) == 1


def test_a_big_mesh_that_is_gone_is_worked_out_in_no_time() -> None:
    size = 600
    mesh = graph(
        *((one, (one + step) % size, MESH) for one in range(size) for step in (1, 2, 7, -1, -2, -7))
    )
    order = {UUID(int=one): NOON + timedelta(minutes=one) for one in range(size)}
    asked = 0

    class Counted(Uplinks):
        def explainers(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal asked
            asked += 1
            return super().explainers(*args, **kwargs)

    down = Down(Counted(mesh.edges()), order)
    assert {down.cause(one) for one in order} == {UUID(int=0), None}
    assert asked == size


edges = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 8), st.sampled_from(Strength)), max_size=24
)


@given(edges, st.permutations(range(1, 9)), st.integers(0, 8), st.sets(st.integers(1, 8)))
def test_not_everything_is_hidden_and_no_cause_has_a_cause_but_in_rings(
    found: list[tuple[int, int, Strength]], order: list[int], count: int, unknown: set[int]
) -> None:
    uplinks, down = graph(*found), order[:count]
    hidden = tuple(unknown - set(down))
    causes = {one: cause(uplinks, one, *down, unknown=hidden) for one in down}
    assert not down or None in causes.values()
    assert all(one is None or one in down for one in causes.values())
    assert all(above != one for one, above in causes.items())


def test_documents_and_jump_hosts_say_what_is_behind_what(sqlite_database: Database) -> None:
    macs = {name: f"02:00:00:00:00:{nth:02X}" for nth, name in enumerate(["gw", "ap", "st", "far"])}

    def make(session: Session) -> dict[str, UUID]:
        made = {
            name: devices.create(session, name, address=f"192.0.2.{nth}", mac_address=mac).id
            for nth, (name, mac) in enumerate(macs.items(), 1)
        }
        told = {
            "gw": {
                "dhcp_leases": [{"mac": macs["ap"].lower(), "ip": "10.0.0.2", "expiry": 1}],
                "neighbors": [{"mac": macs["st"], "interface": "eth9", "ip": "10.0.0.3"}],
            },
            "ap": {
                "interfaces": [
                    {"name": "br-lan", "type": "bridge", "mac": macs["ap"]},
                    {
                        "name": "wlan0",
                        "wireless": {"mode": "access_point", "clients": [{"mac": macs["st"]}]},
                    },
                    {"name": "wlan1", "wireless": {"mode": "access_point", "clients": {}}},
                ],
                "neighbors": [{"mac": macs["gw"], "interface": "br-lan", "ip": "10.0.0.1"}],
            },
        }
        documents.save(session, [Kept.of(made[name], NOON, doc) for name, doc in told.items()])
        login = Credentials(name="none", kind="none")
        session.add(login)
        session.flush()
        params = {"jump": ["root@gw:22", "elsewhere"]}
        session.add(DeviceConnection(device_id=made["far"], credentials_id=login.id, params=params))
        return made

    made = sqlite_database.write(make)
    rows = {row.id: row for row in sqlite_database.read(devicelist.rows)}
    source = Documents()
    found = Uplinks(sqlite_database.read(lambda s: list(source.edges(s, rows))))
    named = {id_: name for name, id_ in made.items()}
    assert {(named[e.below], named[e.above], e.strength) for e in found.edges()} == {
        ("ap", "gw", ACCESS),
        ("st", "ap", ACCESS),
    }
    sqlite_database.write(lambda s: documents.drop(s, NOON + timedelta(days=2)))
    again = Uplinks(sqlite_database.read(lambda s: list(source.edges(s, rows))))
    assert len(again.edges()) == 2  # remembered
    jumps = sqlite_database.read(lambda s: list(Jumps().edges(s, rows)))
    assert jumps == [Edge(made["far"], made["gw"], JUMP)]
