"""How far an upgrade is, for people: seven steps, OpenWISP's figures and OpenWISP's sentences.

Retries are OpenWISP's too: four, a minute and then twice as long each time, ten at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from owtui.errors import Kind

# --- figures -------------------------------------------------------------------------------

CONNECTED, IDENTIFIED, CHECKSUM, FLASHING, RETURNED, DONE = 10, 15, 20, 65, 90, 100
"""OpenWISP's progress, per cent; from FLASHING on there is no way back."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the seven steps people see: its number, its name, the figure when it is over."""

    number: int
    title: str
    percent: int


SEVEN = 7
STAGES: Mapping[str, Stage] = {
    "identity": Stage(1, "image check", IDENTIFIED),
    "check": Stage(1, "image check", CHECKSUM),
    "memory": Stage(1, "image check", 25),
    "backup": Stage(2, "backup", 30),
    "upload": Stage(3, "upload", 60),
    "test": Stage(4, "sysupgrade --test", 64),
    "flash": Stage(5, "flash", FLASHING),
    "return": Stage(6, "return", RETURNED),
    "verify": Stage(7, "verify version and health", DONE),
}
"""The durable steps of the action, in order, and what people see of them."""


def told(step: str, text: str = "") -> str:
    """A line of a running device: "3/7 upload 11.8 MiB"."""
    stage = STAGES[step]
    return f"{stage.number}/{SEVEN} {stage.title}" + (f": {text}" if text else "")


BEGINS: Mapping[int, int] = {
    **{1: CONNECTED, 2: 25, 3: 30, 4: 60},
    **{5: FLASHING, 6: FLASHING, SEVEN: RETURNED},
}
"""The progress with which each of the seven begins."""


def progress(told: str) -> int:
    """The per cent of a running device by its line, as `told` wrote it; 0 for another text."""
    number, slash, _ = told.partition(f"/{SEVEN} ")
    return BEGINS.get(int(number), 0) if slash and number.isascii() and number.isdigit() else 0


def mib(size: float) -> str:
    """Bytes as OpenWISP writes them: "65.41 MiB"."""
    return f"{size / 1048576:.2f} MiB"


def sent(done: int, size: int) -> str:
    """How far an upload is: "7.50 MiB of 11.80 MiB"."""
    return f"{mib(done)} of {mib(size)}"


# --- sentences (operations.md §6.2) ------------------------------------------------------------

STARTS = "Connection successful, starting upgrade..."
NO_UUID = "Could not read device UUID from configuration"
NO_CHECKSUM = "Image checksum file not found, proceeding with the upload of the new image..."
CHECKSUM_FOUND = "Image checksum file found"
NOT_NEEDED = (
    "Firmware already upgraded previously. Identical checksum found in the filesystem, "
    "upgrade not needed."
)
CHECKSUM_DIFFERS = "Checksum different, proceeding with the upload of the new image..."
SERVICES_STARTED = "Non critical services started, aborting upgrade."
TEST_PASSED = "Sysupgrade test passed successfully, proceeding with the upgrade operation..."
IN_PROGRESS = "Upgrade operation in progress..."
COMPLETED = "Upgrade completed successfully."
GIVING_UP = "Giving up, device not reachable anymore after upgrade"
CANCELLED = "Upgrade operation has been cancelled by user"
TOO_LATE = "Cannot cancel upgrade: firmware reflashing has already started"
DEACTIVATED = "Upgrade aborted because the device has been deactivated."
NO_STOPPING = "Over HTTP no service is stopped to make room."
NO_BACKUP = "Its configuration was not saved: its session may not (“cgi-io backup”)."
NO_CHECKSUM_FILE = "Its checksum file was not written: its session may not."
WRITING_CHECKSUM = "Connected! Writing checksum file to /etc/openwisp/firmware_checksum"


def mismatch(expected: str, found: str) -> str:
    """Another device answers at this address."""
    return f"Device UUID mismatch: expected {expected}, found {found} in device configuration"


def too_little(size: int, free: int) -> str:
    """Not enough memory yet: both sizes."""
    return f"Not enough memory: the image has {mib(size)}, {mib(free)} are free."


def freed(free: int) -> str:
    """Enough after services were stopped."""
    return (
        f"Enough available memory was freed up on the system ({mib(free)})!\n"
        "Proceeding to upload of the image file..."
    )


def still_too_little(free: int) -> str:
    """Not enough even then."""
    return (
        f"There is still not enough available memory on the system ({mib(free)}).\n"
        "Starting non critical services again..."
    )


# --- retries -----------------------------------------------------------------------------------

RETRIES = 4
BACKOFF_S = 60.0
BACKOFF_MOST_S = 600.0

RECOVERABLE = frozenset(
    {Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT, Kind.LOST, Kind.AUTH, Kind.BUSY}
)
"""What may be otherwise in a minute; before the flash such a failure is tried again."""


def backoff_s(retry: int, jitter: float) -> float:
    """The wait before retry 1, 2, …; `jitter` from 0 to 1 takes at most half of it away."""
    longest = min(BACKOFF_S * 2.0 ** (max(1, retry) - 1), BACKOFF_MOST_S)
    return longest * (1.0 - jitter / 2)


def retried(cause: str) -> str:
    """OpenWISP's line for a failure that is tried again."""
    return f"Detected a recoverable failure: {cause}.\nThe upgrade operation will be retried soon."


def exhausted(cause: str) -> str:
    """OpenWISP's sentence for one that was tried often enough."""
    return f"Max retries exceeded. Upgrade failed: {cause}"
