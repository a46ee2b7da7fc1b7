"""The verbs over ubus: objects of rpcd, procd and netifd instead of command lines.

How much of it a session may do depends on the ACL files of the image; a verb tries the narrow
object first, `file exec` second, and says what to allow when neither may be used. What ubus cannot
do at all (a binary answer of a command, files above rpcd's limits) is DeniedError, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from owtui.engine.configs.model import Running
from owtui.engine.openwrt import rights, rpcfacts, sums, uci
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.quoting import new_password, package_name, service_verb
from owtui.engine.openwrt.router import Boot
from owtui.engine.openwrt.rpccollect import RpcCollect
from owtui.engine.openwrt.rpcfiles import ALLOW, BatchRpc, RpcFiles
from owtui.engine.openwrt.rpcsnapshot import RpcSnapshot, shell
from owtui.engine.openwrt.sums import Fingerprint, Survey
from owtui.engine.transport.base import CommandResult, Progress
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import (
    FailedError,
    NoObjectError,
    Outcome,
)
from owtui.errors import (
    CommandError,
    DeniedError,
    DeviceError,
    MissingError,
)

# $1 command line, $2 file that is its stdin
_RUN_ON_FILE = 'sh -c "$1" <"$2"; status=$?; rm -f "$2"; exit $status'


class UbusRouter:
    """A device behind a ubus session.

    radios: names that `collect` remembers from one round to the next, as long as the session
    acls: what the login of that session granted
    """

    via = "ubus"

    def __init__(
        self,
        rpc: BatchRpc,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
        radios: set[str] | None = None,
        acls: Callable[[], Mapping[str, object]] | None = None,
    ) -> None:
        self._rpc = rpc
        self._acls = acls
        self._name = rpc.name
        self._token = token
        self._files = RpcFiles(rpc, token)
        self._snapshot = RpcSnapshot(rpc, token)
        self._collect = RpcCollect(rpc, token, set() if radios is None else radios)

    async def facts(self) -> Facts:
        """Read everything in one POST; stations need a second one where there are radios.

        Raises what `system board` raises; all else is optional.
        """
        return await self._facts(await self._ask(rpcfacts.CALLS))

    async def survey(self, paths: Sequence[str] = ()) -> Survey:
        """Read facts and checksums in the same POST.

        No fingerprint where commands are refused: to ask for the values of each package costs as
        much as all the facts, so that is left to `fingerprint`.
        """
        told = await self._ask({**rpcfacts.CALLS, "sums": shell(sums.command(paths))})
        said = rpcfacts.answer(told["sums"])["stdout"].raw.decode("utf-8", "surrogateescape")
        return Survey(await self._facts(told), sums.read(said, paths))

    async def collect(self, paths: Sequence[str] = ()) -> Report:
        """Read facts, checksums and monitoring data in the same POST; see RpcCollect."""
        report = await self._collect.collect(paths, self.via)
        return replace(report, facts=self._with_rights(report.facts))

    async def fingerprint(self, paths: Sequence[str] = ()) -> Fingerprint:
        """Read the checksums: one md5sum where commands may be run, else `uci get` of each."""
        calls = {"sums": shell(sums.command(paths)), "configs": Call("uci", "configs")}
        told = await self._ask(calls)
        found = await self._snapshot.fingerprint(told["sums"], told["configs"], paths)
        if found is None:
            refusal = told["configs"]
            if isinstance(refusal, DeviceError):
                raise refusal
            raise DeniedError(f"{self._name}: its ubus session shows no configuration.", ALLOW)
        return found

    async def configuration(self, paths: Sequence[str] = ()) -> Running:
        """Read everything in a few POSTs; see RpcSnapshot."""
        return await self._snapshot.configuration(paths, datetime.now(UTC))

    async def _ask(self, calls: dict[str, Call]) -> dict[str, Outcome]:
        return dict(zip(calls, await self._rpc.batch(list(calls.values())), strict=True))

    async def _facts(self, told: dict[str, Outcome]) -> Facts:
        clients = await self._clients(rpcfacts.answer(told["wireless"]))
        return self._with_rights(rpcfacts.reading(told, clients).facts(self.via))

    def _with_rights(self, facts: Facts) -> Facts:
        return replace(facts, rights=rights.granted(self._acls())) if self._acls else facts

    async def _clients(self, wireless: Answer) -> list[Answer]:
        """Ask each access point for its stations; hostapd where it may, else iwinfo."""
        names = sorted(
            {
                interface["ifname"].text
                for _, radio in wireless.items()
                for interface in radio["interfaces"]
                if interface["config"]["mode"].text == "ap" and interface["ifname"].text
            }
        )
        calls = [Call(f"hostapd.{name}", "get_clients") for name in names]
        calls += [Call("iwinfo", "assoclist", {"device": name}) for name in names]
        outcomes = await self._rpc.batch(calls) if calls else []
        return [Answer(outcome) for outcome in outcomes if isinstance(outcome, dict)]

    async def boot(self) -> Boot:
        """Read the uptime, and the boot id where the ACL lets it be read."""
        info, boot_id = await self._rpc.batch([rpcfacts.INFO, rpcfacts.BOOT_ID])
        if isinstance(info, DeviceError):
            raise info
        return Boot(rpcfacts.data(boot_id).strip(), Answer(info)["uptime"].real)

    async def uci(self, package: str) -> uci.Package:
        """Read a package as this session sees it, which is what is committed."""
        name = package_name(package)
        missing = MissingError(f"{self._name} has no UCI package {name}.")
        try:
            answer = await self._rpc.call("uci", "get", {"config": name})
        except NoObjectError:
            raise
        except MissingError as error:
            raise missing from error
        except DeniedError as error:  # rpcd says the same of a package that does not exist
            if name not in await self._packages(default=name):
                raise missing from error
            raise
        values = answer.get("values")
        return uci.from_rpc(name, values if isinstance(values, dict) else {})

    async def _packages(self, default: str) -> set[str]:
        try:
            answer = Answer(await self._rpc.call("uci", "configs"))
        except DeviceError:
            return {default}
        return {entry.text for entry in answer["configs"]}

    async def read_file(self, path: str) -> bytes:
        """Read a whole file; see RpcFiles.read."""
        return await self._files.read(path)

    async def write_file(
        self,
        path: str,
        data: bytes,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> None:
        """Replace a file atomically and prove it; see RpcFiles.replace."""
        await self._files.replace(path, data, mode)

    async def service(self, name: str, verb: str) -> None:
        """Call an init script by rpcd's `rc`, else by exec (rc came with 21.02)."""
        script = service_verb(name, verb)
        try:
            await self._rpc.call("rc", "init", {"name": name, "action": verb})
            return
        except FailedError as error:
            raise CommandError(f"{self._name} could not {verb} {name}.") from error
        except (NoObjectError, DeniedError):
            pass
        except MissingError as error:
            raise self._no_service(name) from error
        result = await self._files.run(
            ["-c", '[ -x "$1" ] || exit 127; "$1" "$2"', "sh", script, verb]
        )
        if result.exit_status == 127:
            raise self._no_service(name)
        if not result.ok:
            raise CommandError(f"{self._name} could not {verb} {name}: {result.complaint}")

    def _no_service(self, name: str) -> MissingError:
        return MissingError(
            f"{self._name} has no service {name}.", "Install its package, or check the name."
        )

    async def exec(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """Run a command line by `file exec`; rpcd ends it after its own 30 s, whoever waits.

        Its output is text for rpcd and ends at the first NUL. Input goes through a file of mode
        0600 in /tmp, which the device removes.
        """
        if not stdin:
            return await self._files.run(["-c", command], timeout)
        staged = f"/tmp/.owtui-{self._token()}"
        ran = False
        try:
            await self._files.put(staged, stdin, 0o600)
            result = await self._files.run(["-c", _RUN_ON_FILE, "sh", command, staged], timeout)
            ran = True
            return result
        finally:
            if not ran:
                await self._files.discard(staged)

    async def set_password(self, username: str, password: str) -> None:
        """Change a password by `rpc-sys`, else by passwd with the password on its stdin.

        LuCI's own `setPassword` is left alone: it puts the password on a command line.
        """
        twice = new_password(username, password)
        try:
            await self._rpc.call(
                "rpc-sys", "password_set", {"user": username, "password": password}
            )
            return
        except (MissingError, DeniedError):
            pass
        result = await self.exec(f"passwd {username} 2>&1", stdin=twice)
        if not result.ok or "unchanged" in result.text.lower():
            raise CommandError(f"{self._name} did not change the password of {username}.")

    async def reboot(self, boot_id: str = "") -> None:
        """Ask procd for a reboot, else `reboot` by exec; neither looks at the boot id."""
        try:
            await self._rpc.call("system", "reboot")
        except (NoObjectError, DeniedError):
            result = await self._files.run(["-c", "(sleep 1; reboot) >/dev/null 2>&1 </dev/null &"])
            if not result.ok:
                raise CommandError(f"{self._name} could not reboot: {result.complaint}") from None
