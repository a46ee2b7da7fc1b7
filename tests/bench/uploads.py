"""An image to real SSH servers: our upload beside scp, in turn, each over a connection that stands.

The servers are the lab's dropbear with busybox, where scp is OpenSSH's own; simulated devices have
none, so there OpenSSH writes through `cat`. Ours proves the SHA-256 on the device, which scp does
not: both are measured with it and without.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from uuid import uuid4

import asyncssh

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.ssh import SshConnection
from storage.secrets import Secret
from tests.bench.fleet import fleet
from tests.bench.measure import Spread, title
from tests.lab import image
from tests.lab.device import LabDevice, LabSpec, Namespaces

MIB = 1 << 20
PLACE = "/tmp/image.bin"


class WithScp(LabDevice):
    """A lab device that has scp, as OpenWrt's dropbear has; OpenSSH's, from this machine."""

    def _image(self, mode: Namespaces) -> image.Image:
        own = super()._image(mode)
        program = "/usr/bin/scp"
        for path in (program, *image._libraries(program)):
            where = path if path.startswith(("/usr/bin/", "/lib64/")) else f"/lib/{Path(path).name}"
            own.add(where, Path(path).read_bytes(), 0o755)
        return own


@dataclass(frozen=True, slots=True)
class Server:
    """Where to, and what proves both sides. `scp`: it has one."""

    address: str
    port: int
    host_key: str
    key: Path
    known_hosts: Path
    scp: bool

    async def dial(self) -> SshConnection:
        """Our own connection, logged in with the key."""
        secret = Secret(self.key.read_text())
        login = Login(uuid4(), "key", secret=secret, port=self.port, known=True)
        where = Target(uuid4(), "server", (self.address,), (login,), HostKeyPolicy.STRICT)
        book = MemoryHostKeys({where.device_id: (self.host_key,)})
        return await Dialer(book, Deadlines()).connect(where)

    def options(self, *more: str) -> list[str]:
        """OpenSSH's, with nothing of this user's own."""
        told = [f"UserKnownHostsFile={self.known_hosts}", "IdentitiesOnly=yes", *more]
        return ["-F", "none", "-i", str(self.key), *(w for o in told for w in ("-o", o))]

    @contextmanager
    def standing(self, folder: Path) -> Iterator[str]:
        """A connection of OpenSSH that others use; yields the option that says so."""
        socket = folder / "master"
        command = ["ssh", *self.options(), "-M", "-S", str(socket), "-p", str(self.port)]
        with subprocess.Popen([*command, "-N", f"root@{self.address}"]) as master:
            until = time.monotonic() + 20
            while not socket.exists():
                if master.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("OpenSSH does not reach the server")
                time.sleep(0.01)
            try:
                yield f"ControlPath={socket}"
            finally:
                master.terminate()

    def copy(self, source: Path, *more: str) -> None:
        """Copy with scp, or with ssh and cat. Raises CalledProcessError."""
        if self.scp:
            command = ["scp", "-O", "-q", *self.options(*more), "-P", str(self.port), str(source)]
            subprocess.run([*command, f"root@{self.address}:{PLACE}"], check=True)
            return
        with source.open("rb") as stream:
            self.ssh(f"cat >{PLACE}", *more, stdin=stream)

    def ssh(self, line: str, *more: str, stdin: IO[bytes] | int = subprocess.DEVNULL) -> None:
        """Run a command line with OpenSSH. Raises CalledProcessError."""
        command = ["ssh", *self.options(*more), "-p", str(self.port), f"root@{self.address}", line]
        subprocess.run(command, stdin=stdin, stdout=subprocess.DEVNULL, check=True)


WAYS = ("sent", "ours", "copied", "proved", "our login", "their login")
"""Ours until the last byte was taken, and proved; theirs, and with sha256sum; with a login each."""


def show(runs: int, size: int, seed: int) -> None:
    """Measure and print."""
    title(
        f"An image of {size // MIB} MiB to an SSH server, {runs} runs in turn, MiB/s",
        "over connections that stand, except where it says login; both ends on this machine",
    )
    data = random.Random(seed).randbytes(size)
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "image.bin"
        source.write_bytes(data)
        for words, found in (
            ("dropbear and busybox, beside scp", _lab(folder, source, data, runs)),
            ("a simulated device, beside ssh cat", _simulated(folder, source, data, runs, seed)),
        ):
            print(f"   {words}")
            _row("sent", size, found["sent"], found["copied"])
            _row("sent and proved", size, found["ours"], found["proved"])
            _row("login, sent; ours proved", size, found["our login"], found["their login"])


def _row(words: str, size: int, ours: Spread, theirs: Spread) -> None:
    rates = f"{size / MIB / ours.median:7.1f} ours {size / MIB / theirs.median:7.1f} theirs"
    ratio = theirs.median / ours.median
    print(f"      {words:26}{rates}   {ratio:.2f} times   (s: {ours}; {theirs})")


def _lab(folder: Path, source: Path, data: bytes, runs: int) -> dict[str, Spread]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = folder / "labkey"
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    public = key.export_public_key().decode().strip()
    with WithScp(LabSpec(authorized_keys=(public,))) as device:
        known = folder / "lab_hosts"
        known.write_bytes(device.known_hosts())
        [host_key, *_] = [k for k in device.host_keys.public() if k.startswith("ssh-ed25519")]
        server = Server(device.address, device.port, host_key, path, known, scp=True)
        return asyncio.run(_measure(server, folder, source, data, runs))


def _simulated(folder: Path, source: Path, data: bytes, runs: int, seed: int) -> dict[str, Spread]:
    with fleet(1, seed, folder) as place:
        [one] = place.devices
        place.key.chmod(0o600)
        server = Server(one.address, one.port, one.host_key, place.key, place.known_hosts, False)
        return asyncio.run(_measure(server, folder, source, data, runs))


async def _measure(
    server: Server, folder: Path, source: Path, data: bytes, runs: int
) -> dict[str, Spread]:
    figures: dict[str, list[float]] = {way: [] for way in WAYS}
    warm = await server.dial()

    async def ours(found: dict[str, float]) -> None:
        began = time.perf_counter()

        def told(done: int, total: int) -> None:
            found["sent"] = time.perf_counter() - began

        assert await warm.upload(data, PLACE, progress=told, resume=True)
        found["ours"] = time.perf_counter() - began

    async def cold(found: dict[str, float]) -> None:
        began = time.perf_counter()
        connection = await server.dial()
        assert await connection.upload(data, PLACE, resume=True)
        found["our login"] = time.perf_counter() - began
        connection.close()
        await connection.wait_closed()

    async def theirs(found: dict[str, float]) -> None:
        began = time.perf_counter()
        await asyncio.to_thread(server.copy, source, master)
        found["copied"] = time.perf_counter() - began
        await asyncio.to_thread(server.ssh, f"sha256sum <{PLACE}", master)
        found["proved"] = time.perf_counter() - began

    async def their_login(found: dict[str, float]) -> None:
        began = time.perf_counter()
        await asyncio.to_thread(server.copy, source)
        found["their login"] = time.perf_counter() - began

    with server.standing(folder) as master:
        for number in range(runs + 1):
            for way in (ours, theirs, cold, their_login):
                found: dict[str, float] = {}
                await way(found)
                said = await warm.run(f"sha256sum <{PLACE}; rm {PLACE}")
                assert said.text.startswith(hashlib.sha256(data).hexdigest())
                if number:  # at first programs and keys are read from the disk
                    for name, took in found.items():
                        figures[name].append(took)
    warm.close()
    await warm.wait_closed()
    return {name: Spread.of(took) for name, took in figures.items()}
