"""Boots told apart without their id, and answers of cgi-io that are no good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware.httpway import SLACK_S, boot_mark, is_other_boot
from owtui.engine.transport.cgiio import _compare
from owtui.errors import DeniedError, DeviceError, LostError, ProtocolError

UP = st.floats(0, 1e7)
PASSED = st.floats(0, 1e6)


@given(UP, PASSED, st.floats(-SLACK_S + 1, SLACK_S - 1))
def test_a_boot_that_goes_on_is_the_same_though_clocks_differ_a_little(
    up: float, passed: float, off: float
) -> None:
    now = max(up, up + passed + off)
    assert not is_other_boot(boot_mark("", up, 0), boot_mark("", now, passed))


@given(UP, st.floats(SLACK_S + 10, 1e6), st.floats(0, 1))
def test_a_boot_that_began_since_is_another_one(up: float, passed: float, share: float) -> None:
    now = share * (passed - SLACK_S - 1)  # it was away for a minute at least
    assert is_other_boot(boot_mark("", up, 0), boot_mark("", now, passed))


def test_the_kernel_s_id_has_the_last_word_where_both_are_known() -> None:
    assert is_other_boot(boot_mark("a", 10, 0), boot_mark("b", 20, 10))
    assert not is_other_boot(boot_mark("a", 10, 0), boot_mark("a", 5, 1000))
    assert is_other_boot(boot_mark("a", 10, 0), boot_mark("", 5, 1000))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"<html>", ProtocolError),
        (b"[]", ProtocolError),
        (b'{"sha256sum": "00", "checksum": "00"}', LostError),
        (b'{"sha256sum": null, "checksum": null}', LostError),
        (b'{"message": "Upload permission denied", "failure": [1, "x"]}', DeniedError),
        (b'{"message": "I/O failure while writing", "failure": [28, "x"]}', DeviceError),
    ],
)
def test_an_upload_is_done_when_the_device_tells_its_sum(
    answer: bytes, error: type[DeviceError]
) -> None:
    with pytest.raises(error):
        _compare("ap", answer, b"image")
    _compare("ap", b'{"sha256sum": null, "checksum": "78805a221a988e79ef3f42d7c5bfd418"}', b"image")
