"""The file tree: links, limits, and paths that try to leave it."""

from __future__ import annotations

import io
import tarfile

import pytest

from tests.simulator.rig import Bench


async def test_a_full_flash_takes_what_fits_and_keeps_the_partial_file(bench: Bench) -> None:
    answer = await bench.run("cat >/root/big", bytes(20 << 20))
    assert (answer.status, answer.err) == (1, "cat: write error: No space left on device\n")
    assert 0 < int(await bench.out("wc -c </root/big")) < 12 << 20
    assert "100% /overlay\n" in await bench.out("df")
    await bench.out("rm /root/big; echo x >/root/small")


async def test_a_full_flash_leaves_tmp_alone(bench: Bench) -> None:
    bench.device.fill_flash(True)
    assert (await bench.run("echo x >/etc/x")).status == 1
    assert await bench.out("echo x >/tmp/x; cat /tmp/x") == "x\n"


async def test_moving_between_file_systems_is_counted_where_it_lands(bench: Bench) -> None:
    before = bench.device.files.overlay.free
    await bench.out("head -c 100000 /dev/zero >/tmp/f; mv /tmp/f /root/f; rm /root/f")
    assert bench.device.files.overlay.free == before


@pytest.mark.parametrize("path", ["/../../../etc/passwd", "../../../../etc/passwd", "/etc/../../x"])
async def test_dots_stay_inside_the_tree(bench: Bench, path: str) -> None:
    answer = await bench.run(f"cat {path}")
    assert "nobody" in answer.out or answer.status == 1
    assert "pyenv" not in answer.out


async def test_links_lead_only_within_the_tree_and_loops_end(bench: Bench) -> None:
    await bench.out("ln -s /../../etc /tmp/up; ln -s /tmp/a /tmp/b; ln -s /tmp/b /tmp/a")
    assert "root:x:0:0" in await bench.out("cat /tmp/up/passwd")
    assert (await bench.run("cat /tmp/a")).status == 1
    assert await bench.out("echo v >/var/x; cat /tmp/x") == "v\n"


async def test_what_the_image_holds_can_be_hidden_and_replaced(bench: Bench) -> None:
    await bench.out("rm /etc/banner")
    assert (await bench.run("ls /etc/banner")).status == 1
    assert await bench.out("echo new >/etc/banner; cat /etc/banner") == "new\n"


@pytest.mark.parametrize("path", ["/proc/uptime", "/sys/class/net/lan1/address", "/rom/x"])
async def test_what_the_kernel_makes_cannot_be_written(bench: Bench, path: str) -> None:
    assert (await bench.run(f"echo x >{path}")).status == 1


async def test_the_knobs_of_the_kernel_take_any_value(bench: Bench) -> None:
    assert await bench.out("sync && echo 3 > /proc/sys/vm/drop_caches") == ""


async def test_modes_are_kept_and_shown(bench: Bench) -> None:
    await bench.out("umask 077; echo s >/root/s; chmod 755 /root/s; umask 022")
    assert (await bench.out("ls -l /root/s")).startswith("-rwxr-xr-x    1 root     root")


async def test_an_archive_cannot_write_outside_the_tree(bench: Bench) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("../../../../tmp/simulator-escaped")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"x\n"))
    await bench.out("cd /root; tar -xf -", buffer.getvalue())
    assert await bench.out("cat /root/tmp/simulator-escaped") == "x\n"


async def test_a_cut_archive_is_an_error(bench: Bench) -> None:
    packed = bench.device.files
    await bench.out("tar -czf /tmp/a.tgz /etc/config")
    data = packed.read("/tmp/a.tgz")
    assert (await bench.run("tar -xzf -", data[: len(data) // 2])).status == 1
