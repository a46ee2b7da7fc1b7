"""Posts to a real HTTP server: what is signed, what is certain, what is never sent unencrypted."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from owtui.engine.notifications.sink import Parcel, SinkError
from owtui.engine.notifications.sinks.webhook import WebhookSink
from owtui.errors import InputError
from owtui.settings import Settings
from storage.secrets import Secret
from tests.engine.notifications.rig import START
from tests.engine.notifications.servers import Receiver, certificate, server_context

PARCEL = Parcel(UUID(int=9), {"site": "lab", "notifications": [{"text": "ap-ü is away"}]})
KEY = Secret("hook-7f3a")


def sink(receiver: Receiver, **more: Any) -> WebhookSink:
    return WebhookSink(receiver.url, present=lambda: START, **more)


async def failing(made: WebhookSink) -> SinkError:
    with pytest.raises(SinkError) as caught:
        await made.send(PARCEL, KEY)
    return caught.value


async def test_the_receiver_can_verify_time_and_body_and_know_a_repeat() -> None:
    async with Receiver().running() as receiver:
        await sink(receiver).send(PARCEL, KEY)
        await sink(receiver).send(PARCEL, KEY)
    (headers, body), (again, _) = receiver.posts
    seconds, sent = (part.partition("=")[2] for part in headers["owtui-signature"].split(","))
    assert int(seconds) == int(START.timestamp())
    signed = f"{seconds}.".encode() + body
    assert sent == hmac.new(b"hook-7f3a", signed, hashlib.sha256).hexdigest()
    assert sent != hmac.new(b"hook-7f3a", body, hashlib.sha256).hexdigest()
    assert headers["idempotency-key"] == again["idempotency-key"] == str(PARCEL.id)
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"id": str(PARCEL.id), **PARCEL.payload}
    assert b"hook-7f3a" not in body and "hook-7f3a" not in str(headers)


async def test_without_a_secret_nothing_is_signed() -> None:
    async with Receiver().running() as receiver:
        await sink(receiver).send(PARCEL, None)
    assert "owtui-signature" not in receiver.posts[0][0]


@pytest.mark.parametrize(("status", "lasting"), [(503, False), (429, False), (410, True)])
async def test_an_answer_that_is_no_success_is_certain(status: int, lasting: bool) -> None:
    async with Receiver(status).running() as receiver:
        error = await failing(sink(receiver))
    assert (error.perhaps, error.lasting) == (False, lasting)
    assert str(status) in error.sentence


async def test_a_receiver_that_hangs_up_leaves_a_doubt() -> None:
    async with Receiver(hang_up=True).running() as receiver:
        assert (await failing(sink(receiver))).perhaps


async def test_nobody_there_is_certain_not_to_have_got_it() -> None:
    async with Receiver().running() as receiver:
        pass
    error = await failing(sink(receiver))
    assert not error.perhaps and not error.lasting


async def test_a_certificate_is_verified_or_pinned_and_else_nothing_is_posted(
    tmp_path: Path,
) -> None:
    pem = certificate(tmp_path / "hook.pem")
    async with Receiver().running(server_context(pem)) as receiver:
        error = await failing(sink(receiver))
        assert not error.perhaps and not receiver.posts
        der = ssl.PEM_cert_to_DER_cert(pem.read_text().partition("-----BEGIN PRIVATE")[0])
        await sink(receiver, tls=f"pin:{hashlib.sha256(der).hexdigest()}").send(PARCEL, KEY)
    assert len(receiver.posts) == 1


def test_settings_make_it_or_say_what_is_wrong() -> None:
    made = WebhookSink.of(Settings(notify_webhook_url="https://hooks.example/owtui"))
    assert made is not None and made.tls == "verify" and not made.repeats
    assert WebhookSink.of(Settings()) is None
    assert WebhookSink.of(Settings(notify_webhook_url="http://127.0.0.1:9/x"))
    for url in ("http://hooks.example", "http://127.0.0.1.example", "http://192.0.2.1"):
        with pytest.raises(InputError, match="unencrypted") as caught:
            WebhookSink.of(Settings(notify_webhook_url=f"{url}/T0/k3y"))
        assert "k3y" not in caught.value.sentence
    for url in ("ftp://hooks.example/k3y", "https://me:k3y@hooks.example", "hooks.example/k3y"):
        with pytest.raises(InputError, match="is no URL of a webhook") as caught:
            WebhookSink.of(Settings(notify_webhook_url=url))
        assert "k3y" not in caught.value.sentence + caught.value.hint
    for tls in ("off", "pin:1234"):
        with pytest.raises(InputError):
            WebhookSink.of(Settings(notify_webhook_url="https://h.example", notify_webhook_tls=tls))
