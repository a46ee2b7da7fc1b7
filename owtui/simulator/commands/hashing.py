"""sha256sum and md5sum."""

from __future__ import annotations

import errno
import hashlib

from ..shell.call import Call, program


@program("/usr/bin/sha256sum", "/usr/bin/md5sum")
async def checksum(call: Call) -> int:
    algorithm = call.name.removesuffix("sum")
    options, paths = call.options("csbw")
    if "c" in options:
        return await _check(call, algorithm, paths or ["-"], quiet="s" in options)
    status = 0
    done: list[str] = []  # as stdio has it: written at the end, and before an error
    for path in paths or ["-"]:
        try:
            data = await call.read(path)
        except OSError as error:
            await call.out("".join(done))
            done.clear()
            verb = "read" if error.errno == errno.EISDIR else "open"
            status = await call.fail(f"can't {verb} '{path}': {error.strerror}")
            continue
        done.append(f"{_digest(algorithm, data)}  {path}\n")
    await call.out("".join(done))
    return status


def _digest(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


async def _check(call: Call, algorithm: str, lists: list[str], quiet: bool) -> int:
    failed = total = 0
    for source in lists:
        for line in (await call.read(source)).decode(errors="replace").splitlines():
            digest, _, path = line.partition(" ")
            path = path.lstrip(" *")
            total += 1
            try:
                good = _digest(algorithm, await call.read(path)) == digest
            except OSError:
                good = False
            failed += not good
            if not quiet:
                await call.out(f"{path}: {'OK' if good else 'FAILED'}\n")
    if failed and not quiet:
        await call.err(
            f"{call.name}: WARNING: {failed} of {total} computed checksums did NOT match\n"
        )
    return int(failed > 0 or not total)
