"""The four clients that run one command on the same devices: how each is set up and called.

50 at once, the fleet's key, host keys on record: the work asked of them is the same. parallel-ssh
compares no host keys (it has no such option), so it does less. ansible's connection sharing is off
since one command gains nothing by it and its masters outlive the process that is measured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.fleet import ROOT, Member, Place
from tests.bench.measure import cost

AT_ONCE = 50
COMMAND = "ubus call system board"
EVIDENCE = '"kernel"'
"""What the answer of every device contains once."""

OURS = ROOT / ".venv" / "bin"
THEIRS = ROOT / ".venv-bench" / "bin"


@dataclass(frozen=True, slots=True)
class Client:
    """A command line and its environment; `verifies` tells whether it compares host keys."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    verifies: bool = True


Make = Callable[[Place, Sequence[Member], Path], Client]
"""Sets a client up for some devices of a fleet, in a folder of its own."""


def ready() -> bool:
    """Whether the peers are installed (`make bench` does it)."""
    return (THEIRS / "ansible").exists()


def owtui(place: Place, devices: Sequence[Member], folder: Path) -> Client:
    """Our command line on a database with these devices alone, host keys strict."""
    environ = _environ(folder) | {
        f"XDG_{name}_HOME": str(folder / name.lower())
        for name in ("CONFIG", "DATA", "STATE", "CACHE")
    }
    rows = [
        {
            "name": each.name,
            "organization": "bench",
            "address": each.address,
            "port": str(each.port),
            "user": "root",
            "key_file": str(place.key),
            "host_key": each.host_key,
        }
        for each in devices
    ]
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps(rows))
    program = str(OURS / "owtui")
    cost([program, "devices", "import", str(inventory)], environ)
    return Client(
        "owtui run", [program, "run", COMMAND, "--all", "--parallel", str(AT_ONCE)], environ
    )


def parallel_ssh(place: Place, devices: Sequence[Member], folder: Path) -> Client:
    """The library's native client (libssh2), in a program of a dozen lines."""
    hosts = folder / "hosts.json"
    hosts.write_text(json.dumps([[each.address, each.port] for each in devices]))
    program = Path(__file__).with_name("pssh_run.py")
    command = [THEIRS / "python", program, hosts, place.key, str(AT_ONCE), COMMAND]
    return Client("parallel-ssh", [*map(str, command)], _environ(folder), verifies=False)


def clush(place: Place, devices: Sequence[Member], folder: Path) -> Client:
    """ClusterShell with OpenSSH as its worker; ports come from an ssh_config."""
    config = folder / "ssh_config"
    config.write_text(_ssh_config(place, devices))
    nodes = ",".join(each.name for each in devices)
    command = [THEIRS / "clush", "-q", "-f", str(AT_ONCE), "-o", f"-F {config}", "-w", nodes]
    return Client("clush + OpenSSH", [*map(str, command), COMMAND], _environ(folder))


def ansible(place: Place, devices: Sequence[Member], folder: Path) -> Client:
    """The raw module: the one that needs no Python on the device."""
    inventory = folder / "inventory.ini"
    inventory.write_text(
        "".join(
            f"{each.name} ansible_host={each.address} ansible_port={each.port} ansible_user=root "
            f"ansible_ssh_private_key_file={place.key}\n"
            for each in devices
        )
    )
    environ = _environ(folder) | {
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_SSH_ARGS": f"-o ControlMaster=no -o UserKnownHostsFile={place.known_hosts}",
        "ANSIBLE_LOCALHOST_WARNING": "False",
    }
    command = [THEIRS / "ansible", "all", "-i", inventory, "-f", str(AT_ONCE)]
    return Client("ansible raw", [*map(str, command), "-m", "raw", "-a", COMMAND], environ)


CLIENTS: tuple[Make, ...] = (owtui, parallel_ssh, clush, ansible)


def _environ(folder: Path) -> dict[str, str]:
    """A home of its own; no agent, no user's settings."""
    path = f"{THEIRS}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}


def _ssh_config(place: Place, devices: Sequence[Member]) -> str:
    each = "".join(f"Host {d.name}\n  HostName {d.address}\n  Port {d.port}\n" for d in devices)
    return (
        f"{each}Host *\n  User root\n  IdentityFile {place.key}\n  IdentitiesOnly yes\n"
        f"  BatchMode yes\n  StrictHostKeyChecking yes\n  UserKnownHostsFile {place.known_hosts}\n"
    )
