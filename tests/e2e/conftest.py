"""The whole program against lab devices; every test in this folder is a lab test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import bare
from tests.lab.fixtures import lab_fleet, openssh_device

__all__ = ["bare", "lab_fleet", "openssh_device"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
