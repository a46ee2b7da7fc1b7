"""Let an SSH key in on devices: the one given, or a new Ed25519 one that is kept for the fleet.

Where the private half is ours the key is proven by a fresh login before it is put on the device's
list of logins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions import ownlogins
from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Registrar, Task
from owtui.engine.jobs.plan import Verdict
from owtui.engine.openwrt.router import Router
from owtui.errors import AuthError, InputError, MissingError
from storage import credentials
from storage.logins import Draft, opened
from storage.rows import DeviceRow
from storage.secrets import Secret

PATH = "/etc/dropbear/authorized_keys"  # dropbear on OpenWrt reads root's here
KINDS = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256")


class InstallKey(Change):
    """Adds a line to authorized_keys, once."""

    id = "install_key"
    title = "Install SSH key"
    help = "Let a public key in; without one a new pair is made and kept sealed"
    params = (
        Param(
            "key",
            "Public key",
            required=False,
            default="",
            help="ssh-ed25519 AAAA…; empty: make a new pair",
        ),
        Param("name", "Name of the new login", required=False, default="owtui key"),
    )
    steps = ("key", "look", "install", "verify", "keep")
    seconds = 4.0

    def check(self, params: Mapping[str, Any]) -> None:
        """A key that is given must be one, on one line."""
        if params["key"]:
            _checked(params["key"])

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """What the file holds is not known before the job looks."""
        given = params["key"].split()
        shown = f"{given[0]} …{given[1][-12:]}" if given else "a new ssh-ed25519 key"
        return Judgement(Verdict.CHANGE, diff=f"+{PATH}: {shown}")

    async def step(self, name: str, task: Task) -> Any:
        """key: which one; look, install: unless it is there; verify, keep: where it is ours."""
        if name == "key":
            return await _key(task)
        if name == "look":
            async with task.router() as router:
                return {"there": _is_in(await _read(router), task.memo["key"]["public"])}
        if name == "install":
            return await _install(task)
        if not task.memo["key"]["credentials_id"]:
            return {}
        if name == "verify":
            return await _verify(task)
        credentials_id = UUID(task.memo["key"]["credentials_id"])
        kept = await ownlogins.kept_logins(task)

        def attach(session: Session) -> None:
            if all(one.credentials_id != credentials_id for one in kept):
                params = {k: v for k, v in kept[0].params.items() if k != "username"}
                credentials.attach(session, task.device_id, credentials_id, params=params)

        await task.transact(attach)
        return {}

    def outcome(self, task: Task) -> Outcome:
        """Changed, unless the line was there."""
        changed = not task.memo["look"]["there"]
        note = "key installed" if changed else "has this key already"
        if task.memo["key"]["credentials_id"]:
            note += ", login proven"
        return Outcome(changed=changed, note=note, output=f"{note}\n")


async def _key(task: Task) -> dict[str, Any]:
    if task.params["key"]:
        return {"public": _checked(task.params["key"]), "credentials_id": ""}
    private, row_id = await task.transact(lambda session: _own(session, task))
    return {"public": _public(private), "credentials_id": str(row_id)}


def _own(session: Session, task: Task) -> tuple[Secret, UUID]:
    """The pair of that name, made by whichever device comes first."""
    draft = Draft(task.params["name"], kind="key", key=_new_private())
    row = ownlogins.ensure_credentials(session, task.vault, draft)
    if row.kind != "key" or row.sealed is None:
        raise InputError(
            f"The login “{row.name}” is no key.", "Choose another name for the new one."
        )
    parts = opened(task.vault.unseal(session, row.sealed, f"credentials:{row.id}"))
    return parts["key"], row.id


async def _install(task: Task) -> dict[str, Any]:
    public = task.memo["key"]["public"]
    async with task.router() as router:
        text = await _read(router)
        if not _is_in(text, public):
            if text and not text.endswith("\n"):
                text += "\n"
            data = f"{text}{public}\n".encode("utf-8", "surrogateescape")
            await router.write_file(PATH, data, mode=0o600)
    return {}


async def _read(router: Router) -> str:
    try:
        return (await router.read_file(PATH)).decode("utf-8", "surrogateescape")
    except MissingError:
        return ""


def _is_in(text: str, public: str) -> bool:
    lines = (line for line in text.split("\n") if not line.lstrip().startswith("#"))
    return any(public.split()[1] in line.split() for line in lines)


async def _verify(task: Task) -> dict[str, Any]:
    private, _ = await task.transact(lambda session: _own(session, task))
    kept = await ownlogins.kept_logins(task)
    try:
        async with task.login(ownlogins.variant(kept, "key", "root", private)):
            return {}
    except AuthError as error:
        raise AuthError(
            f"{task.device} holds the key and does not let it in.",
            f"It may read another file than {PATH}, or its SSH server may refuse keys.",
        ) from error


def _checked(text: str) -> str:
    """One public key as "kind base64 comment". Raises InputError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    words = text.split()
    try:
        if "\n" in text.strip() or len(words) < 2 or words[0] not in KINDS:
            raise ValueError
        load_ssh_public_key(" ".join(words[:2]).encode())  # a part of a key is none
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(
            "This is no public key.", f"One line as in id_ed25519.pub: {', '.join(KINDS)}."
        ) from None
    return " ".join(words)


def _new_private() -> Secret:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return Secret(pem.decode("ascii"))


def _public(private: Secret) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_ssh_private_key(private.reveal().encode(), None)
    line = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return f"{line.decode('ascii')} owtui"


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(InstallKey())
