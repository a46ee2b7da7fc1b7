"""What SSH costs this side: CPU per cold login and per warm command, memory per connection.

python -m tests.bench.ssh_cost [devices]: servers run in another process, so that the CPU measured
is the client's alone. Each answers a command with 9 kB, as a poll does.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import asyncssh

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool
from storage.secrets import Secret
from tests.engine.transport.sshserver import Server

ANSWER = b"x" * 9000
CONCURRENCY = 100


async def answer(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.stdout.write(ANSWER)
    process.exit(0)


async def serve(count: int) -> None:
    """Listen `count` times, say where, and run until standard input closes."""
    servers = [Server(shell=answer) for _ in range(count)]
    for server in servers:
        await server.__aenter__()
    print(*(server.port for server in servers), flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def fleet(count: int) -> Iterator[list[int]]:
    """Run the servers in a process of their own; yields their ports."""
    command = [sys.executable, "-m", "tests.bench.ssh_cost", "serve", str(count)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None
        yield [int(port) for port in process.stdout.readline().split()]
        process.communicate()


def rss_kib() -> int:
    """Resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


async def cpu_of(work: Callable[[UUID], Awaitable[None]], devices: list[UUID]) -> float:
    """Milliseconds of CPU per device, `CONCURRENCY` at a time."""
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(device: UUID) -> None:
        async with gate:
            await work(device)

    began = time.process_time()
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(one(device))
    return (time.process_time() - began) * 1000 / len(devices)


async def measure(ports: list[int]) -> dict[str, float]:
    """Cold and warm cost with password logins, and what an open connection holds."""
    login = Secret("secret")
    targets = {
        UUID(int=port): Target(
            UUID(int=port),
            f"ap-{port}",
            ("127.0.0.1",),
            (Login(None, "password", secret=login, port=port),),
            HostKeyPolicy.ACCEPT_NEW,
        )
        for port in ports
    }

    async def resolve(device_id: UUID) -> Target:
        return targets[device_id]

    pool = Pool(resolve, MemoryHostKeys(), Deadlines(login_s=120, auth_s=60))

    async def ask(device: UUID) -> None:
        async with pool.shell(device) as shell:
            assert (await shell.run("poll")).stdout == ANSWER

    devices = list(targets)
    await cpu_of(ask, devices[:5])  # imports and caches
    before, rest = rss_kib(), devices[5:]
    cold = await cpu_of(ask, rest)
    held = (rss_kib() - before) / len(rest)
    warm = min([await cpu_of(ask, rest) for _ in range(3)])
    await pool.close()
    return {"cold_ms": cold, "warm_ms": warm, "kib": held}


def main(count: int) -> dict[str, float]:
    """Measure and print."""
    with fleet(count) as ports:
        figures = asyncio.run(measure(ports))
    print(
        f"{count} devices: cold {figures['cold_ms']:.2f} ms, warm {figures['warm_ms']:.2f} ms "
        f"({figures['cold_ms'] / figures['warm_ms']:.1f} x cheaper), "
        f"{figures['kib']:.0f} KiB a connection"
    )
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2])))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 200)
