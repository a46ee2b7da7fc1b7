"""Batches of upgrades on the seeded fleet: one under way with devices in every step, one over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session

from owtui.engine.jobs.plan import Plan, PlanRow, Verdict
from storage import joblines
from storage.db import Database
from storage.joblines import Line
from storage.jobs import NUMBER
from storage.revisions import next_number
from storage.tables import FirmwareBuild, FirmwareCategory, FirmwareImage, Job, JobResult
from tests.console.seed import NOW, id_of, names

FLASHED = [name for name in names() if name.startswith("ap-")]
FLASHED.insert(0, FLASHED.pop(FLASHED.index("ap-yard-02")))  # the canary
BLOCKED = "gw-north"
WAVES = (1, 8, 21)
NEEDED = (0, 6, 14, 52, 58, 63, 208)  # when each step begins, seconds after the first
ENDS = 242
_SAID = {
    1: "Connection successful, starting upgrade...",
    3: "0.00 MiB of 11.80 MiB",
    4: "Sysupgrade test passed successfully, proceeding with the upgrade operation...",
    5: "Upgrade operation in progress... Do not unplug it.",
    6: "5 s, attempt n.1",
    7: "Connected! Writing checksum file to /etc/openwisp/firmware_checksum",
}
_TITLES = ("image check", "backup", "upload", "sysupgrade --test", "flash", "return", "verify")


@dataclass(frozen=True)
class Seen:
    """How a device stands: seconds ago that it began, in which step, and what it says of it."""

    state: str
    ago: float = 0
    steps: int = 0
    step: str = ""
    error: tuple[str, str] = ("", "")


_REFUSED = "ap-roof-06 is a tplink,eap615-wall-v2; the image is for tplink,eap615-wall-v1."
RUNNING = {
    "ap-yard-02": Seen("success", 700, 7, "24.10.9 r28990-1a2b3c4d5e, back after 145 s"),
    "ap-roof-01": Seen("success", 440, 7, "24.10.9 r28990-1a2b3c4d5e, back after 139 s"),
    "ap-roof-02": Seen("success", 440, 7, "24.10.9 r28990-1a2b3c4d5e, back after 151 s"),
    "ap-roof-03": Seen("in-progress", 66, 5, f"5/7 flash: {_SAID[5]}"),
    "ap-roof-04": Seen("in-progress", 45, 3, "3/7 upload: 9.56 MiB of 11.80 MiB"),
    "ap-roof-05": Seen("in-progress", 153, 6, "6/7 return: 90 s, attempt n.15"),
    "ap-roof-06": Seen("aborted", 190, 1, "1/7 image check", ("wrong_model", _REFUSED)),
}


BOARDS = ("tplink,eap615-wall-v1", "netgear,wax206", "glinet,gl-mt1300")
"""What the newest build of the library has an image for; the others have none."""


def sow_upgrades(file: Path) -> None:
    """Write a library and both batches into the database file of a seeded fleet."""
    database = Database.open(f"sqlite:///{file}")
    try:
        database.write(_library)
        database.write(_over)
        database.write(_running)
    finally:
        database.close()


def batch_id(number: int) -> UUID:
    """A batch's id follows from its number."""
    return uuid5(NAMESPACE_URL, f"job/{number}")


def _library(session: Session) -> None:
    category = FirmwareCategory(id=uuid5(NAMESPACE_URL, "category"), name="roofs")
    session.add(category)
    session.flush()
    for version, age in (("24.10.0", 290), ("24.10.6", 90), ("24.10.9", 6)):
        build = FirmwareBuild(
            **{"id": uuid5(NAMESPACE_URL, f"build/{version}"), "category_id": category.id},
            **{"version": version, "os": f"OpenWrt {version} r28427-6df0e3d02a"},
            released=NOW - timedelta(days=age),
        )
        session.add(build)
        session.flush()
        for board in BOARDS if version == "24.10.9" else ():
            kind = f"{board.replace(',', '_')}-squashfs-sysupgrade.bin"
            image = FirmwareImage(
                **{"id": uuid5(NAMESPACE_URL, f"image/{board}"), "build_id": build.id},
                **{"file_name": f"openwrt-{version}-{kind}", "type": kind, "size": 12_373_196},
                **{"sha256": "5" * 64, "boards": [board]},
            )
            session.add(image)


