"""The debug log: a file in the state folder, with an id for each failure a user is shown.

Nothing is logged to the terminal; a face prints sentences, the log keeps tracebacks.
"""

from __future__ import annotations

import logging
import secrets
from logging.handlers import RotatingFileHandler
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s %(message)s"


def start(folder: Path, level: str) -> Path:
    """Send owtui's log records of `level` and worse to folder/owtui.log (1 MiB, 3 old ones)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "owtui.log"
    # What devices and servers say may be no text at all; a line of it is better than none.
    handler = RotatingFileHandler(
        file, maxBytes=1 << 20, backupCount=3, encoding="utf-8", errors="backslashreplace"
    )
    file.chmod(0o600)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    for old in root.handlers:
        if isinstance(old, RotatingFileHandler):
            old.close()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("owtui", "storage"):
        logging.getLogger(name).setLevel(level.upper())
    # asyncssh tells of every channel at INFO, and of failed logins we map ourselves.
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    # DBOS warns of each task that a drain cancels, which is what a drain does.
    logging.getLogger("dbos").setLevel(logging.ERROR)
    return file


def incident(logger: logging.Logger, what: str) -> str:
    """Log the exception being handled under a short id and return the id, to be shown."""
    number = secrets.token_hex(3)
    logger.exception("[%s] %s", number, what)
    return number
