"""The guard's protocol: the script on the lab's ash and the simulator's own answer alike."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import asyncssh
import pytest

from owtui.engine.configs import guard
from owtui.engine.configs.guard import Answer, Bundle, Refusal, State, Verb
from owtui.engine.configs.model import File
from tests.contract.subject import Subject
from tests.lab.session import ask

SYSTEM, FIREWALL = "/etc/config/system", "/etc/config/firewall"
OWN = "/etc/own/deep/file"
LEFT = "find /etc -type f | grep -E 'owtui|uci-defaults'"


class Peer:
    """A device and what its guard says."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    async def read(self, path: str) -> bytes:
        return (await self.subject.ask(f"cat '{path}'")).stdout

    async def push(self, id: str = "p1", **options: Any) -> Bundle:
        """Make a push that gives the device a name and two more files."""
        old = await self.read(SYSTEM)
        line = next(line for line in old.splitlines() if b"option hostname" in line)
        changes: dict[str, File | None] = {
            SYSTEM: File(old.replace(line, b"\toption hostname 'pushed'")),
            OWN: File(b"new\n", 0o755),
            "/etc/banner": None,
        }
        base = {SYSTEM: md5(old), OWN: "-"}
        base["/etc/banner"] = md5(await self.read("/etc/banner"))
        given = {"window_s": 60, "settle_s": 1} | options
        return Bundle(id=id, changes=changes, base=base, **given)

    async def send(self, push: Bundle, *, stage: bool = False) -> Answer:
        line = push.stage_line() if stage else push.start_line()
        said = await self.subject.ask(line, push.archive())
        assert (
            said.exit == 0
            or guard.parse(said.text, push.id, "x").refusal
            or "STARTED" not in said.text
        )
        return guard.parse(said.text, push.id, "device")

    async def ask(self, verb: Verb, id: str = "p1", reason: str = "") -> Answer:
        said = await self.subject.ask(guard.line(verb, id, reason))
        return guard.parse(said.text, id, "device")

    async def until(self, *states: State, id: str = "p1") -> Answer:
        """Ask until the push is there; devices are asked no faster than they answer."""
        while True:
            try:
                answer = await self.ask(Verb.STATUS, id)
            except (OSError, asyncssh.Error):  # it reboots, or dropbear does
                continue
            if answer.state in states:
                return answer

    async def confirm(self, id: str = "p1") -> Answer:
        while (answer := await self.ask(Verb.CONFIRM, id)).state is State.NOTYET:
            continue
        return answer

    async def has_new(self) -> bool:
        return b"'pushed'" in await self.read(SYSTEM)

    async def left(self) -> str:
        """What there is of a guard: only the record of the last push when none is under way."""
        return (await self.subject.ask(LEFT)).text


@pytest.fixture
def peer(fresh: Subject) -> Peer:
    return Peer(fresh)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


async def test_a_push_goes_from_none_over_pending_and_applied_to_confirmed(peer: Peer) -> None:
    assert (await peer.ask(Verb.STATUS)).state is State.NONE
    push = await peer.push()
    assert (await peer.send(push)).state is State.STARTED
    assert (await peer.ask(Verb.CONFIRM)).state is State.NOTYET
    pending = await peer.ask(Verb.STATUS)
    assert pending.state is State.PENDING and pending.left_s in range(50, 61)
    applied = await peer.until(State.APPLIED)
    assert applied.left_s in range(40, 60)
    assert (await peer.ask(Verb.CONFIRM)).state is State.CONFIRMED
    for verb in (Verb.CONFIRM, Verb.STATUS, Verb.RESTORE, Verb.ABORT, Verb.COMMIT):
        assert (await peer.ask(verb)).state is State.CONFIRMED, verb
    assert (await peer.send(push)).state is State.CONFIRMED
    assert await peer.has_new()
    listed = await peer.subject.ask(f"ls -l {OWN}; cat {OWN} /etc/banner")
    assert listed.text.startswith("-rwxr-xr-x") and listed.text.endswith("\nnew\n")
    assert "/etc/banner" in listed.error
    assert await peer.left() == "/etc/owtui/last\n"


