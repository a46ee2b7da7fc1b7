"""The ping check: acceptance example 6, and which addresses it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from owtui.engine.monitoring.checks.ping import Ping, from_fping
from owtui.engine.monitoring.pinger import Echo, Pinged
from owtui.errors import InputError, ProtocolError
from storage.checks import Doors
from tests.engine.monitoring.checks.means import World
from tests.rows import device

FPING = Path(__file__).parents[5] / "shared" / "data" / "monitoring" / "fping"
GONE = {"reachable": 0.0, "loss": 100.0}


async def test_acceptance_6_without_an_address_unknown_writes_nothing_and_ok_is_unreachable() -> (
    None
):
    world = World()
    assert await world.values(Ping(), device(status="unknown")) is None
    assert await world.values(Ping(), device(status="ok")) == GONE
    assert world.answers.asked == []


async def test_acceptance_6_last_ip_counts_only_where_learned_addresses_may_be_tried() -> None:
    row = device(status="ok", last_ip="10.0.0.1")
    world = World()
    world.answers.pings["10.0.0.1"] = Pinged("icmp", 0.0, 1.0, 1.0, 1.0)
    assert await world.values(Ping(), row) == GONE
    world.management_ip_only = False
    found = await world.values(Ping(), row)
    assert found is not None
    assert found["reachable"] == 1


async def test_acceptance_6_partial_loss_is_reachable_and_total_loss_has_no_times() -> None:
    world = World()
    row = device(management_ip="10.40.0.1")
    world.answers.pings["10.40.0.1"] = Pinged.of("icmp", 5, [0.04, 0.15])
    assert await world.values(Ping(), row) == {
        **{"reachable": 1.0, "loss": 60.0},
        **{"rtt_min": 0.04, "rtt_avg": pytest.approx(0.095), "rtt_max": 0.15},
    }
    world.answers.pings["10.40.0.1"] = Pinged.of("icmp", 5, [])
    assert await world.values(Ping(), row) == GONE


def test_acceptance_6_fping_lines_are_read_and_other_text_is_an_error() -> None:
    line = "10.40.0.1 : xmt/rcv/%loss = 5/2/60%, min/avg/max = 0.04/0.08/0.15"
    times = {"rtt_min": 0.04, "rtt_avg": 0.08, "rtt_max": 0.15}
    assert from_fping(line) == {"loss": 60.0, **times}
    assert from_fping("10.40.0.1 : xmt/rcv/%loss = 5/0/100%") == {"loss": 100.0}
    for other in ("", "fping: nonsense", f"{line}\n{line}", "a : xmt/rcv/%loss = 5/5/0%"):
        with pytest.raises(ProtocolError, match="Unrecognized fping output:"):
            from_fping(other)


def test_what_fping_really_wrote_is_read() -> None:
    if not FPING.exists():
        pytest.skip("the captures beside the repository are missing: shared/data/monitoring/fping")
    up = from_fping((FPING / "reachable.stderr.txt").read_text())
    assert up == {"loss": 0.0, "rtt_min": 0.04, "rtt_avg": 0.08, "rtt_max": 0.15}
    assert from_fping((FPING / "unreachable.stderr.txt").read_text()) == {"loss": 100.0}


async def test_params_reach_the_pinger_and_the_addresses_are_tried_in_their_order() -> None:
    world = World(doors=Doors((2222, 443)))
    world.answers.pings["10.9.0.2"] = Pinged("tcp", 0.0, 1.0, 2.0, 3.0)
    row = device(address="192.0.2.1", management_ip="10.9.0.2")
    result = await Ping().run(world.asked(Ping(), row, count=2, timeout=100))
    how = Echo(2, 25, 56, 100)
    expected = [("192.0.2.1", how, (2222, 443)), ("10.9.0.2", how, (2222, 443))]
    assert world.answers.asked == expected
    assert result.note == "tcp"


async def test_a_device_behind_a_jump_host_is_skipped() -> None:
    world = World(doors=Doors((22,), behind=True))
    assert await world.values(Ping(), device(address="192.0.2.1", status="ok")) is None


@pytest.mark.parametrize(
    "params",
    [
        *({"count": 1}, {"count": 21}, {"interval": 9}, {"interval": 1001}, {"bytes": 11}),
        *({"bytes": 65509}, {"timeout": 4}, {"timeout": 1501}, {"count": "5"}, {"ttl": 3}),
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused(params: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Ping().prove(params)
