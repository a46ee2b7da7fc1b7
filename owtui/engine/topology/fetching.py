"""How documents come that are not handed in: from a URL, or from devices.

Devices are only ever read: one exec a device and round, whatever the number of formats, over the
connection that polls use. A device that fails is a Failure beside the others' documents.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.topology import asking
from owtui.engine.topology.asking import Answer
from owtui.engine.topology.formats.base import LARGEST, NO_OPTIONS, Format
from owtui.engine.topology.graph import Graph
from owtui.engine.topology.merging import View, merge
from owtui.errors import (
    PROBLEMS,
    DeadlineError,
    Failure,
    InputError,
    Kind,
    OwtuiError,
    ProtocolError,
    failure_of,
)

if TYPE_CHECKING:
    from owtui.engine.openwrt.reach import Reach

URL_S = 8.0
"""OpenWISP's TIMEOUT of a fetch."""

DEVICE_S = 30.0
PARALLEL = 50

Token = Callable[[], str]


def _token() -> str:
    return secrets.token_hex(12)


async def from_url(urls: str, *, tls: str = "verify", timeout: float = URL_S) -> bytes:
    """Get a document; of several URLs with blanks between them the documents behind each other.

    tls: verify, off or pin:<SHA-256>; timeout: seconds for each
    Raises InputError for what is no URL, DeviceError for no answer, more than 32 MiB, or an answer
    other than 200.
    """
    if not (wanted := urls.split()):
        raise InputError("There is no URL to fetch from.", "Write http://… or https://….")
    return b"\n".join([await _from_one(url, tls, timeout) for url in wanted])


async def _from_one(url: str, tls: str, timeout: float) -> bytes:
    from owtui.engine.transport.http import HttpClient  # httpx: 50 ms, for those who fetch

    client = HttpClient("The topology", url, tls, most_bytes=LARGEST)
    try:
        reply = await client.get(timeout=timeout)
    finally:
        await client.close()
    if reply.status != 200:
        hint = "It has moved: write where to." if 300 <= reply.status < 400 else "Check the URL."
        raise ProtocolError(
            f"The topology: {client.where} answers {reply.status} instead of 200.", hint
        )
    return reply.body


async def from_device(
    reach: Reach,
    device_id: UUID,
    name: str,
    formats: Sequence[Format],
    *,
    timeout: float = DEVICE_S,
    token: Token = _token,
) -> Answer:
    """Ask one device for documents of these formats; raises nothing of the device's.

    After `timeout` seconds what was printed until then counts. Raises InputError for a format that
    no device tells.
    """
    if unasked := [one.title for one in formats if not one.command]:
        raise InputError(
            f"A device cannot be asked for {unasked[0]}.", "Fetch it from a URL, or receive it."
        )
    mark = token()
    try:
        async with asyncio.timeout(timeout + 2 * DEVICE_S), reach.router(device_id) as router:
            try:
                result = await router.exec(asking.script(mark, formats), timeout=timeout)
                printed = result.stdout
            except DeadlineError as error:
                if not error.printed:
                    raise
                printed = error.printed
    except TimeoutError:
        return _none(formats, Failure(Kind.TIMEOUT, f"{name} did not answer in time."))
    except PROBLEMS as error:
        return _none(formats, failure_of(error))
    return asking.read(printed, mark, formats, name)


def _none(formats: Sequence[Format], failure: Failure) -> Answer:
    return Answer(failures={one.id: failure for one in formats})


async def from_devices(
    reach: Reach,
    wanted: Mapping[UUID, tuple[str, Sequence[Format]]],
    *,
    parallel: int = PARALLEL,
    timeout: float = DEVICE_S,
    token: Token = _token,
) -> dict[UUID, Answer]:
    """Ask many devices, each once; wanted: name and formats by device. `parallel` at a time."""
    gate = asyncio.Semaphore(parallel)
    answers: dict[UUID, Answer] = {}

    async def ask(device_id: UUID, name: str, formats: Sequence[Format]) -> None:
        async with gate:
            answers[device_id] = await from_device(
                reach, device_id, name, formats, timeout=timeout, token=token
            )

    async with asyncio.TaskGroup() as group:
        for device_id, (name, formats) in wanted.items():
            group.create_task(ask(device_id, name, formats), name=f"topology of {name}")
    return answers


@dataclass(frozen=True, slots=True)
class Assembled:
    """One graph of what devices told. None where not one of them told anything.

    failures: by device, why it has no part in it
    """

    graph: Graph | None = None
    failures: Mapping[UUID, Failure] = field(default_factory=dict)


def assemble(
    format_: Format,
    answers: Mapping[UUID, Answer],
    at: datetime,
    names: Mapping[UUID, str],
    options: Mapping[str, Any] = NO_OPTIONS,
) -> Assembled:
    """Read each device's document of this format and merge them; pure, and CPU work.

    at: the moment, for a device that did not tell its own clock; names: by device
    Where one device was asked its graph keeps the names that mean something to it alone.
    A document that cannot be read is its device's failure. Raises InputError for an option that the
    format does not know.
    """
    views: list[View] = []
    failures: dict[UUID, Failure] = {}
    for device_id, answer in answers.items():
        if (failure := answer.failures.get(format_.id)) is not None:
            failures[device_id] = failure
        elif (document := answer.documents.get(format_.id)) is not None:
            try:
                graph = format_.parse(document, answer.at or at, options)
            except OwtuiError as error:
                failures[device_id] = error.failure
            else:
                views.append(View(names.get(device_id) or str(device_id), graph))
    if not views:
        return Assembled(None, failures)
    # By how many were asked: names must not change with who happens to answer.
    if len(answers) > 1:
        return Assembled(merge(views, format_.private, format_.names), failures)
    return Assembled(merge(views, names=format_.names), failures)


async def read_url(
    format_: Format,
    urls: str,
    present: Callable[[], datetime],
    options: Mapping[str, Any] = NO_OPTIONS,
    *,
    tls: str = "verify",
    timeout: float = URL_S,
) -> Graph:
    """Fetch and read; off the loop, since a large document takes a second.

    Raises what `from_url` and `Format.parse` raise.
    """
    data = await from_url(urls, tls=tls, timeout=timeout)
    return await asyncio.to_thread(format_.parse, data, present(), options)


async def read_devices(
    reach: Reach,
    format_: Format,
    names: Mapping[UUID, str],
    present: Callable[[], datetime],
    options: Mapping[str, Any] = NO_OPTIONS,
    *,
    parallel: int = PARALLEL,
    timeout: float = DEVICE_S,
) -> Assembled:
    """Ask these devices and merge what they tell; names: by device. Raises InputError."""
    wanted = {device_id: (name, (format_,)) for device_id, name in names.items()}
    answers = await from_devices(reach, wanted, parallel=parallel, timeout=timeout)
    return await asyncio.to_thread(assemble, format_, answers, present(), names, options)
