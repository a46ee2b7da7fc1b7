"""Host keys: recorded, refused, changed, and what is never sent before they fit."""

from __future__ import annotations

from dataclasses import replace

import asyncssh
import pytest

from owtui.engine.transport.base import HostKeyPolicy
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.errors import (
    HostKeyError,
    Kind,
    ProtocolError,
)
from storage.hostkeys import fingerprint
from tests.engine.transport.sshserver import Server, public

UNUSED = "127.4.4.4"  # nothing listens on this loopback address


async def test_a_first_key_is_recorded_when_the_policy_says_so(
    server: Server, dialer: Dialer, book: MemoryHostKeys
) -> None:
    target = server.target(policy=HostKeyPolicy.ACCEPT_NEW)
    await dialer.connect(target)
    assert book.keys == {target.device_id: (public(server.host_keys[0]),)}
    assert book.accepted_by == {target.device_id: "first use"}
    await dialer.connect(target)
    assert book.offers == []


@pytest.mark.parametrize(
    ("policy", "recorded"), [(HostKeyPolicy.ASK, 1), (HostKeyPolicy.STRICT, 0)]
)
async def test_an_unknown_key_is_refused_before_any_credential_is_sent(
    server: Server, dialer: Dialer, book: MemoryHostKeys, policy: HostKeyPolicy, recorded: int
) -> None:
    with pytest.raises(HostKeyError, match="is not known yet: ssh-ed25519 SHA256:") as caught:
        await dialer.connect(server.target(policy=policy))
    assert caught.value.offered == fingerprint(public(server.host_keys[0]))
    assert len(book.offers) == recorded
    assert book.keys == {}
    assert (server.logins, server.passwords) == ([], [])


@pytest.mark.parametrize("policy", list(HostKeyPolicy))
async def test_a_changed_key_shows_both_fingerprints_and_sends_no_credential(
    server: Server, dialer: Dialer, book: MemoryHostKeys, policy: HostKeyPolicy
) -> None:
    former = public(asyncssh.generate_private_key("ssh-ed25519"))
    target = server.target(server.login(), server.login("second"), policy=policy)
    book.keys[target.device_id] = (former,)
    with pytest.raises(HostKeyError) as caught:
        await dialer.connect(target)
    offered = public(server.host_keys[0])
    assert caught.value.recorded == fingerprint(former)
    assert caught.value.offered == fingerprint(offered)
    assert fingerprint(former) in caught.value.sentence
    assert fingerprint(offered) in caught.value.sentence
    assert book.offers == [(target.device_id, offered)]
    assert book.keys[target.device_id] == (former,)
    assert (server.logins, server.passwords) == ([], [])


async def test_the_type_of_key_on_record_is_asked_for(book: MemoryHostKeys, dialer: Dialer) -> None:
    rsa = asyncssh.generate_private_key("ssh-rsa")
    async with Server(host_keys=(asyncssh.generate_private_key("ssh-ed25519"), rsa)) as server:
        target = server.target(policy=HostKeyPolicy.STRICT)
        book.keys[target.device_id] = (public(rsa),)
        assert (await (await dialer.connect(target)).run("x")).ok


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
async def test_old_host_keys_need_the_switch(dialer: Dialer) -> None:
    rsa = asyncssh.generate_private_key("ssh-rsa")
    options = {"signature_algs": ["ssh-rsa"], "kex_algs": ["diffie-hellman-group14-sha1"]}
    async with Server(host_keys=(rsa,), options=options) as server:
        with pytest.raises(ProtocolError) as caught:
            await dialer.connect(server.target())
        assert "legacy_host_keys" in caught.value.hint
        legacy = replace(server.login(), legacy_host_keys=True)
        assert (await (await dialer.connect(server.target(legacy))).run("x")).ok


async def test_a_key_that_does_not_fit_outweighs_an_address_that_is_silent(
    server: Server, dialer: Dialer
) -> None:
    target = replace(server.target(policy=HostKeyPolicy.ASK), addresses=(server.address, UNUSED))
    with pytest.raises(HostKeyError) as caught:
        await dialer.connect(target)
    assert caught.value.kind is Kind.HOST_KEY
    assert f"{UNUSED} port {server.port} refuses connections" in caught.value.hint
