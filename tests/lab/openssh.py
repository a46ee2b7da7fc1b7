"""An OpenSSH server on loopback, for the transport against the other server and for jump hosts."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.lab.device import START_S, own_address
from tests.tools import missing, tool


@dataclass(frozen=True, slots=True)
class OpenSshSpec:
    """What the server allows. Logins are those of the user who runs the tests, by key.

    Passwords cannot be tried: that would take an account of this machine. `password_offered`
    only lists the method, so that a client's walk through the methods can be tested.
    """

    authorized_keys: tuple[str, ...] = ()
    forwarding: bool = True
    password_offered: bool = False
    extra: tuple[str, ...] = ()
    """Further lines of sshd_config."""


class OpenSshServer:
    """One running sshd; a context manager, entered when it listens.

    address, port, user: where and as whom to log in; host_key: its public key, an OpenSSH line.
    """

    def __init__(self, spec: OpenSshSpec | None = None) -> None:
        self.spec = spec or OpenSshSpec()
        self.address = own_address()
        self.port = 0
        self.user = getpass.getuser()
        self.host_key = ""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed in stop()

    def __enter__(self) -> OpenSshServer:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start sshd and wait until it listens on a port that was free and is its own."""
        sshd = tool("sshd", "openssh-server")
        if os.geteuid() == 0 and not Path("/run/sshd").is_dir():
            Path("/run/sshd").mkdir(mode=0o755)  # sshd's own, which its service makes at boot
        self._folder = tempfile.TemporaryDirectory(prefix="owtui-sshd-")
        folder = Path(self._folder.name)
        self._write_key(folder / "host_key")
        keys = folder / "authorized_keys"
        keys.write_text("".join(f"{key}\n" for key in self.spec.authorized_keys))
        self.port = _free_port(self.address)
        (folder / "config").write_text(self._config(folder))
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sshd, "-D", "-e", "-f", str(folder / "config")],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._wait_listening()

    def stop(self) -> None:
        """End the server; sessions end with their connections."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_S)
            self._process = None
            self._log.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def known_hosts(self) -> bytes:
        """Return the server's key as the text of a known_hosts file."""
        return f"[{self.address}]:{self.port} {self.host_key}\n".encode()

    def log(self) -> str:
        """Return what sshd has said so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _write_key(self, path: Path) -> None:
        key = ed25519.Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        path.touch(mode=0o600)
        path.write_bytes(pem)
        public = key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        self.host_key = public.decode()

    def _config(self, folder: Path) -> str:
        lines = [
            f"ListenAddress {self.address}:{self.port}",
            f"HostKey {folder}/host_key",
            f"AuthorizedKeysFile {folder}/authorized_keys",
            f"PidFile {folder}/pid",
            "StrictModes no",  # the folder lies under a world-writable one
            "UsePAM no",
            "PermitRootLogin yes",
            f"PasswordAuthentication {'yes' if self.spec.password_offered else 'no'}",
            "KbdInteractiveAuthentication no",
            f"AllowTcpForwarding {'yes' if self.spec.forwarding else 'no'}",
            "Subsystem sftp internal-sftp",
            *self.spec.extra,
        ]
        return "".join(f"{line}\n" for line in lines)

    def _wait_listening(self) -> None:
        """Wait for sshd's own words; it ends at once when it cannot bind the port."""
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while f"Server listening on {self.address} port {self.port}." not in self.log():
            assert self._process.poll() is None, f"sshd ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"sshd is late:\n{self.log()}"
            time.sleep(0.01)


def _free_port(address: str) -> int:
    """Return a port nobody holds on an address that is ours alone, so that it stays free."""
    with closing(socket.socket()) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            missing("loopback addresses 127.0.0.0/8", "run on Linux")
        port: int = probe.getsockname()[1]
        return port
