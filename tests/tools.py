"""Programs a test needs: found, or the test says what to install."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str, remedy: str) -> NoReturn:
    """Skip for want of a tool, or fail where a skip would hide a hole (CI)."""
    message = f"{what} not found: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def tool(name: str, package: str) -> str:
    """Return the path of a program a test needs; see `missing` for when there is none."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    return found or missing(name, f"apt-get install {package}")
