"""Uploads that were cut go on from what is on the device, if it is a beginning of the same."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest

from owtui.engine.transport.base import HostKeyPolicy, Login, Shell, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool, PooledShell
from owtui.engine.transport.ssh import SshConnection
from owtui.engine.transport.upload import CHUNK_BYTES, KEPT, kept
from owtui.errors import DeviceError, LostError, NoSpaceError
from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.fleet import SimulatedDevice
from storage.secrets import Secret
from tests.engine.transport.labshell import dial, processes, until
from tests.lab.device import LabDevice, LabSpec

IMAGE = random.Random(3).randbytes(6 << 20)
CUT_AT = 2 << 20
PATH = "/tmp/it's an image.bin"
PART = kept(PATH, hashlib.sha256(IMAGE).hexdigest())


class Meter:
    """What was told of an upload; `then` is done once it is so far."""

    def __init__(self, then: Callable[[], object] = lambda: None, at: int = CUT_AT) -> None:
        self.told: list[int] = []
        self._then, self._at = then, at

    def __call__(self, done: int, size: int) -> None:
        assert size == len(IMAGE)
        self.told.append(done)
        if done >= self._at:
            self._at = size + 1
            self._then()


def left(device: LabDevice) -> int:
    """Bytes of the part, -1 without one."""
    said = device.inside(f'ls -l "{PART}" 2>/dev/null').stdout.split()
    return int(said[4]) if said else -1


async def cut(device: LabDevice) -> int:
    """Lose the connection in the middle of an upload; how much of it is there."""
    connection = await dial(device)
    with pytest.raises(LostError):
        await connection.upload(IMAGE, PATH, progress=Meter(connection.abort), resume=True)
    await connection.wait_closed()
    await until(lambda: processes(device, KEPT) == "")
    return left(device)


async def arrived(device: LabDevice, meter: Meter) -> None:
    """Upload it once more, whole; nothing but the image is there then."""
    connection = await dial(device)
    assert await connection.upload(IMAGE, PATH, mode=0o640, progress=meter, resume=True)
    assert (await connection.run(f'sha256sum <"{PATH}"')).text.split()[0] == (
        hashlib.sha256(IMAGE).hexdigest()
    )
    assert (await connection.run("ls /tmp/it*")).text == f"{PATH}\n"
    connection.close()
    await connection.wait_closed()


@pytest.fixture
def device(lab_fleet: Callable[..., list[LabDevice]]) -> LabDevice:
    return lab_fleet(LabSpec())[0]


@pytest.mark.lab
async def test_a_cut_upload_goes_on_from_what_is_there(device: LabDevice) -> None:
    first = await cut(device)
    assert CUT_AT / 2 < first < len(IMAGE)
    second = Meter()
    await arrived(device, second)
    assert second.told[0] == first
    assert second.told == sorted(second.told)
    assert second.told[-1] == len(IMAGE)


@pytest.mark.lab
@pytest.mark.parametrize(
    "spoil",
    [
        'echo other >"{part}"',
        'printf x | dd of="{part}" bs=1 seek=1000 conv=notrunc',
        'cat "{part}" "{part}" "{part}" "{part}" >/tmp/x; mv /tmp/x "{part}"',
    ],
)
async def test_a_part_that_is_no_beginning_of_it_is_replaced(device: LabDevice, spoil: str) -> None:
    assert await cut(device) > 0
    done = device.inside(spoil.format(part=PART))
    assert done.returncode == 0, done.stderr
    meter = Meter()
    await arrived(device, meter)
    assert meter.told[0] == 0


@pytest.mark.lab
async def test_a_part_that_grows_meanwhile_is_not_trusted(device: LabDevice) -> None:
    """As where a connection was lost for us alone, and what it carried still comes in."""
    first = await cut(device)

    def grow() -> None:
        device.inside(f'echo more >>"{PART}"')

    meter = Meter(grow, at=first)
    await arrived(device, meter)
    assert meter.told[0] == first
    assert 0 in meter.told  # and then from the beginning


@pytest.mark.lab
async def test_a_cancelled_upload_is_ended_and_its_part_kept(device: LabDevice) -> None:
    connection = await dial(device)
    going = asyncio.Event()
    sending = asyncio.create_task(
        connection.upload(IMAGE, PATH, progress=Meter(going.set), resume=True)
    )
    await going.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    first = left(device)
    assert first > 0
    assert processes(device, KEPT) == ""
    connection.close()
    await connection.wait_closed()
    meter = Meter()
    await arrived(device, meter)
    assert meter.told[0] == first


@pytest.mark.lab
async def test_without_room_nothing_is_kept(lab_fleet: Callable[..., list[LabDevice]]) -> None:
    [device] = lab_fleet(LabSpec(tmp_bytes=4 << 20))
    connection: SshConnection = await dial(device)
    with pytest.raises(NoSpaceError):
        await connection.upload(IMAGE, PATH, resume=True)
    assert left(device) == -1
    connection.close()
    await connection.wait_closed()


@pytest.fixture
async def router() -> AsyncIterator[SimulatedDevice]:
    async with Fleet(FleetSpec(devices=1)) as fleet:
        yield fleet.devices[0]


@pytest.fixture
async def shell(router: SimulatedDevice) -> AsyncIterator[Shell]:
    login = Login(uuid4(), "password", secret=Secret(router.password), port=router.port)
    target = Target(uuid4(), router.name, (router.address,), (login,), HostKeyPolicy.STRICT)

    async def resolve(device_id: UUID) -> Target:
        return target

    pool = Pool(resolve, MemoryHostKeys({target.device_id: (router.host_key,)}))
    async with pool.shell(target.device_id) as shell:
        yield shell
    await pool.close()


async def test_a_simulated_device_keeps_what_came(router: SimulatedDevice, shell: Shell) -> None:
    files = router.device.files

    def cut(done: int, size: int) -> None:
        if (found := files.find(PART)) is not None and len(found.data) > CUT_AT:
            router.cut()

    with pytest.raises(DeviceError):
        await shell.upload(IMAGE, PATH, progress=cut, resume=True)
    found = files.find(PART)
    assert found is not None
    first = len(found.data)
    assert 0 < first < len(IMAGE)
    meter = Meter()
    assert await shell.upload(IMAGE, PATH, progress=meter, resume=True)
    assert meter.told[0] == first
    assert files.read(PATH) == IMAGE
    assert files.find(PART) is None


async def test_no_more_of_a_file_waits_here_than_a_few_pieces(shell: Shell) -> None:
    """Where the line is slow: the window of the other side would take two MiB at once."""
    assert isinstance(shell, PooledShell)
    connection = shell.connection.raw
    transport = connection.get_extra_info("socket")
    transport.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    below = connection._transport._below
    waiting: list[int] = []

    def told(done: int, size: int) -> None:
        waiting.append(below.get_write_buffer_size())

    assert await shell.upload(IMAGE, PATH, progress=told)
    assert 0 < max(waiting) < 4 * CHUNK_BYTES
