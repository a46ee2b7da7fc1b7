"""Trust the key that a device showed: the one way out of "its host key changed"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Records, Registrar
from owtui.engine.jobs.plan import Verdict
from storage import hostkeys
from storage.rows import DeviceRow


class AcceptHostKey(InventoryChange):
    """Both fingerprints are shown before; who accepted is kept."""

    id = "accept_host_key"
    title = "Accept host key"
    help = "Trust the host key that a device showed last"
    letter = "k"
    seconds = 0.0

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """The fingerprints, as a diff."""
        return {row.id: _diff(records.session, row.id) for row in rows if row.host_key != "trusted"}

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """A change where a key waits."""
        if row.host_key not in ("offered", "changed"):
            return Judgement(Verdict.SAME, "no host key waits to be accepted")
        reason = "CHANGED" if row.host_key == "changed" else "first key"
        return Judgement(Verdict.CHANGE, reason, diff=known or "")

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Trust it instead of all that was trusted."""
        diff = _diff(records.session, row.id)
        hostkeys.accept(records.session, row.id, by)
        return Outcome(changed=True, diff=diff, note="host key accepted")


def _diff(session: Session, device_id: UUID) -> str:
    old = hostkeys.known(session, device_id, hostkeys.TRUSTED)
    new = hostkeys.known(session, device_id, hostkeys.OFFERED)
    lines = [f"-{key.algorithm} {key.fingerprint}" for key in old]
    return "\n".join(lines + [f"+{key.algorithm} {key.fingerprint}" for key in new])


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(AcceptHostKey())
