"""SSH against real dropbear and real ash: what is sent, what is left behind, what is cut."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import AuthError, DeadlineError, LostError, MissingError, NoSpaceError
from storage.secrets import Secret
from tests.lab.device import LabDevice, LabSpec
from tests.lab.openssh import OpenSshServer
from tests.tools import tool

pytestmark = pytest.mark.lab

PASSWORD = "labpass"


def target(
    device: LabDevice,
    policy: HostKeyPolicy = HostKeyPolicy.STRICT,
    login: Login | None = None,
) -> Target:
    login = login or Login(uuid4(), "password", secret=Secret(PASSWORD), port=device.port)
    return Target(uuid4(), "lab", (device.address,), (login,), policy)


async def dial(device: LabDevice, deadlines: Deadlines | None = None) -> SshConnection:
    where = target(device)
    book = MemoryHostKeys({where.device_id: device.host_keys.public()})
    return await Dialer(book, deadlines or Deadlines()).connect(where)


@pytest.fixture
async def shell(lab_device: LabDevice) -> AsyncIterator[SshConnection]:
    connection = await dial(lab_device)
    yield connection
    connection.close()
    await connection.wait_closed()


def processes(device: LabDevice, words: str) -> str:
    """Command lines in the device that contain these words; ours and the looker's left out."""
    lines = device.inside("ps w").stdout.splitlines()
    return "\n".join(line for line in lines if words in line and "ps w" not in line)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something in the device, which can only be asked."""
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(condition):
            pass


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
        await asyncio.wait_for(asked, 5)
    lab_device.inside(f"kill -CONT {server}; kill $(pidof sleep)")


CONTENT = bytes(range(256)) * 400


async def test_a_file_arrives_as_it_was_with_its_mode(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    path = '/tmp/it\'s a "file" $HOME'
    seen: list[tuple[int, int]] = []
    assert await shell.upload(CONTENT, path, mode=0o640, progress=lambda d, t: seen.append((d, t)))
    assert (
        await shell.run('cat "$p"'.replace("$p", '/tmp/it\'s a \\"file\\" \\$HOME'))
    ).stdout == CONTENT
    listing = lab_device.inside("ls -l /tmp").stdout
    assert "-rw-r-----" in listing
    assert ".part" not in listing
    assert seen[-1] == (len(CONTENT), len(CONTENT))


async def test_a_file_that_is_there_already_is_not_sent_again(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    assert await shell.upload(CONTENT, "/tmp/same")
    inode = lab_device.inside("ls -i /tmp/same").stdout
    assert not await shell.upload(CONTENT, "/tmp/same", mode=0o755)
    listing = lab_device.inside("ls -il /tmp/same").stdout
    assert listing.split()[0] == inode.split()[0]
    assert "-rwxr-xr-x" in listing
    assert await shell.upload(CONTENT + b"x", "/tmp/same")
    assert await shell.upload(b"", "/tmp/same")
    assert lab_device.inside("wc -c </tmp/same").stdout.strip() == "0"


async def test_an_upload_that_is_cancelled_leaves_nothing(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    started = asyncio.Event()
    await shell.run("echo old >/tmp/kept")
    big = os.urandom(8 * 1024 * 1024)
    sending = asyncio.create_task(
        shell.upload(big, "/tmp/kept", progress=lambda done, total: started.set())
    )
    await started.wait()
    await until(lambda: ".part" in lab_device.inside("ls /tmp").stdout)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert ".part" not in lab_device.inside("ls /tmp").stdout
    assert lab_device.inside("cat /tmp/kept").stdout == "old\n"
    assert processes(lab_device, ".part") == ""


async def test_a_connection_lost_in_an_upload_leaves_nothing(lab_device: LabDevice) -> None:
    connection = await dial(lab_device)
    started = asyncio.Event()
    sending = asyncio.create_task(
        connection.upload(
            os.urandom(8 * 1024 * 1024), "/tmp/lost", progress=lambda done, total: started.set()
        )
    )
    await started.wait()
    await until(lambda: ".part" in lab_device.inside("ls /tmp").stdout)
    connection.abort()
    with pytest.raises(LostError, match="during the upload"):
        await sending
    await until(lambda: "lost" not in lab_device.inside("ls /tmp").stdout)


async def test_a_full_file_system_is_told_with_what_is_free(
    lab_fleet: Callable[..., list[LabDevice]],
) -> None:
    (device,) = lab_fleet(LabSpec(tmp_bytes=2 * 1024 * 1024))
    connection = await dial(device)
    with pytest.raises(NoSpaceError, match=r"lab: /tmp/big needs 3072 KiB, \d+ KiB are free\."):
        await connection.upload(os.urandom(3 * 1024 * 1024), "/tmp/big")
    assert "big" not in device.inside("ls -a /tmp").stdout
    assert (await connection.run("echo fine")).ok
    connection.close()
    await connection.wait_closed()


async def test_a_missing_folder_is_told(shell: SshConnection) -> None:
    with pytest.raises(MissingError, match="lab: the folder of /nowhere/x does not exist"):
        await shell.upload(b"x", "/nowhere/x")


async def test_a_factory_device_is_found_out(lab_fleet: Callable[..., list[LabDevice]]) -> None:
    (device,) = lab_fleet(LabSpec(password=""))
    dialer = Dialer(MemoryHostKeys(), Deadlines())
    where = target(device, policy=HostKeyPolicy.ACCEPT_NEW)
    assert await dialer.probe_factory(where)
    connection = await dialer.connect(where)
    assert connection.factory
    connection.close()
    await connection.wait_closed()


async def test_a_device_with_a_password_is_none(lab_device: LabDevice) -> None:
    dialer = Dialer(MemoryHostKeys(), Deadlines())
    assert not await dialer.probe_factory(target(lab_device, policy=HostKeyPolicy.ACCEPT_NEW))


async def test_a_login_waits_until_dropbear_has_room_for_it(lab_device: LabDevice) -> None:
    """At most five that have not authenticated from one address; the sixth is shut out."""
    waiting = [await asyncio.open_connection(lab_device.address, lab_device.port) for _ in range(5)]
    for reader, _ in waiting:
        assert (await reader.readline()).startswith(b"SSH-2.0-dropbear")
    pauses: list[float] = []

    async def one_leaves(seconds: float) -> None:
        pauses.append(seconds)
        for _, writer in waiting:
            writer.close()
            await writer.wait_closed()

    where = target(lab_device)
    book = MemoryHostKeys({where.device_id: lab_device.host_keys.public()})
    connection = await Dialer(book, Deadlines(), sleep=one_leaves).connect(where)
    assert pauses
    assert (await connection.run("echo in")).text == "in\n"
    connection.close()
    await connection.wait_closed()


async def test_a_dozen_logins_at_once_do_not_lock_each_other_out(lab_device: LabDevice) -> None:
    where = target(lab_device)
    book = MemoryHostKeys({where.device_id: lab_device.host_keys.public()})
    slept: list[float] = []

    async def no_sleep(seconds: float) -> None:
        slept.append(seconds)

    dialer = Dialer(book, Deadlines(), sleep=no_sleep)
    made = await asyncio.gather(*(dialer.connect(where) for _ in range(12)))
    for connection in made:
        connection.close()
        await connection.wait_closed()
    assert slept == []


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ssh-rsa"])
async def test_a_key_opens_dropbear(
    lab_fleet: Callable[..., list[LabDevice]], algorithm: str
) -> None:
    key = asyncssh.generate_private_key(algorithm)
    public = key.export_public_key().decode().strip()
    (device,) = lab_fleet(LabSpec(password=None, authorized_keys=(public,)))
    pem = Secret(key.export_private_key().decode())
    where = target(device, login=Login(None, "key", secret=pem, port=device.port))
    book = MemoryHostKeys({where.device_id: device.host_keys.public()})
    connection = await Dialer(book, Deadlines()).connect(where)
    assert (await connection.run("echo in")).text == "in\n"
    connection.close()
    await connection.wait_closed()


async def test_an_agent_opens_dropbear(
    lab_fleet: Callable[..., list[LabDevice]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("ssh-agent", "openssh-client")
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key().decode().strip()
    (device,) = lab_fleet(LabSpec(password=None, authorized_keys=(public,)))
    where = target(device, login=Login(None, "agent", port=device.port))
    book = MemoryHostKeys({where.device_id: device.host_keys.public()})
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(AuthError, match="no SSH agent runs here"):
        await Dialer(book, Deadlines()).connect(where)

    socket = tmp_path / "agent"
    agent = await asyncio.create_subprocess_exec(
        "ssh-agent", "-D", "-a", str(socket), stdout=asyncio.subprocess.PIPE
    )
    assert agent.stdout is not None
    await agent.stdout.readline()  # it says where it listens, once it does
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    async with asyncssh.connect_agent(str(socket)) as keys:
        await keys.add_keys([key])
    connection = await Dialer(book, Deadlines()).connect(where)
    assert (await connection.run("echo in")).text == "in\n"
    connection.close()
    await connection.wait_closed()
    agent.terminate()
    await agent.wait()


async def test_openssh_is_no_different(
    openssh_device: Callable[..., OpenSshServer], tmp_path: Path
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = openssh_device(authorized_keys=(key.export_public_key().decode().strip(),))
    pem = Secret(key.export_private_key().decode())
    login = Login(None, "key", server.user, secret=pem, port=server.port)
    where = Target(uuid4(), "host", (server.address,), (login,), HostKeyPolicy.STRICT)
    book = MemoryHostKeys({where.device_id: (server.host_key,)})
    connection = await Dialer(book, Deadlines()).connect(where)
    result = await connection.run("cat; echo oops >&2; exit 3", stdin=b"\x00in")
    assert (result.stdout, result.stderr, result.exit_status) == (b"\x00in", b"oops\n", 3)
    with pytest.raises(DeadlineError) as caught:
        await connection.run("sh -c 'sleep 6661; true' | cat", timeout=0.3)
    assert caught.value.hint == "It was ended on the device."
    listing = await connection.run("ps ax")
    assert "sleep 6661" not in listing.text
    assert await connection.upload(CONTENT, str(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == CONTENT
    connection.close()
    await connection.wait_closed()


async def test_a_lab_device_behind_openssh(
    lab_device: LabDevice, openssh_device: Callable[..., OpenSshServer]
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key().decode().strip()
    gateway = openssh_device(authorized_keys=(public,))
    lab_device.inside(f"echo '{public}' >>/etc/dropbear/authorized_keys")
    pem = Secret(key.export_private_key().decode())
    hop = f"{gateway.user}@{gateway.address}:{gateway.port}"
    where = target(
        lab_device, login=Login(None, "key", secret=pem, port=lab_device.port, jump=(hop,))
    )
    book = MemoryHostKeys(
        {
            where.device_id: lab_device.host_keys.public(),
            f"{gateway.address}:{gateway.port}": (gateway.host_key,),
        }
    )
    dialer = Dialer(book, Deadlines())
    connection = await dialer.connect(where)
    assert (await connection.run("echo $0")).text == "ash\n"
    connection.close()
    await connection.wait_closed()
    await dialer.hops.close()