async def test_a_push_that_is_taken_back_leaves_nothing(peer: Peer) -> None:
    push, before = await peer.push(), await peer.read(SYSTEM)
    await peer.send(push)
    await peer.ask(Verb.RESTORE, reason="check")
    answer = await peer.until(State.RESTORED)
    assert answer.reason == "check"
    assert await peer.read(SYSTEM) == before
    assert (await peer.subject.ask("ls /etc/banner")).exit == 0
    assert (await peer.subject.ask("ls /etc/own")).exit != 0
    assert (await peer.send(push)).state is State.RESTORED  # sent twice: not started again
    assert (await peer.ask(Verb.CONFIRM)).state is State.RESTORED
    assert await peer.left() == "/etc/owtui/last\n"
    again = await peer.push("p2")
    assert (await peer.send(again)).state is State.STARTED
    assert (await peer.ask(Verb.STATUS, "p1")).state is State.RESTORED


async def test_the_deadline_takes_it_back(peer: Peer) -> None:
    await peer.send(await peer.push(window_s=2))
    answer = await peer.until(State.RESTORED)
    assert answer.reason == "deadline" and not await peer.has_new()


async def test_a_staged_push_waits_and_is_committed_or_dropped(peer: Peer) -> None:
    push = await peer.push()
    staged = await peer.send(push, stage=True)
    assert staged.state is State.STAGED and staged.left_s in range(590, 601)
    assert not await peer.has_new()
    for verb in (Verb.STATUS, Verb.CONFIRM, Verb.RESTORE):
        assert (await peer.ask(verb)).state is State.STAGED, verb
    other = await peer.send(await peer.push("p2"))
    assert (other.refusal, other.reason) == (Refusal.PENDING, "p1")
    assert (await peer.ask(Verb.ABORT)).state is State.NONE
    assert (await peer.ask(Verb.COMMIT)).state is State.NONE
    assert await peer.left() == ""
    await peer.send(push, stage=True)
    assert (await peer.ask(Verb.COMMIT)).state is State.STARTED
    assert (await peer.confirm()).state is State.CONFIRMED
    assert await peer.has_new()


async def test_a_staged_push_is_dropped_after_its_time(peer: Peer) -> None:
    await peer.send(await peer.push(hold_s=1), stage=True)
    assert (await peer.until(State.NONE)).state is State.NONE
    assert await peer.left() == ""


