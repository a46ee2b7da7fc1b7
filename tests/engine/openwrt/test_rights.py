"""What a login's ACL says of an upgrade: LuCI's own, one for rpc-sys, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from owtui.engine.openwrt.rights import IMAGE, granted, lacking

# As a login answers with LuCI's groups [jsonrpc-transcript.txt, luci-mod-system.json].
LUCI: dict[str, Any] = {
    "cgi-io": {"backup": ["read"], "download": ["read"], "upload": ["write"]},
    "file": {
        "/": ["list"],
        "/*": ["list"],
        "/sbin/sysupgrade --test /tmp/firmware.bin": ["exec"],
        "/sbin/sysupgrade -n /tmp/firmware.bin": ["exec"],
        "/sbin/sysupgrade /tmp/firmware.bin": ["exec"],
        IMAGE: ["write"],
    },
    "ubus": {"file": ["exec", "remove", "stat", "write"]},
}
ALL = {"ubus": {"*": ["*"]}, "file": {"/*": ["*"]}, "cgi-io": {"*": ["*"]}}


def without(scope: str, name: str) -> dict[str, Any]:
    """LuCI's without one object."""
    return {**LUCI, scope: {key: value for key, value in LUCI[scope].items() if key != name}}


def test_luci_s_own_acl_suffices_with_and_without_the_configuration() -> None:
    rights = granted(LUCI)
    assert set(rights) == {"upload", "stat", "test", "keep", "clean", "backup"}
    assert (lacking(rights, keeps=True), lacking(rights, keeps=False)) == ("", "")


def test_whoever_may_do_all_may_call_rpc_sys() -> None:
    assert {"rpc-sys test", "rpc-sys start"} <= set(granted(ALL))


def test_the_program_alone_is_enough_for_every_line_of_it() -> None:
    files = {"/sbin/sysupgrade": ["exec"], IMAGE: ["write", "list"]}
    assert lacking(granted({**LUCI, "file": files}), keeps=True) == ""


@pytest.mark.parametrize(
    ("acls", "said"),
    [
        (without("cgi-io", "upload"), "“cgi-io upload” with “file write” of /tmp/firmware.bin"),
        (without("file", IMAGE), "“cgi-io upload” with “file write” of /tmp/firmware.bin"),
        (
            without("file", "/sbin/sysupgrade --test /tmp/firmware.bin"),
            "“rpc-sys upgrade_test”, or “file exec” of “/sbin/sysupgrade --test",
        ),
        (
            without("file", "/sbin/sysupgrade /tmp/firmware.bin"),
            "“rpc-sys upgrade_start”, or “file exec” of “/sbin/sysupgrade /tmp/firmware.bin” (to",
        ),
        ({**LUCI, "ubus": {"file": ["exec"]}}, "“ubus file stat” with “file list”"),
    ],
)
def test_what_is_missing_is_named_alone_and_what_for(acls: dict[str, Any], said: str) -> None:
    missing = lacking(granted(acls), keeps=True)
    assert missing.startswith(said)
    assert ";" not in missing


def test_without_any_answer_all_of_it_is_missing() -> None:
    assert granted({}) == ()
    assert lacking((), keeps=False).count(" (to ") == 4
    assert granted({"file": "nonsense", "ubus": {"file": "exec"}}) == ()
