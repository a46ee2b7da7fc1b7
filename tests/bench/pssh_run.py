"""parallel-ssh as a program: pssh_run.py HOSTS.json KEY AT_ONCE COMMAND, in its own environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pssh.clients import ParallelSSHClient
from pssh.config import HostConfig


def main(hosts_file: str, key: str, at_once: str, command: str) -> None:
    """Print what every host answers, its name in front."""
    hosts = json.loads(Path(hosts_file).read_text())
    client = ParallelSSHClient(
        [address for address, _ in hosts],
        host_config=[HostConfig(port=port, user="root", private_key=key) for _, port in hosts],
        pool_size=int(at_once),
        allow_agent=False,
        identity_auth=False,
    )
    for answer in client.run_command(command):
        for line in answer.stdout:
            print(f"{answer.host}: {line}")


if __name__ == "__main__":
    main(*sys.argv[1:])