@pytest.mark.parametrize(
    ("before", "refusal", "about"),
    [
        (f"echo '# mine' >>{SYSTEM}", Refusal.CHANGED, SYSTEM),
        (f"mkdir -p /etc/own/deep; echo x >{OWN}", Refusal.CHANGED, OWN),
        ("uci set system.ntp.enabled=0", Refusal.STAGED, "system"),
        ("rm /etc/banner; ln -s /tmp /etc/banner", Refusal.NOTFILE, "/etc/banner"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stage", [False, True])
async def test_what_has_changed_since_is_refused(
    peer: Peer, before: str, refusal: Refusal, about: str, stage: bool
) -> None:
    push = await peer.push()
    await peer.subject.ask(before)
    answer = await peer.send(push, stage=stage)
    assert (answer.refusal, answer.reason) == (refusal, about)
    assert not await peer.has_new() and await peer.left() == ""
    assert (await peer.ask(Verb.STATUS)).state is State.NONE


async def test_syntax_is_refused(peer: Peer) -> None:
    old = await peer.read(FIREWALL)
    push = Bundle("p1", {FIREWALL: File(b"config x 'open\n")}, {FIREWALL: md5(old)})
    answer = await peer.send(push)
    assert (answer.refusal, answer.reason) == (Refusal.SYNTAX, "firewall")
    assert await peer.read(FIREWALL) == old


async def test_an_edit_between_stage_and_commit_is_refused_and_kept(peer: Peer) -> None:
    await peer.send(await peer.push(), stage=True)
    await peer.subject.ask(f"echo '# mine' >>{SYSTEM}")
    answer = await peer.ask(Verb.COMMIT)
    assert (answer.refusal, answer.reason) == (Refusal.CHANGED, SYSTEM)
    assert (await peer.read(SYSTEM)).endswith(b"# mine\n") and await peer.left() == ""


async def test_a_damaged_upload_is_refused(peer: Peer) -> None:
    push = await peer.push()
    damage = push.start_line().replace("&& sh guard", f"&& echo x >>new{SYSTEM} && sh guard")
    said = await peer.subject.ask(damage, push.archive())
    assert guard.parse(said.text, "p1", "device").refusal is Refusal.UPLOAD


async def test_one_of_two_pushes_is_started(peer: Peer) -> None:
    pushes = [await peer.push(f"p{n}") for n in range(2)]
    answers = await asyncio.gather(*(peer.send(push) for push in pushes))
    assert sorted(answer.state is State.STARTED for answer in answers) == [False, True]
    [refused] = [answer for answer in answers if answer.refusal]
    assert refused.refusal in (Refusal.BUSY, Refusal.PENDING)


async def test_what_a_colleague_commits_meanwhile_is_kept_aside(peer: Peer) -> None:
    await peer.send(await peer.push())
    await peer.until(State.APPLIED)
    await peer.subject.ask("uci set system.@system[0].hostname=his; uci commit system")
    await peer.ask(Verb.RESTORE)
    answer = await peer.until(State.RESTORED)
    assert answer.lost == (SYSTEM,)
    assert b"his" in await peer.read(guard.lost_folder("p1") + SYSTEM)


async def reboot(peer: Peer) -> None:
    """Reboot, and wait until another boot answers."""
    boot = "cat /proc/sys/kernel/random/boot_id"
    before = (await peer.subject.ask(boot)).text
    await peer.subject.ask("reboot")
    while True:
        try:
            async with peer.subject.login() as ssh:
                if (await ask(ssh, boot)).text not in ("", before):
                    return
        except (OSError, asyncssh.Error):
            continue


@pytest.mark.slow
async def test_a_reboot_takes_it_back_and_is_remembered(peer: Peer) -> None:
    before = await peer.read(SYSTEM)
    await peer.send(await peer.push())
    await peer.until(State.APPLIED)
    await reboot(peer)
    answer = await peer.ask(Verb.CONFIRM)
    assert (answer.state, answer.reason) == (State.RESTORED, "reboot")
    assert await peer.read(SYSTEM) == before
    await reboot(peer)
    assert (await peer.ask(Verb.STATUS)).reason == "reboot"
    assert await peer.left() == "/etc/owtui/last\n"


@pytest.mark.slow
async def test_a_reboot_drops_what_is_staged_and_keeps_what_is_confirmed(peer: Peer) -> None:
    await peer.send(await peer.push(), stage=True)
    await reboot(peer)
    assert (await peer.ask(Verb.STATUS)).state is State.NONE
    assert await peer.left() == ""
    await peer.send(await peer.push())
    assert (await peer.confirm()).state is State.CONFIRMED
    await reboot(peer)
    assert (await peer.ask(Verb.STATUS)).state is State.CONFIRMED
    assert await peer.has_new()


@pytest.mark.slow
async def test_one_reboot_may_belong_to_the_push(peer: Peer) -> None:
    await peer.send(await peer.push(reboot=True))
    await peer.until(State.APPLIED)
    await reboot(peer)
    assert (await peer.confirm()).state is State.CONFIRMED
    assert await peer.has_new()


@pytest.mark.slow
async def test_services_are_called_and_put_back(peer: Peer) -> None:
    await peer.send(await peer.push(services=(("cron", "stop"), ("cron", "disable"))))
    await peer.until(State.APPLIED)
    assert (await peer.subject.ask("/etc/init.d/cron enabled")).exit != 0
    await peer.ask(Verb.RESTORE)
    await peer.until(State.RESTORED)
    assert (await peer.subject.ask("/etc/init.d/cron enabled")).exit == 0


async def test_words_that_are_none_are_refused(peer: Peer) -> None:
    await peer.send(await peer.push())
    await peer.confirm()
    for words in ("nosuch p1", "status", "status 'a b'", ""):
        said = await peer.subject.ask(f"sh /tmp/owtui/guard {words}")
        assert (said.text, said.exit) == ("USAGE\n", 1), words