def _over(session: Session) -> None:
    seen = {name: Seen("success", 0, 7, "back after 141 s") for name in FLASHED[:2]}
    _batch(session, 4, NOW - timedelta(days=3), seen, (1, 1), "success")


def _running(session: Session) -> None:
    seen = {name: RUNNING.get(name, Seen("pending")) for name in FLASHED}
    order = sorted(FLASHED, key=lambda name: (name not in RUNNING, name != "ap-yard-02"))
    _batch(session, 5, NOW - timedelta(seconds=702), {n: seen[n] for n in order}, WAVES, "running")


def _batch(
    session: Session,
    number: int,
    began: datetime,
    seen: dict[str, Seen],
    waves: Sequence[int],
    state: str,
) -> None:
    rows = [PlanRow(id_of(name), name, Verdict.CHANGE, _way(name)) for name in seen]
    if state == "running":
        why = "There is no image for its board: tplink,archer-c7-v5."
        rows.append(PlanRow(id_of(BLOCKED), BLOCKED, Verdict.BLOCKED, why))
    title = f"Upgrade to roofs/24.10.9 on {len(seen)} devices"
    params = {"build": "roofs/24.10.9", "options": "", "wait_s": 880}
    plan = Plan(
        *(batch_id(number), "upgrade", title, params, "eva", began, tuple(rows)),
        waves=tuple(waves),
        parallel=3,
    )
    over = state != "running"
    job = Job(
        **{"id": plan.id, "number": next_number(session, NUMBER), "action": "upgrade"},
        **{"title": title, "plan": plan.as_dict(), "state": state, "started": began},
        **{"operator": "eva", "host": "noc-1", "face": "console", "created": began},
        modified=began,
        finished=began + timedelta(seconds=2 * ENDS) if over else None,
    )
    session.add(job)
    session.flush()
    for position, (name, one) in enumerate(seen.items()):
        _device(session, plan.id, position, name, one, began if over else None)
    if not over:
        session.add(
            JobResult(
                **{"job_id": plan.id, "device_id": id_of(BLOCKED), "device_name": BLOCKED},
                **{"position": 1_000_000, "state": "skipped", "error_kind": "denied"},
                **{"error_sentence": rows[-1].reason, "finished": began},
            )
        )


def _device(
    session: Session, job_id: UUID, position: int, name: str, one: Seen, at: datetime | None
) -> None:
    began = at or NOW - timedelta(seconds=one.ago)
    ended = {"success": ENDS, "aborted": 1}.get(one.state)
    kind, sentence = one.error
    session.add(
        JobResult(
            **{"id": uuid5(NAMESPACE_URL, f"result/{job_id}/{name}"), "job_id": job_id},
            **{"device_id": id_of(name), "device_name": name, "position": position},
            **{"state": one.state, "step": one.step, "error_kind": kind},
            **{"error_sentence": sentence, "changed": True if one.state == "success" else None},
            error_hint="Choose the image of its board." if sentence else "",
            output=f"{_way(name)}\nUpgrade completed successfully.\n" if ended == ENDS else "",
            started=None if one.state == "pending" else began,
            finished=began + timedelta(seconds=ended) if ended else None,
        )
    )
    for step in range(1, one.steps + 1):
        moment = began + timedelta(seconds=NEEDED[step - 1])
        begins = f"{step}/7 {_TITLES[step - 1]}"
        lines = [begins, *([f"{begins}: {_SAID[step]}"] if step in _SAID else [])]
        joblines.add(session, [(job_id, Line(id_of(name), moment, text)) for text in lines])


def _way(name: str) -> str:
    return f"{'23.05.5' if name.startswith('ap-roof') else '24.10.0'} → 24.10.9"
