"""A lab device under guarded pushes: a client on plain asyncssh, and what the device itself says.

The client logs in anew for each word, as the engine does; the device is looked at past SSH, so a
way that is cut off is seen from both sides.
"""

from __future__ import annotations

import asyncio
import hashlib

import asyncssh

from owtui.engine.configs import guard
from owtui.engine.configs.guard import Answer, Bundle, State, Verb
from owtui.engine.configs.model import File, FileChanges
from tests.lab.device import LabDevice
from tests.lab.session import ask

PASSWORD = "labpass"
WINDOW, SETTLE = 60, 1
"""No test waits for the window: it ends when `expire` says so. SHORT is for those that must."""

SHORT = 3
KNOCK_S = 1.0
"""A lab device that can be reached lets one in within 0.1 s."""

CONFIG = "/etc/config/"
SYSTEM, NETWORK = CONFIG + "system", CONFIG + "network"
FIREWALL, DROPBEAR = CONFIG + "firewall", CONFIG + "dropbear"
DROP = b"\nconfig rule\n\toption name 'Drop'\n\toption src 'lan'\n\toption target 'DROP'\n"

_SNAPSHOT = """
cd /etc
find . ! -path './owtui*' ! -path './uci-defaults' -type f -exec md5sum {} + | sort -k 2
find . ! -path './owtui*' ! -path './uci-defaults' -exec ls -ldn {} + |
    awk '{ print $1, $3, $4, $NF }' | sort
"""
_IDLE = """
until [ ! -e /etc/uci-defaults/00-owtui-guard ] && [ ! -e /tmp/owtui/state ] &&
    [ ! -e /etc/owtui/guard ] && [ -z "$(ls /var/run/lab-events)" ] &&
    ! ls -d /var/run/lab-procd/owtui-guard* 2>/dev/null; do sleep 0.05; done >/dev/null
"""
_RUNNING = """
cd /var/run/lab-config
until md5sum * >/tmp/lab-runs && (cd /etc/config && md5sum *) | cmp -s - /tmp/lab-runs; do
    sleep 0.05
done
"""


class Client:
    """Somebody who pushes; `address` and `port` are where he looks for the device."""

    def __init__(self, device: LabDevice, password: str = PASSWORD) -> None:
        self.device = device
        self.address, self.port, self.password = device.address, device.port, password

    def connect(self) -> asyncssh.connection._ACMWrapper[asyncssh.SSHClientConnection]:
        """Log in anew, within KNOCK_S."""
        return asyncssh.connect(
            self.address,
            self.port,
            username="root",
            password=self.password,
            client_keys=None,
            known_hosts=None,
            agent_path=None,
            config=None,
            connect_timeout=KNOCK_S,
            login_timeout=KNOCK_S,
        )

    async def reached(self) -> bool:
        """Tell whether a fresh login works."""
        try:
            async with asyncio.timeout(KNOCK_S), self.connect() as ssh:
                return (await ask(ssh, "echo in")).text == "in\n"
        except (OSError, asyncssh.Error, TimeoutError):
            return False

    async def comes_back(self) -> None:
        """Wait until a fresh login works; the test's own deadline ends it."""
        while not await self.reached():
            await asyncio.to_thread(self.device.inside, "sleep 0.1")

    async def goes_away(self) -> None:
        """Wait until a fresh login does not work any more."""
        while await self.reached():
            await asyncio.to_thread(self.device.inside, "sleep 0.1")

    async def send(self, bundle: Bundle, *, stage: bool = False) -> Answer:
        """Upload and start (or stage) a push."""
        line = bundle.stage_line() if stage else bundle.start_line()
        return await self.say(line, bundle.id, bundle.archive())

    async def ask(self, verb: Verb, id: str, reason: str = "") -> Answer:
        """Ask the guard over a new connection."""
        return await self.say(guard.line(verb, id, reason), id)

    async def say(self, line: str, id: str, input: bytes = b"") -> Answer:
        async with self.connect() as ssh:
            said = await ask(ssh, line, input)
        try:
            return guard.parse(said.text, id, "lab")
        except guard.ProtocolError as error:
            raise AssertionError(f"{line}: {said}") from error

    async def confirm(self, id: str) -> Answer:
        """Ask for the confirm until the device has settled."""
        while True:
            answer = await self.ask(Verb.CONFIRM, id)
            if answer.state is not State.NOTYET:
                return answer
            await asyncio.to_thread(self.device.inside, "sleep 0.1")


