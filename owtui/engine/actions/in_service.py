"""Take devices out of service, put them back, or remove them for good.

OpenWISP's order: a device is deactivated before it is removed; what is already so is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.jobs.plan import Verdict
from storage import service
from storage.configstatus import Status
from storage.rows import DeviceRow

MUST_BE_DEACTIVATED = "The device must be deactivated prior to deletion."


class Deactivate(InventoryChange):
    """Nothing more is sent to it but the empty configuration, where it has one."""

    id = "deactivate"
    title = "Deactivate"
    help = "Take devices out of service: no polls, no jobs"
    seconds = 0.0

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """A change for those in service."""
        if row.is_deactivated:
            return Judgement(Verdict.SAME, "is deactivated already")
        diff = "-active\n+deactivated"
        if row.config_status:
            diff += "".join(f"\n-template {name}" for name in row.templates)
        elif row.management_ip:
            diff += f"\n-management_ip {row.management_ip}"
        return Judgement(Verdict.CHANGE, diff=diff)

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write it."""
        return Outcome(changed=service.deactivate(records.session, row.id), note="deactivated")


class Activate(InventoryChange):
    """The way back."""

    id = "activate"
    title = "Activate"
    help = "Put deactivated devices back into service"
    seconds = 0.0

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """A change for those out of service."""
        if not row.is_deactivated:
            return Judgement(Verdict.SAME, "is active already")
        return Judgement(Verdict.CHANGE, diff="-deactivated\n+active")

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write it."""
        return Outcome(changed=service.activate(records.session, row.id), note="active again")


class RemoveDevice(InventoryChange):
    """Jobs and audit keep its name."""

    id = "remove_device"
    title = "Remove"
    help = "Forget devices with their connections, host keys and state"
    params = (
        Param(
            "force",
            "Remove active ones too",
            "bool",
            required=False,
            default=False,
            help="for devices that are gone for good",
        ),
    )
    seconds = 0.0

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Blocked while it is active, unless forced."""
        if not params["force"]:
            if not row.is_deactivated:
                return Judgement(Verdict.BLOCKED, MUST_BE_DEACTIVATED)
            if row.config_status not in ("", Status.DEACTIVATED):
                waits = f"{MUST_BE_DEACTIVATED} It has not got the empty configuration yet."
                return Judgement(Verdict.BLOCKED, waits)
        return Judgement(Verdict.CHANGE, diff=f"-device {row.name}")

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write it."""
        service.remove(records.session, row.id, force=params["force"])
        return Outcome(changed=True, diff=f"-device {row.name}", note="removed")


def register(registry: Registrar) -> None:
    """See actions.registry."""
    for action in (Deactivate(), Activate(), RemoveDevice()):
        registry.add(action)
