"""Iperf3: throughput between a device and a server, run on the device over SSH (§1.2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from owtui.engine.monitoring.checks import iperf3lines as lines
from owtui.engine.monitoring.checks.base import Answer, Asked, Check, Later
from owtui.engine.monitoring.checks.iperf3schema import SCHEMA
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.readings import Reading
from owtui.engine.openwrt.router import Router
from owtui.errors import DeviceError, InputError, MissingError

_log = logging.getLogger(__name__)

_NOT_FOUND = 127  # of the shell: there is no such program


class Iperf3(Check):
    """Writes `iperf3`: 1 where TCP or UDP went through, with the figures of both."""

    type = "iperf3"
    title = "Iperf3"
    help = "Throughput to a server, measured on the device; it costs traffic"
    metrics = ("iperf3",)
    setting = "auto_iperf3"
    schema = SCHEMA
    deadline_s = 2 * lines.LONGEST_S + 120

    async def ask(self, asked: Asked) -> Answer | None:
        """Skipped for a critical device, without a server, and where SSH does not work.

        A server serves one device at a time. Raises Later when all are in use, MissingError for a
        device without iperf3.
        """
        row, params = asked.row, asked.params
        if row.status == "critical":
            return None
        if not params["host"]:
            _log.warning("iperf3 is not run on %s: no server is set", row.name)
            return None
        names = {f"{row.organization_id}/{host}": host for host in params["host"]}
        held = asked.means.locks.first_free(names)
        if held is None:
            raise Later(2.0 * params["client_options"]["time"])
        with held:
            password = await asyncio.to_thread(_password, params["password_file"])
            try:
                async with asked.means.router(row.id) as router:
                    if router.via != "ssh":
                        return None
                    return await _measure(router, row.name, names[held.name], params, password)
            except MissingError:
                raise
            except DeviceError as error:
                _log.info("iperf3 is not run on %s: %s", row.name, error.sentence)
                return None

    def read(self, told: Mapping[str, Any], asked: Asked) -> list[Reading] | None:
        """The figures; nothing where either leg printed something else than JSON."""
        tcp = lines.figures(told["tcp"], lines.TCP_FIELDS)
        udp = lines.figures(told["udp"], lines.UDP_FIELDS)
        if tcp is None or udp is None:
            _log.warning("iperf3 on %s did not print JSON", asked.row.name)
            return None
        values = {"iperf3_result": float(tcp[0] or udp[0]), **tcp[1], **udp[1]}
        return [Reading("iperf3", asked.at.timestamp(), values)]


async def _measure(
    router: Router, name: str, server: str, params: Mapping[str, Any], password: bytes
) -> Answer:
    options = params["client_options"]
    auth = lines.Auth(params["username"], params["rsa_public_key"], bool(password))
    printed: dict[str, str] = {}
    for leg, udp in (("tcp", False), ("udp", True)):
        command = lines.line(server, options, auth, udp=udp, last=udp and params["delete_rsa_key"])
        result = await router.exec(
            command,
            stdin=password + b"\n" if password else b"",
            timeout=lines.timeout_s(options),
        )
        if result.exit_status == _NOT_FOUND:
            raise MissingError(f"There is no iperf3 on {name}.", "Install the package iperf3.")
        printed[leg] = result.text or result.complaint
    return Answer(printed, server)


def _password(file: str) -> bytes:
    """The first line of the file. Raises InputError where it cannot be read."""
    if not file:
        return b""
    try:
        return Path(file).expanduser().read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise InputError(
            f"The password of iperf3 cannot be read: {error.strerror}.", f"Check {file}."
        ) from None


def register(checks: Checks) -> None:
    """The check's handshake."""
    checks.add(Iperf3())
