"""A plan of a push for a whole fleet: rendered, landed, judged and compared from our records."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlmodel import Session

from owtui.engine.actions.registry import Registry
from owtui.engine.bus import Bus
from owtui.engine.configs import keeping
from owtui.engine.configs.keeping import Read
from owtui.engine.configs.model import File, Running
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan
from owtui.engine.openwrt.sums import md5, package_of
from owtui.simulator import Fleet, FleetSpec
from storage import configs, credentials, devicelist, templates
from storage.configs import Changes
from storage.db import Database
from storage.keys import Keys
from storage.logins import Draft
from storage.packed import Box
from storage.secrets import Secret, Vault
from tests.bench.measure import Spread, title
from tests.bench.queries import fill
from tests.bench.render import layers
from tests.engine.jobs.twins import OPERATOR, Clock, TwinReach

MODELS = 12


async def configurations(seed: int) -> list[Running]:
    """What simulated routers of several models run."""
    found = []
    async with Fleet(FleetSpec(devices=MODELS, seed=seed, speed=0.05)) as fleet:
        for device in fleet.devices:
            tree = device.device.files
            files = {
                path: File(bytes(node.data), node.mode)
                for path, node in tree.walk("/etc/config")
                if package_of(path) and not node.is_dir
            }
            sums = {path: md5(file.data) for path, file in files.items()}
            found.append(Running(files, sums, read_at=datetime.now(UTC)))
    return found


def configure(session: Session, vault: Vault, count: int, seed: int, runs: list[Running]) -> None:
    """Devices with a login, five templates, a setting of their own and what they ran."""
    random, box = Random(seed), Box(session, vault)
    for layer in layers():
        draft = templates.Draft(layer.name, layer.config, dict(layer.default_values), default=True)
        templates.create(session, box, draft, templates.By("bench", "bench"))
    fill(session, count, random)
    login = credentials.create(session, vault, Draft("fleet", password=Secret("secret-0")))
    read = []
    for row in devicelist.rows(session):
        credentials.attach(session, row.id, login.id)
        changes = Changes(config={"general": {"description": f"mast {random.randint(1, 99)}"}})
        configs.edit(session, box, row.id, changes)
        read.append(Read(row.id, random.choice(runs)))
    keeping.record(session, vault, read)


async def _plans(database: Database, vault: Vault, runs: int) -> tuple[list[float], Plan]:
    means = Means(
        database=database,
        vault=vault,
        reach=TwinReach(database, vault, Clock()),
        registry=Registry.load(),
        operator=OPERATOR,
        bus=Bus(),
        engine_id="bench",
    )
    jobs = Jobs(means)
    taken = []
    for _ in range(runs):
        rows = await database.aread(devicelist.rows)
        began = time.perf_counter()
        plan = await jobs.plan("push_config", rows, {})
        taken.append(time.perf_counter() - began)
    return taken, plan


def show(count: int, runs: int, seed: int) -> None:
    """Measure and print."""
    title(
        f"plan of push_config for {count:,} devices",
        f"seed {seed}, {runs} runs: median (min to max) in s",
    )
    found = asyncio.run(configurations(seed))
    with TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/bench.db")
        vault = Vault.open(database, Keys(file=Path(folder) / "master.key"))
        database.write(lambda session: configure(session, vault, count, seed, found))
        taken, plan = asyncio.run(_plans(database, vault, runs))
    said = Counter(str(row.verdict) for row in plan.rows)
    print(f"   wall           {Spread.of(taken)}")
    print(f"   devices        {', '.join(f'{n} {word}' for word, n in sorted(said.items()))}")
