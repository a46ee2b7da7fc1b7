"""What one SSH login offers and asks for: algorithms, the credential, the deadline of its proof.

Options are built once per kind of login and copied; asyncssh would validate them anew for each
connection (a tenth of the CPU of a login).
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import asyncssh

from owtui.engine.transport.base import Deadlines, Login
from owtui.engine.transport.errors import Place
from owtui.engine.transport.hostkeys import HostKeyCheck
from owtui.errors import AuthError

KEX = [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
]
# GCM costs us least; dropbear has none, and routers without AES instructions do ChaCha20 best.
CIPHERS = [
    "aes128-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes256-ctr",
]
MACS = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"]
LEGACY_KEX = ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"]
LEGACY_CIPHERS = ["aes128-cbc", "3des-cbc"]
LEGACY_MACS = ["hmac-sha1", "hmac-md5"]
KEPT_KEYS = 256


class KeyRing:
    """Private keys parsed once: a passphrase costs 0.1 s of CPU, a fleet shares few keys."""

    def __init__(self) -> None:
        self._keys: OrderedDict[bytes, asyncssh.SSHKey] = OrderedDict()
        self._reading = asyncio.Lock()

    async def key_of(self, login: Login, name: str) -> asyncssh.SSHKey:
        """Return the parsed private key of a login; AuthError when it cannot be read."""
        pem = login.secret.reveal() if login.secret else ""
        passphrase = login.passphrase.reveal() if login.passphrase else None
        mark = hashlib.sha256(f"{passphrase}\0{pem}".encode()).digest()
        async with self._reading:
            if mark not in self._keys:
                self._keys[mark] = await asyncio.to_thread(_read_key, pem, passphrase, name)
                if len(self._keys) > KEPT_KEYS:
                    self._keys.popitem(last=False)
            self._keys.move_to_end(mark)
            return self._keys[mark]


class Client(asyncssh.SSHClient):
    """asyncssh's questions during one login, answered.

    limit: the deadline of the whole login, shortened while the server looks at a credential
    logged_in: done when the server let us in, or with what went wrong
    proving: True while the server looks at a credential
    """

    def __init__(
        self,
        login: Login,
        check: HostKeyCheck,
        key: asyncssh.SSHKey | None,
        auth_s: float,
        limit: asyncio.Timeout,
    ) -> None:
        self.check = check
        self.logged_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.proving = False
        self._login = login
        self._key = key
        self._auth_s = auth_s
        self._limit = limit
        self._until = limit.when()
        self._asked = False
        self._known = login.known and not is_rsa(key)  # RSA: the server says with which hash
        self._answered = False
        self._gone = False
        self._when_gone: Callable[[], None] | None = None

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Compare with the book, before any credential is sent."""
        return self.check.accepts(key.get_algorithm(), key.public_data)

    def begin_auth(self, username: str) -> None:
        """The key exchange is done: the server holds the key it showed."""
        self.check.proven = True

    def known_key(self) -> asyncssh.SSHKey | None:
        """Give a key that worked before, once, to be proven without asking for it first."""
        if not self._known or self._key is None:
            return None
        self._known = False
        self._prove()
        return self._key

    def ask_first(self) -> None:
        """Take a refused `known_key` as not offered yet: the server is asked what it wants."""
        self._asked = False
        self.auth_completed()

    def public_key_auth_requested(self) -> asyncssh.SSHKey | None:
        """Offer the key once."""
        key, self._key = self._key, None
        if key is not None:
            self._prove()
        return key

    def password_auth_requested(self) -> str | None:
        """Offer the password once."""
        if self._asked or self._login.kind not in ("password", "none"):
            return None
        self._prove()
        return self._login.secret.reveal() if self._login.secret else ""

    def kbdint_auth_requested(self) -> str | None:
        """Answer OpenSSH servers that ask for the password this way only."""
        if self._asked or self._login.kind != "password":
            return None
        self._prove()
        return ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """Give the password to the one hidden prompt, nothing to any other."""
        if not prompts:
            return []
        if len(prompts) > 1 or prompts[0][1] or self._answered or not self._login.secret:
            return None
        self._answered = True
        return [self._login.secret.reveal()]

    def auth_completed(self) -> None:
        """Back to the deadline of the login."""
        self.proving = False
        if not self._limit.expired():
            self._limit.reschedule(self._until)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, expected or not."""
        self._gone = True
        if self._when_gone is not None:
            self._when_gone()

    def when_gone(self, then: Callable[[], None]) -> None:
        """Call `then` once the connection is gone; at once when it is already."""
        self._when_gone = then
        if self._gone:
            then()

    @property
    def factory(self) -> bool:
        """Whether the server opened without a credential; unknown (False) with an agent."""
        return self._login.kind == "none" or (not self._asked and self._login.kind != "agent")

    def _prove(self) -> None:
        self._asked = self.proving = True
        soon = asyncio.get_running_loop().time() + self._auth_s
        if not self._limit.expired():
            self._limit.reschedule(soon if self._until is None else min(soon, self._until))


def options(
    login: Login, client: Client, place: Place, deadlines: Deadlines, *, sha1: bool = False
) -> asyncssh.SSHClientConnectionOptions:
    """Return the options of one connection; sha1: sign with ssh-rsa instead of rsa-sha2."""
    base = _base(
        login.kind,
        login.username,
        login.legacy_host_keys,
        sha1,
        client.check.algorithms(login.legacy_host_keys),
        deadlines.keepalive_s,
    )
    own = copy.copy(base)
    own.host, own.port = place.address, place.port
    own.protocol_factory = lambda: client
    own.waiter = client.logged_in
    if login.kind == "agent":
        # Set here: given to the constructor, it would also load the keys in ~/.ssh.
        own.agent_path = os.environ.get("SSH_AUTH_SOCK") or None
    return own


def is_rsa(key: asyncssh.SSHKey | None) -> bool:
    """Whether an old server could take this key with a SHA-1 signature only."""
    return key is not None and key.get_algorithm() == "ssh-rsa"


@lru_cache(maxsize=256)
def _base(
    kind: str,
    username: str,
    legacy: bool,
    sha1: bool,
    host_keys: tuple[str, ...],
    keepalive_s: float,
) -> asyncssh.SSHClientConnectionOptions:
    methods = {"key": ["publickey"], "agent": ["publickey"], "none": ["password"]}
    return asyncssh.SSHClientConnectionOptions(
        config=None,
        username=username,
        agent_path=None,
        client_keys=None,
        gss_host=None,
        x509_trusted_certs=None,
        known_hosts=([], [], []),  # empty and true: asyncssh reads no file and asks Client
        preferred_auth=methods.get(kind, ["password", "keyboard-interactive"]),
        server_host_key_algs=list(host_keys),
        kex_algs=KEX + (LEGACY_KEX if legacy else []),
        encryption_algs=CIPHERS + (LEGACY_CIPHERS if legacy else []),
        mac_algs=MACS + (LEGACY_MACS if legacy else []),
        compression_algs=["none"],
        signature_algs=["ssh-rsa"] if sha1 else (),
        keepalive_interval=keepalive_s,
        keepalive_count_max=2,  # the third silent interval ends the connection
        login_timeout=0,  # ours is an asyncio.timeout round all of it
    )


def _read_key(pem: str, passphrase: str | None, name: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(pem, passphrase or None)
    except asyncssh.KeyEncryptionError:
        raise AuthError(
            f"{name}: the passphrase does not open the private key of its credential.",
            "Enter the passphrase of the credential again.",
        ) from None
    except asyncssh.KeyImportError:
        raise AuthError(
            f"{name}: the private key of its credential cannot be read.",
            "It has to be an RSA or Ed25519 key in PEM or OpenSSH form.",
        ) from None


def denied(place: Place, login: Login) -> AuthError:
    """The server looked at the credential and said no."""
    what = {"key": "the key", "agent": "every key of the agent", "none": "a login without password"}
    offered = what.get(login.kind, "the password")
    if login.kind == "agent" and (missing := _no_agent()):
        return AuthError(
            f"{place.name}: no SSH agent runs here ({missing}).",
            "Start one, or use a key or password credential.",
        )
    return AuthError(
        f"{place.name}: {place.where} refuses {offered} for {login.username}.",
        "Check the credential of the device's connection.",
    )


def _no_agent() -> str:
    """Why there is no agent to ask, "" where one seems to be."""
    path = os.environ.get("SSH_AUTH_SOCK", "")
    if not path:
        return "SSH_AUTH_SOCK is not set"
    return "" if Path(path).is_socket() else f"{path}, as SSH_AUTH_SOCK says, is not there"