def read(device: LabDevice, path: str) -> bytes:
    done = device.inside(f"cat '{path}'")
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


def bundle(device: LabDevice, changes: dict[str, bytes | None], **options: object) -> Bundle:
    """Make a push of these files, based on what the device has now."""
    base = {path: _md5(device, path) for path in changes}
    files: FileChanges = {p: None if data is None else File(data) for p, data in changes.items()}
    given = {"id": "p1", "window_s": WINDOW, "settle_s": SETTLE} | options
    return Bundle(changes=files, base=base, **given)  # type: ignore[arg-type]


def hostname(device: LabDevice, name: str) -> dict[str, bytes | None]:
    """Return the change that calls a device so."""
    old = read(device, SYSTEM)
    line = next(line for line in old.splitlines() if b"option hostname" in line)
    return {SYSTEM: old.replace(line, f"\toption hostname '{name}'".encode())}


def moved_lan(device: LabDevice, address: str) -> dict[str, bytes | None]:
    """Return the change that gives lan another address."""
    return {NETWORK: read(device, NETWORK).replace(b"192.168.1.1", address.encode())}


def expire(device: LabDevice) -> None:
    """Let the deadline of the push that waits be over."""
    device.inside("echo 0 >/tmp/owtui/deadline")


def applied(device: LabDevice) -> None:
    """Wait until the push that waits has settled."""
    device.inside("until grep -q applied /tmp/owtui/state; do sleep 0.05; done")


def _md5(device: LabDevice, path: str) -> str:
    done = device.inside(f"cat '{path}'")
    return hashlib.md5(done.stdout.encode()).hexdigest() if done.returncode == 0 else "-"


def snapshot(device: LabDevice) -> str:
    """Return all of /etc but the guard's own: content, mode, owner, links."""
    done = device.inside(_SNAPSHOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def idle(device: LabDevice) -> None:
    """Wait until no push is under way and nothing of one is left."""
    done = await asyncio.to_thread(device.inside, _IDLE)
    assert done.returncode == 0, done


async def runs_what_it_has(device: LabDevice) -> None:
    """Wait until the services run what lies in /etc/config; fails the test's own deadline."""
    done = await asyncio.to_thread(device.inside, _RUNNING)
    assert done.returncode == 0, done.stderr


async def assert_old(device: LabDevice, before: str, client: Client, *, runs: bool = True) -> None:
    """The device is whole, as it was, runs it and lets one in; nothing is left of the push.

    runs: its services read what it has; not so where the test edits without telling them
    """
    await idle(device)
    if runs:
        await runs_what_it_has(device)
    assert snapshot(device) == before
    await client.comes_back()


async def assert_has(device: LabDevice, files: dict[str, bytes | None]) -> None:
    """The device has exactly these files, runs them, and nothing is left of the push."""
    await idle(device)
    await runs_what_it_has(device)
    for path, data in files.items():
        done = device.inside(f"cat '{path}'")
        assert (done.stdout.encode() if done.returncode == 0 else None) == data, path


CUT_POWER = "kill -USR2 1; exec /bin/busybox sleep 1000"
KILL = "kill -9 $PPID; exit"


def arm(device: LabDevice, *steps: int, act: str = CUT_POWER) -> None:
    """Do `act` when the guard comes to its n-th command that writes, for each n given.

    The count goes on over boots, so a later step may be one of the restore. No step: count only.
    """
    lines = f"{' '.join(map(str, steps))}\n{act}\n"
    done = device.inside(_SABOTEUR, input=lines)
    assert done.returncode == 0, done.stderr


def steps(device: LabDevice) -> int:
    """Return how many commands that write the guard has come to since `arm`."""
    return int(device.inside("cat /lab/run/step").stdout or 0)


_SABOTEUR = """
read -r steps
read -r act
echo "$steps" >/lab/run/cut
echo 0 >/lab/run/step
for name in mv cp rm sync mkdir cat ln chmod rmdir; do
    cat >/usr/sbin/$name <<EOF
#!/bin/ash
case \\$(tr '\\\\0' ' ' </proc/\\$PPID/cmdline) in
*guard\\ [a-z]*)
    read -r step </lab/run/step
    step=\\$((step + 1))
    echo \\$step >/lab/run/step
    case " \\$(/bin/busybox cat /lab/run/cut) " in
    *" \\$step "*) $act ;;
    esac
    ;;
esac
exec /bin/busybox $name "\\$@"
EOF
    chmod 755 /usr/sbin/$name
done
"""
