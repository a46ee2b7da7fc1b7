"""The seeded fleet as a folder of its own for each test."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.console.configseed import sow_folder
from tests.console.networkseed import sow_network
from tests.console.seed import sow
from tests.console.watchseed import sow_watch


@pytest.fixture(scope="session")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded database, to be copied."""
    file = tmp_path_factory.mktemp("seed") / "owtui.db"
    sow(file)
    return file


@pytest.fixture
def folder(tmp_path: Path, sown: Path) -> Path:
    """A private data folder with the seeded fleet in it."""
    place = tmp_path / "data"
    place.mkdir(mode=0o700)
    shutil.copy(sown, place / "owtui.db")
    return place


@pytest.fixture(scope="session")
def sown_configs(tmp_path_factory: pytest.TempPathFactory, sown: Path) -> Path:
    """The seeded fleet with templates and configurations, and its master key, to be copied."""
    place = tmp_path_factory.mktemp("configs")
    shutil.copy(sown, place / "owtui.db")
    # On a thread: a test that asks for this may be in its event loop already.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(sow_folder(place))).result()
    return place


@pytest.fixture
def configured(tmp_path: Path, sown_configs: Path) -> Path:
    """A private data folder with all of it."""
    return _private_copy(tmp_path, sown_configs)


@pytest.fixture(scope="session")
def sown_watch(tmp_path_factory: pytest.TempPathFactory, sown: Path) -> Path:
    """The seeded fleet with what monitoring knows of it, to be copied."""
    place = tmp_path_factory.mktemp("watch")
    shutil.copy(sown, place / "owtui.db")
    sow_watch(place / "owtui.db")
    return place


@pytest.fixture
def watched(tmp_path: Path, sown_watch: Path) -> Path:
    """A private data folder with all of it."""
    return _private_copy(tmp_path, sown_watch)


@pytest.fixture(scope="session")
def sown_network(tmp_path_factory: pytest.TempPathFactory, sown: Path) -> Path:
    """The seeded fleet with its topologies, to be copied."""
    place = tmp_path_factory.mktemp("network")
    shutil.copy(sown, place / "owtui.db")
    sow_network(place / "owtui.db")
    return place


@pytest.fixture
def networked(tmp_path: Path, sown_network: Path) -> Path:
    """A private data folder with all of it."""
    return _private_copy(tmp_path, sown_network)


def _private_copy(tmp_path: Path, sown: Path) -> Path:
    place = tmp_path / "data"
    shutil.copytree(sown, place)
    place.chmod(0o700)
    return place
