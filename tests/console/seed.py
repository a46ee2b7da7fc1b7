"""A fleet of 40 devices with facts and three jobs, the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session

from owtui.engine.jobs.plan import Plan, PlanRow, Verdict
from storage import organizations, views
from storage.db import Database
from storage.jobs import NUMBER
from storage.revisions import next_number
from storage.states import StateUpdate, save
from storage.tables import (
    AuditEntry,
    Credentials,
    Device,
    DeviceConnection,
    HostKey,
    Job,
    JobResult,
)

NOW = datetime(2026, 11, 23, 16, 12, tzinfo=UTC)

_MODELS = {
    "ap-roof": ("TP-Link EAP615-Wall v1", "tplink,eap615-wall-v1", "ramips/mt7621", 122, 9.0),
    "ap-hall": ("Ubiquiti UniFi 6 Lite", "ubnt,unifi-6-lite", "ramips/mt7621", 249, 24.0),
    "ap-yard": ("Netgear WAX206", "netgear,wax206", "mediatek/mt7622", 498, 70.0),
    "cpe": ("GL.iNet GL-MT1300", "glinet,gl-mt1300", "ramips/mt7621", 245, 22.0),
    "gw": ("TP-Link Archer C7 v5", "tplink,archer-c7-v5", "ath79/generic", 121, 8.0),
}
_COUNTS = {"ap-roof": 12, "ap-hall": 12, "ap-yard": 6, "cpe": 8}
_GATEWAYS = ("gw-harbour", "gw-north")
_RELEASES = ("24.10.0", "24.10.0", "24.10.6", "23.05.5")
MIB = 1024 * 1024


def names() -> list[str]:
    """All devices, in the order in which they are made."""
    numbered = [f"{kind}-{n:02}" for kind, count in _COUNTS.items() for n in range(1, count + 1)]
    return [*numbered, *_GATEWAYS]


def id_of(name: str) -> UUID:
    """A device's id follows from its name."""
    return uuid5(NAMESPACE_URL, f"device/{name}")


def sow(file: Path) -> None:
    """Write the fleet into a new database file."""
    database = Database.open(f"sqlite:///{file}")
    try:
        database.write(_write)
    finally:
        database.close()


def sow_job(file: Path, *job: Any) -> None:
    """Write one more job that is over: number, action, title, minutes ago, results by device."""
    database = Database.open(f"sqlite:///{file}")
    try:
        database.write(lambda session: _job(session, *job))
    finally:
        database.close()


def _write(session: Session) -> None:
    rng = random.Random(7)
    owner = organizations.default(session)
    groups = {
        kind: organizations.create_group(session, owner.id, kind, "").id
        for kind in ("roof", "hall", "yard", "cpe", "gw")
    }
    login = Credentials(
        id=uuid5(NAMESPACE_URL, "login"), name="lab", kind="none", params={"username": "root"}
    )
    session.add(login)
    session.flush()
    updates = []
    for number, name in enumerate(names(), 1):
        device = _device(name, number, owner.id, groups[name.removeprefix("ap-").split("-")[0]])
        session.add(device)
        session.flush()
        session.add(DeviceConnection(device_id=device.id, credentials_id=login.id))
        updates.append(_state(device, rng))
    save(session, updates)
    for name, state in (("ap-hall-04", "trusted"), ("ap-hall-04", "offered")):
        key = f"ssh-ed25519 {state}"
        session.add(
            HostKey(
                device_id=id_of(name),
                algorithm="ssh-ed25519",
                public=key,
                state=state,
                fingerprint=f"SHA256:{state}",
            )
        )
    views.save(session, "roofs", "name=ap-roof-*", columns=(), sort="")
    _jobs(session)


def _device(name: str, number: int, owner: UUID, group: UUID) -> Device:
    kind = name.rsplit("-", 1)[0]
    model, _, target, *_ = _MODELS[kind]
    return Device(
        id=id_of(name),
        organization_id=owner,
        group_id=group,
        name=name,
        key=f"{number:032x}",
        address=f"10.8.{len(kind)}.{10 + number}",
        mac_address=f"5C:A6:E6:10:{number:02X}:60",
        model=model,
        os="OpenWrt",
        system=target,
        tags=sorted({kind.removeprefix("ap-"), *(("protect",) if kind == "gw" else ())}),
        zone="north" if number % 2 else "harbour",
        created=NOW - timedelta(days=40),
        modified=NOW - timedelta(days=40),
    )


def _state(device: Device, rng: random.Random) -> StateUpdate:
    facts = _facts(device, rng)
    device.os = facts["description"]
    seen = NOW - timedelta(seconds=rng.randrange(2, 9))
    wrong = {
        "ap-roof-07": ("critical", "unreachable", "10.8.7.17:22 does not answer.", 372),
        "gw-harbour": ("critical", "refused", "10.8.2.49:22 refuses connections.", 130),
        "ap-hall-04": (
            "critical",
            "host_key",
            "ap-hall-04 shows another host key.",
            95,
        ),
        "cpe-03": ("problem", "auth", "cpe-03 accepts no stored login.", 45),
    }
    status, kind, sentence, ago = wrong.get(device.name, ("ok", "", "", 0))
    if device.name == "cpe-08":
        return StateUpdate(device.id, status="unknown")
    if ago:
        seen = NOW - timedelta(seconds=ago)
    return StateUpdate(
        device.id,
        status=status,
        last_seen=seen,
        last_attempt=NOW,
        failure_kind=kind,
        failure_sentence=sentence,
        facts=facts,
        facts_at=seen,
    )


