"""How a device makes itself known: OpenWISP's registration, step by step (control.md §3.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from owtui.engine.inventory.owners import note
from owtui.operator import Operator
from storage import addresses, assigning, configs, devicelist, devices, registration, rules
from storage.devices import DeviceChanges
from storage.errors import RuleError
from storage.secrets import Secret, Vault
from storage.tables import Device, Organization

REQUIRED = ("secret", "name", "mac_address", "backend")
DISABLED = "error: registration disabled"
NO_SELF_CREATION = "Device not found in the system, please create it first."


@dataclass(frozen=True, slots=True)
class Policy:
    """OpenWISP's settings of registration, with its defaults."""

    enabled: bool = True
    consistent: bool = True  # a device that has been here is recognised by its key
    self_creation: bool = True
    hardware_id: bool = False  # keys are made of serial numbers instead of MACs


class Refusal(Exception):
    """The protocol's answer to what is refused; nothing is written."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def register(
    session: Session, vault: Vault, form: Mapping[str, str], remote: str, policy: Policy
) -> str:
    """Make or recognise the device that a form describes; returns the text of the answer.

    Raises Refusal.
    """
    owner = _admitted(session, vault, form, policy)
    key = form.get("key", "").strip()
    device = _recognised(session, vault, owner, form, policy)
    if device is not None and device.is_deactivated:
        raise Refusal(403, "error: device deactivated")
    if device is None and not policy.self_creation:
        raise Refusal(404, NO_SELF_CREATION)
    is_new = device is None
    try:
        if device is None:
            device = _create(session, owner, form, key if policy.consistent else "", policy)
        else:
            _update(session, device, form)
        config = configs.ensure(session, device.id, form["backend"])
        addresses.learn(
            session, device.id, management_ip=form.get("management_ip") or None, last_ip=remote
        )
        assigning.add_tagged(session, config, form.get("tags", "").split())
    except RuleError as error:
        raise Refusal(400, f"error: {error.sentence}") from error
    _note(session, device, remote, is_new)
    lines = {
        "registration-result": "success",
        "uuid": device.id.hex,
        "key": device.key,
        "hostname": device.name,
        "is-new": int(is_new),
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def _admitted(
    session: Session, vault: Vault, form: Mapping[str, str], policy: Policy
) -> Organization:
    """The organization whose secret was shown."""
    if not policy.enabled:
        raise Refusal(403, DISABLED)
    for name in REQUIRED:
        if not form.get(name, "").strip():
            raise Refusal(400, f'error: missing required parameter "{name}"')
    if form["backend"] not in rules.BACKENDS:
        raise Refusal(403, "error: wrong backend")
    owner = registration.by_secret(session, vault, Secret(form["secret"]))
    if owner is None:
        raise Refusal(403, "error: unrecognized secret")
    if not owner.registration_enabled:
        raise Refusal(403, DISABLED)
    return owner


def _recognised(
    session: Session, vault: Vault, owner: Organization, form: Mapping[str, str], policy: Policy
) -> Device | None:
    key = form.get("key", "").strip()
    if not (policy.consistent and key):
        return None
    mac = form["mac_address"].strip()
    identity = form.get("hardware_id", "") if policy.hardware_id else mac
    expected = rules.consistent_key(identity, form["secret"])
    return registration.known_device(session, owner.id, key, mac, expected)


def _create(
    session: Session, owner: Organization, form: Mapping[str, str], key: str, policy: Policy
) -> Device:
    return devices.create(
        session,
        form["name"],
        organization_id=owner.id,
        mac_address=form["mac_address"],
        key=key,
        hardware_id=form.get("hardware_id") if policy.hardware_id else None,
        model=form.get("model", ""),
        os=form.get("os", ""),
        system=form.get("system", ""),
    )


def _update(session: Session, device: Device, form: Mapping[str, str]) -> None:
    """Take in what it says; a name that is only its MAC says nothing of what it is called."""
    told: DeviceChanges = {}
    if _bare(form["name"]) != _bare(form["mac_address"]):
        told["name"] = form["name"]
    if form.get("os"):
        told["os"] = form["os"]
    if form.get("model"):
        told["model"] = form["model"]
    if form.get("system"):
        told["system"] = form["system"]
    if told:
        devices.update(session, device.id, **told)


def _bare(text: str) -> str:
    return re.sub(r"[:-]", "", text).strip().lower()


def _note(session: Session, device: Device, remote: str, is_new: bool) -> None:
    agent = Operator("agent", remote, "agent")
    row = devicelist.row(session, device.id)
    note(session, agent, "register_device", {"name": device.name, "new": is_new}, row)
