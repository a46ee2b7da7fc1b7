"""Commands on real dropbear and real ash: what is said, what is cut, what is left behind."""

from __future__ import annotations

import asyncio
import random

import pytest

from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import DeadlineError, InputError, LostError
from tests.engine.transport.labshell import dial, processes, target, until
from tests.lab.device import LabDevice

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    "command",
    [
        "echo hello; echo oops >&2; exit 3",
        "printf '%s\\n' \"it's\" '\"quoted\"' '$HOME' \"$HOME\" `echo tick`",
        "cat <<'END'\n$not expanded\nEND",
        "printf 'no newline'",
        "printf '\\000\\001\\377' | hexdump -C",
        "echo ä€😀 # a comment",
        "nosuchcommand",
        "echo 'unterminated",
        "kill -9 $$",
        "",
        "false",
        "(exit 7); echo $?",
        "echo $0 $# $-",
        "cd /tmp; pwd; x=1; echo $x",
        "sleep 0 & wait; echo done",
        'read a; echo "got $a"',
    ],
)
async def test_a_command_says_and_returns_what_it_does_on_the_device(
    lab_device: LabDevice, shell: SshConnection, command: str
) -> None:
    """Compared with the same shell, asked past SSH and past us."""
    got = await shell.run(command, stdin=b"input\n")
    plain = await asyncio.to_thread(lab_device.inside, command, "input\n")
    prefix = "/bin/ash: "  # how the looker starts its shell
    assert got.text == plain.stdout.replace(prefix, "ash: ").replace("/bin/ash", "ash")
    assert got.stderr.decode() == plain.stderr.replace(prefix, "ash: ")
    killed_by = -plain.returncode
    assert got.exit_status == (128 + killed_by if killed_by > 0 else plain.returncode)


async def test_a_command_that_takes_too_long_is_ended_with_all_it_started(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    command = (
        "(sleep 4711 | sleep 4711) & sh -c 'trap \"\" TERM; sleep 4711; sleep 4711'; echo never"
    )
    with pytest.raises(
        DeadlineError, match=r"lab: the command did not finish within 0\.5 s"
    ) as caught:
        await shell.run(command, timeout=0.5)
    assert caught.value.hint == "It was ended on the device."
    assert processes(lab_device, "4711") == ""
    assert (await shell.run("echo still here")).text == "still here\n"


async def test_what_a_command_printed_before_its_deadline_is_kept(shell: SshConnection) -> None:
    with pytest.raises(DeadlineError) as caught:
        await shell.run("echo said; echo complained >&2; sleep 4712", timeout=3.0)
    assert caught.value.printed == b"said\ncomplained\n"


async def test_a_command_longer_than_dropbear_takes_is_refused_and_the_connection_lives(
    shell: SshConnection,
) -> None:
    with pytest.raises(InputError, match="takes commands of 9000 bytes at most"):
        await shell.run(": " + "x" * 9000)
    assert (await shell.run("echo " + "y" * 8900)).text == "y" * 8900 + "\n"


async def test_a_cancelled_command_leaves_nothing(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    asked = asyncio.create_task(shell.run("sleep 1000"))
    waiting = asyncio.create_task(shell.run("echo next"))
    await until(lambda: "sleep 1000" in processes(lab_device, "sleep 1000"))
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert processes(lab_device, "sleep 1000") == ""
    assert (await waiting).text == "next\n"


async def test_a_command_cancelled_at_any_moment_leaves_nothing(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    """Between fork and exec a process shows no mark; a fixed seed replays the moments."""
    moments = random.Random(4)
    for _ in range(25):
        asked = asyncio.create_task(shell.run("sleep 7777"))
        await asyncio.wait([asked], timeout=moments.random() * 0.02)
        asked.cancel()
        await asyncio.wait([asked])
    assert processes(lab_device, "sleep 7777") == ""
    assert (await shell.run("echo fine")).ok


async def test_many_who_share_a_connection_get_each_their_own(shell: SshConnection) -> None:
    """dropbear mixes up channels that end and begin together, see DROPBEAR_CHANNELS."""
    results = await asyncio.gather(*(shell.run(f"echo {n}; exit {n}") for n in range(60)))
    assert [(r.text, r.exit_status) for r in results] == [(f"{n}\n", n) for n in range(60)]


async def test_what_an_earlier_command_detached_goes_on(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    await shell.run("(sleep 2222) >/dev/null 2>&1 </dev/null &")
    with pytest.raises(DeadlineError):
        await shell.run("sleep 3333", timeout=0.2)
    assert "sleep 2222" in processes(lab_device, "sleep 2222")
    lab_device.inside("kill $(pidof sleep)")


async def test_output_is_kept_up_to_a_limit_and_told(lab_device: LabDevice) -> None:
    where = target(lab_device)
    book = MemoryHostKeys({where.device_id: lab_device.host_keys.public()})
    connection = await Dialer(book, Deadlines(), output_bytes=1000).connect(where)
    result = await connection.run("yes | head -n 100000; echo end >&2")
    assert (len(result.stdout), result.stderr, result.cut) == (1000, b"end\n", True)
    connection.abort()
    await connection.wait_closed()


async def test_a_network_that_dies_is_noticed_by_the_keepalive(lab_device: LabDevice) -> None:
    connection = await dial(lab_device, Deadlines(keepalive_s=0.2))
    server = int(lab_device.inside("pidof dropbear").stdout.split()[0])
    asked = asyncio.create_task(connection.run("sleep 5555"))
    await until(lambda: "sleep 5555" in processes(lab_device, "sleep 5555"))
    lab_device.inside(f"kill -STOP {server}")
    with pytest.raises(LostError, match=r"lab: the connection to .* went away during the command"):
        await asyncio.wait_for(asked, 30)
    lab_device.inside(f"kill -CONT {server}; kill $(pidof sleep)")