def _facts(device: Device, rng: random.Random) -> dict[str, Any]:
    kind = device.name.rsplit("-", 1)[0]
    model, board, target, memory, flash = _MODELS[kind]
    release = rng.choice(_RELEASES)
    load = rng.choice((0.04, 0.11, 0.2, 0.35)) if device.name != "ap-roof-02" else 3.71
    return {
        "hostname": device.name,
        "model": model,
        "board": board,
        "system": "MediaTek MT7621 ver:1 eco:3",
        "kernel": "6.6.73" if release.startswith("24") else "5.15.167",
        "distribution": "OpenWrt",
        "version": release,
        "revision": "r28427-6df0e3d02a",
        "target": target,
        "description": f"OpenWrt {release} r28427-6df0e3d02a",
        "mac": device.mac_address,
        "boot_id": f"boot-{device.name}",
        "uptime_s": float(rng.randrange(3_600, 4_000_000)),
        "load": [load, load / 2, load / 3],
        "cpus": 4,
        "memory_total": memory * MIB,
        "memory_available": int(memory * MIB * rng.uniform(0.35, 0.7)),
        "flash_total": int(flash * MIB),
        "flash_available": int(flash * MIB * 0.93),
        "tmp_total": memory * MIB // 2,
        "tmp_available": int(memory * MIB * 0.49),
        "clients": rng.randrange(0, 30) if kind.startswith("ap") else None,
        "local_time": 0,
        "agent": "",
        "interfaces": [
            {"name": "lo", "up": True, "mac": "", "addresses": ["127.0.0.1/8"]},
            {"name": "br-lan", "up": True, "mac": device.mac_address, "addresses": ["10.8.3.5/24"]},
            {"name": "eth0", "up": True, "mac": device.mac_address, "addresses": []},
            {"name": "phy1-ap0", "up": False, "mac": device.mac_address, "addresses": []},
        ],
        "via": "ssh",
    }


def _jobs(session: Session) -> None:
    roofs = [name for name in names() if name.startswith("ap-roof")]
    uptime = dict.fromkeys(roofs, ("success", "DISTRIB_RELEASE='24.10.0'", ""))
    uptime["ap-roof-02"] = ("success", "DISTRIB_RELEASE='24.10.6'", "")
    uptime["ap-roof-05"] = ("success", "DISTRIB_RELEASE='24.10.6'", "")
    uptime["ap-roof-07"] = ("failed", "", "10.8.7.17:22 does not answer.")
    grep = "grep RELEASE /etc/openwrt_release"
    _job(
        session,
        1,
        "set_tags",
        "Set tags on 6 devices",
        90,
        dict.fromkeys(roofs[:6], ("success", "", "")),
    )
    _job(session, 2, "run_command", f"{grep} on 12 devices", 30, uptime)
    running = dict.fromkeys(roofs[:1], ("success", "back after 42 s", ""))
    running |= {roofs[1]: ("in-progress", "", ""), roofs[2]: ("pending", "", "")}
    _job(session, 3, "reboot", "Reboot on 3 devices", 2, running, over=False)


def _job(
    session: Session,
    number: int,
    action: str,
    title: str,
    minutes: int,
    results: dict[str, tuple[str, str, str]],
    *,
    over: bool = True,
) -> None:
    began = NOW - timedelta(minutes=minutes)
    job_id = uuid5(NAMESPACE_URL, f"job/{number}")
    failed = any(state == "failed" for state, _, _ in results.values())
    session.add(
        Job(
            id=job_id,
            number=next_number(session, NUMBER),
            action=action,
            title=title,
            plan=_plan(job_id, action, title, began, results),
            state=("failed" if failed else "success") if over else "running",
            operator="eva",
            host="noc-1",
            face="console",
            created=began,
            modified=began,
            started=began,
            finished=began + timedelta(seconds=4.2) if over else None,
        )
    )
    session.flush()
    for position, (name, (state, output, sentence)) in enumerate(results.items()):
        done = state not in ("pending", "in-progress")
        session.add(
            JobResult(
                id=uuid5(NAMESPACE_URL, f"result/{number}/{name}"),
                job_id=job_id,
                device_id=id_of(name),
                device_name=name,
                position=position,
                state=state,
                step="waits for its return" if state == "in-progress" else "",
                output=output,
                error_kind="unreachable" if sentence else "",
                error_sentence=sentence,
                error_hint="Is it powered?" if sentence else "",
                started=None if state == "pending" else began,
                finished=began + timedelta(seconds=0.4 + position / 10) if done else None,
            )
        )
        if done:
            session.add(
                AuditEntry(
                    at=began,
                    operator="eva",
                    host="noc-1",
                    face="console",
                    action=action,
                    outcome=state,
                    job_id=job_id,
                    device_id=id_of(name),
                    device_name=name,
                )
            )


def _plan(
    job_id: UUID, action: str, title: str, made: datetime, results: Iterable[str]
) -> dict[str, Any]:
    rows = tuple(PlanRow(id_of(name), name, Verdict.CHANGE) for name in results)
    params = {"command": "uptime"} if action == "run_command" else {}
    plan = Plan(job_id, action, title, params, "eva", made, rows, waves=(len(rows),))
    return plan.as_dict()
