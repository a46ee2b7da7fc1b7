"""The whole vocabulary at once: no line, however senseless, may break a device."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.simulator.shell.call import PROGRAMS
from tests.engine.firmware.images import image
from tests.simulator.rig import Bench, identity

ENDLESS = {"yes", "logread", "tail", "rc.common"}  # with -f, or always
OPERANDS = r"""
-n -c -f -e -i -r -l -s -d -k -h -P -1 0 3 -x -T -C /tmp /etc/config network /tmp/f nosuch * ? ~
.. - -- = : @x[0] system.@system[0].hostname= a=b $a ${a:-x} $(id) $? $# '' "$@" 's/a/b/' {print}
@.a /a/p 1,2p [ab] $((1+)) %s\n
"""
WORDS = [*sorted(PROGRAMS.keys() - ENDLESS), *OPERANDS.split()]
GLUE = [" ", " ", " ", " ", ";", "|", "&&", "||", " &\n", " >", " <", "\n", "(", ")", "{ ", "; }"]


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GLUE)), max_size=8), st.binary())
def test_any_line_ends_with_a_status_and_leaves_the_device_alive(
    pieces: list[tuple[str, str]], stdin: bytes
) -> None:
    async def session() -> None:
        bench = Bench(identity())
        line = "".join(word + glue for word, glue in pieces)
        try:
            answer = await bench.run(line, stdin)
        except TimeoutError:
            raise AssertionError(f"endless: {line!r}") from None
        assert 0 <= answer.status <= 255, line
        assert (await bench.run("echo alive")).out == "alive\n"
        await asyncio.gather(*bench.device.go_down(), return_exceptions=True)

    asyncio.run(session())


@pytest.mark.parametrize("name", sorted(PROGRAMS.keys() - ENDLESS))
async def test_every_program_bears_being_called_with_nothing_and_with_nonsense(
    bench: Bench, name: str
) -> None:
    for arguments in ("", "x", "-x", "-n x", "'' ''", "-f", "/nosuch /nosuch", "9 9 9"):
        answer = await bench.run(f"{name} {arguments}")
        assert 0 <= answer.status <= 255


def write_image(device: str) -> bytes:
    """Return an image with the metadata of a build for one board."""
    return b"kernel" * 1000 + (
        b'{ "metadata_version": "1.1", "compat_version": "1.0", "supported_devices": ["'
        + device.encode()
        + b'"], "version": { "dist": "OpenWrt", "version": "24.10.8" } }'
    )


async def test_an_image_is_judged_by_its_metadata(bench: Bench) -> None:
    good, other = write_image("tplink,archer-c6-v3"), write_image("netgear,wax206")
    assert await bench.out("cat >/tmp/i; sysupgrade -T /tmp/i", good) == ""
    answer = await bench.run("cat >/tmp/i; sysupgrade -T /tmp/i", other)
    assert (answer.status, answer.out) == (1, "")
    assert "Device tplink,archer-c6-v3 not supported by this image\n" in answer.err
    assert "Supported devices: netgear,wax206\n" in answer.err
    answer = await bench.run("cat >/tmp/i; sysupgrade -T /tmp/i", good[:-20])
    assert answer.status == 1
    assert (await bench.run("sysupgrade -T")).status == 1
    verdict = 'ubus call system validate_firmware_image \'{"path":"/tmp/i"}\''
    assert '"valid": false' in await bench.out(verdict)


async def test_a_real_trailer_is_read_with_its_checksum_and_compat_version(bench: Bench) -> None:
    board = "tplink,archer-c6-v3"
    for good in (image(board), image(board, sealed=b"s" * 90), image(board, payload=b"x")):
        assert await bench.out("cat >/tmp/i; sysupgrade -T /tmp/i", good) == ""
    damaged, cut = b"y" + image(board)[1:], image(board)[:-1]
    for bad in (damaged, cut, b"kernel"):
        answer = await bench.run("cat >/tmp/i; sysupgrade -T /tmp/i", bad)
        assert "Image metadata not present" in answer.err
    minor, major = image(board, compat="1.1"), image(board, compat="2.0", compat_message="Moved.")
    answer = await bench.run("cat >/tmp/i; sysupgrade -T /tmp/i", minor)
    assert "config is incompatible to the new image (1.0->1.1)" in answer.err
    assert (await bench.run("sysupgrade -n -T /tmp/i")).status == 0
    answer = await bench.run("cat >/tmp/i; sysupgrade -n -T /tmp/i; sysupgrade -T /tmp/i", major)
    assert "incompatible for sysupgrade based on the image version (1.0->2.0)" in answer.err
    assert "Moved." in answer.err
    old = "uci set system.@system[0].compat_version=2.0; uci commit; sysupgrade -T /tmp/i"
    assert (await bench.run(old)).status == 0
