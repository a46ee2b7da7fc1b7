"""Put a file on devices, proven by its checksum; one that is there already is left alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Registrar, Task
from owtui.engine.jobs.plan import Verdict
from owtui.engine.jobs.uploads import read_upload
from owtui.engine.openwrt.quoting import absolute, quote
from owtui.errors import CommandError, DeniedError, InputError, MissingError, ProtocolError
from storage.rows import DeviceRow

_MODE = re.compile(r"0?[0-7]{3}\Z")


class UploadFile(Change):
    """Any file up to the limit of `jobs.uploads`."""

    id = "upload_file"
    title = "Upload a file"
    help = "Put a file on devices and check its sha256"
    letter = "u"
    params = (
        Param("file", "File", "file", help="a local file"),
        Param("path", "Path on the device", help="absolute; an existing file is replaced"),
        Param("mode", "Mode", required=False, default="0644", help="octal"),
    )
    steps = ("look", "upload", "verify")
    seconds = 5.0

    def check(self, params: Mapping[str, Any]) -> None:
        """The path must be a file's and absolute, the mode octal."""
        if absolute(params["path"]).endswith("/"):
            raise InputError(f"{params['path']} is a folder.", "Name the file itself.")
        if not _MODE.match(params["mode"]):
            raise InputError(f"{params['mode']} is no mode.", "Three octal digits, as 644.")

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """What the device holds is not known before the job looks."""
        file = params["file"]
        free = (row.facts or {}).get("flash_available") or 0
        if free and params["path"].startswith(("/etc/", "/root/", "/usr/")) and file["size"] > free:
            return Judgement(Verdict.BLOCKED, f"{file['size']} bytes do not fit, {free} are free.")
        diff = (
            f"+{params['path']} mode {params['mode']}\n"
            f"+{file['name']}, {file['size']} bytes, sha256 {file['sha256']}"
        )
        return Judgement(Verdict.CHANGE, diff=diff, commands=(f"cat > {quote(params['path'])}",))

    async def step(self, name: str, task: Task) -> Any:
        """look: is it there; upload: unless it is; verify: is it now."""
        file = task.params["file"]
        if name == "look":
            return {"same": await _sha256(task) == file["sha256"]}
        if task.memo["look"]["same"]:
            return await _set_mode(task) if name == "upload" else {}
        if name == "upload":
            data = await task.transact(lambda session: read_upload(session, task.vault, file))
            async with task.router() as router:
                mode = int(task.params["mode"], 8)
                await router.write_file(task.params["path"], data, mode=mode)
            return {}
        found = await _sha256(task)
        if found == "":
            raise ProtocolError(
                f"{task.device} no longer holds {task.params['path']}, which was just sent.",
                "Something else removes it, or the device restarted in between: retry.",
            )
        if found not in (None, file["sha256"]):
            raise ProtocolError(
                f"{task.device} holds another file at {task.params['path']} than was sent.",
                "Something else writes there, or the flash is failing.",
            )
        return {}

    def outcome(self, task: Task) -> Outcome:
        """Changed, unless the same file was there."""
        same = task.memo["look"]["same"]
        note = "has this file already" if same else "uploaded"
        return Outcome(changed=not same, note=note, output=f"{note}\n")


async def _set_mode(task: Task) -> dict[str, Any]:
    """The content is there; nothing of it is sent again."""
    path = task.params["path"]
    async with task.router() as router:
        result = await router.exec(f"chmod {int(task.params['mode'], 8):04o} {quote(path)}")
    if not result.ok:
        said = result.complaint or f"exit status {result.exit_status}"
        raise CommandError(f"{task.device}: the mode of {path} was not set: {said}")
    return {}


async def _sha256(task: Task) -> str | None:
    """The sum of what is there; "" where there is none, None where nobody may ask."""
    async with task.router() as router:
        try:
            # By its standard input: coreutils would mark the sum of an odd name with a backslash.
            result = await router.exec(f"sha256sum <{quote(task.params['path'])}")
        except (DeniedError, MissingError):
            return None
    return result.text.split()[0] if result.ok and result.text.strip() else ""


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(UploadFile())
