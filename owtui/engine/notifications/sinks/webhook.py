"""A webhook: POST of JSON to a URL, signed so that the receiver knows whose it is.

Owtui-Signature is `t=<seconds>,v1=<HMAC-SHA256 in hex of "<seconds>.<body>">` under the secret.
Idempotency-Key is the parcel's id, the same over attempts.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from owtui.engine.notifications.sink import Parcel, SinkError, Sinks
from owtui.errors import (
    DeadlineError,
    DeviceError,
    HostKeyError,
    InputError,
    LostError,
    ProtocolError,
)
from owtui.settings import Settings
from storage.secrets import Secret
from storage.tables.base import now

ANSWER_S = 15.0


def register(sinks: Sinks) -> None:
    """Take the sink in."""
    sinks.add("webhook", WebhookSink.of)


@dataclass(frozen=True, slots=True)
class WebhookSink:
    """One URL. `tls` is verify or pin:<sha256>; plain http only to this machine."""

    url: str
    tls: str = "verify"
    repeats: bool = False
    name: str = "webhook"
    deadline_s: float = 20.0
    present: Callable[[], datetime] = now

    @classmethod
    def of(cls, settings: Settings) -> WebhookSink | None:
        """By the settings; None without a URL. Raises InputError."""
        from owtui.engine.transport.http import endpoint, pin_of

        if not settings.notify_webhook_url:
            return None
        tls = settings.notify_webhook_tls
        try:
            url = endpoint(settings.notify_webhook_url)
        except InputError:  # its sentence has all of it, and its path may be the receiver's secret
            raise InputError(
                "notify_webhook_url is no URL of a webhook.",
                "Write https://hooks.example.org/…, without a login.",
            ) from None
        if tls == "off":
            raise InputError("A webhook's certificate is always checked.", "Use verify or pin:….")
        pin_of(tls)
        if url.startswith("http:") and not _is_here(url):
            raise InputError(
                f"{urlsplit(url).hostname} would be asked unencrypted.",
                "Use https; plain http only to this machine (127.0.0.1).",
            )
        return cls(url, tls, settings.notify_webhook_repeat)

    async def send(self, parcel: Parcel, secret: Secret | None) -> None:
        """Post one. Raises SinkError."""
        # httpx takes 0.2 s to import, which an engine without a webhook need not spend.
        from owtui.engine.transport.http import HttpClient

        body = json.dumps({"id": str(parcel.id), **parcel.payload}, separators=(",", ":")).encode()
        headers = {"Idempotency-Key": str(parcel.id), "User-Agent": "owtui"}
        if secret:
            headers["Owtui-Signature"] = signature(secret, int(self.present().timestamp()), body)
        client = HttpClient("The webhook", self.url, self.tls)
        try:
            reply = await client.post(body, timeout=ANSWER_S, headers=headers)
        except HostKeyError as error:
            hint = "Check notify_webhook_url, or pin the certificate with notify_webhook_tls."
            raise SinkError(error.sentence, hint) from error
        except (DeadlineError, LostError, ProtocolError) as error:
            raise SinkError(error.sentence, perhaps=True) from error
        except DeviceError as error:  # nobody was there to take it
            raise SinkError(error.sentence, "Check notify_webhook_url.") from error
        finally:
            await client.close()
        if not 200 <= reply.status < 300:
            raise SinkError(
                f"The webhook {client.where} answers {reply.status}.",
                "Check notify_webhook_url and the receiver's log.",
                lasting=reply.status in (400, 404, 410, 413, 422),
            )


def signature(secret: Secret, seconds: int, body: bytes) -> str:
    """What Owtui-Signature says of this body at this time."""
    signed = hmac.digest(secret.reveal().encode(), b"%d." % seconds + body, "sha256").hex()
    return f"t={seconds},v1={signed}"


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
