"""Mail over SMTP, by smtplib in a thread: the dialogue is short and the library is Python's own.

It is taken step by step, so that what failed before the message was handed over is known not to
have gone, and only the answer to the message itself leaves a doubt. TLS is verified.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from owtui.engine.notifications.sink import EMAIL, Parcel, SinkError, Sinks
from owtui.errors import InputError
from owtui.settings import Settings
from storage.secrets import Secret
from storage.tables.base import now

PORTS = {"starttls": 587, "tls": 465, "off": 25}
STEP_S = 10.0  # for each answer of the server


def register(sinks: Sinks) -> None:
    """Take the sink in."""
    sinks.add(EMAIL, EmailSink.of)


@dataclass(slots=True)
class EmailSink:
    """One server, one sender. `sender` is an address, with a name or without."""

    host: str
    port: int
    tls: str  # starttls, tls; off at this machine's own server
    sender: str
    user: str = ""
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    name: str = EMAIL
    deadline_s: float = 40.0
    repeats: bool = False
    step_s: float = STEP_S

    @classmethod
    def of(cls, settings: Settings) -> EmailSink | None:
        """By the settings; None without a server. Raises InputError."""
        host, tls = settings.notify_smtp_host, settings.notify_smtp_tls
        if not host:
            return None
        sender = settings.notify_smtp_from
        if "@" not in parseaddr(sender)[1]:
            raise InputError(
                f"“{sender}” is no sender of mail.", "Set notify_smtp_from to an address."
            )
        if tls == "off" and not _is_here(host):
            raise InputError(
                f"Mail to {host} would go unencrypted.",
                "Without TLS only a server on this machine (127.0.0.1) is used.",
            )
        port = settings.notify_smtp_port or PORTS[tls]
        return cls(host, port, tls, sender, settings.notify_smtp_user)

    async def send(self, parcel: Parcel, secret: Secret | None) -> None:
        """Send one mail. Raises SinkError."""
        if self.user and not secret:
            raise SinkError(
                f"The mail server's password of {self.user} is not known.",
                "Give it with `owtui notifications secret email --stdin`.",
            )
        talk = _Talk(self, self._message(parcel), secret)
        thread = asyncio.create_task(asyncio.to_thread(talk.hold), name="smtp")
        try:
            await asyncio.shield(thread)
        except asyncio.CancelledError:
            talk.hang_up()  # a thread cannot be cancelled; without its socket it ends at once
            with suppress(SinkError):
                await thread
            raise

    def _message(self, parcel: Parcel) -> EmailMessage:
        told = parcel.payload
        message = EmailMessage(policy=SMTP)
        address = parseaddr(self.sender)[1]
        message["From"] = self.sender
        message["To"] = told["to"]
        message["Subject"] = told["subject"]
        message["Date"] = format_datetime(now())
        message["Message-ID"] = f"<{parcel.id}@{address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation answers
        # There is no web server of ours to unsubscribe at: who runs this owtui reads the sender's.
        message["List-Unsubscribe"] = f"<mailto:{address}?subject=unsubscribe>"
        message.set_content(told["text"])
        return message


class _Talk:
    """One dialogue with the server, in a thread."""

    def __init__(self, sink: EmailSink, message: EmailMessage, secret: Secret | None) -> None:
        self._sink = sink
        self._message = message
        self._secret = secret
        self._smtp: smtplib.SMTP | None = None
        self._handed = False  # the message itself has left

    def hold(self) -> None:
        """Send. Raises SinkError."""
        where = f"the mail server {self._sink.host}:{self._sink.port}"
        try:
            self._smtp = self._connect()
            try:
                self._post(self._smtp)
            finally:
                self._leave(self._smtp)
        except smtplib.SMTPAuthenticationError as error:
            raise SinkError(
                f"{where} refuses the login: {_words(error)}.",
                "Give the password anew with `owtui notifications secret email --stdin`.",
            ) from error
        except smtplib.SMTPResponseException as error:
            lasting = 500 <= error.smtp_code < 600
            raise SinkError(f"{where} says {_words(error)}.", lasting=lasting) from error
        except ssl.SSLCertVerificationError as error:
            raise SinkError(
                f"{where} shows a certificate that no authority vouches for:"
                f" {error.verify_message}.",
                "Check notify_smtp_host; TLS is always verified.",
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise SinkError(f"{where} cannot do what the settings ask: {error}.") from error
        except (OSError, smtplib.SMTPException) as error:
            said = str(error) or type(error).__name__
            raise SinkError(
                f"{where} cannot be used: {said}.",
                "Check notify_smtp_host, notify_smtp_port and notify_smtp_tls.",
                perhaps=self._handed,
            ) from error

    def _leave(self, smtp: smtplib.SMTP) -> None:
        """Say goodbye; what the server says to that changes nothing of what became of the mail."""
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()

    def hang_up(self) -> None:
        """Take the socket away from the thread."""
        sock = self._smtp.sock if self._smtp is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _connect(self) -> smtplib.SMTP:
        sink = self._sink
        if sink.tls == "tls":
            return smtplib.SMTP_SSL(sink.host, sink.port, timeout=sink.step_s, context=sink.context)
        return smtplib.SMTP(sink.host, sink.port, timeout=sink.step_s)

    def _post(self, smtp: smtplib.SMTP) -> None:
        sink = self._sink
        if sink.tls == "starttls":
            smtp.starttls(context=sink.context)
        smtp.ehlo_or_helo_if_needed()
        if sink.user and self._secret:
            smtp.login(sink.user, self._secret.reveal())
        _need(smtp.mail(parseaddr(sink.sender)[1]), 250)
        _need(smtp.rcpt(str(self._message["To"])), 250, 251)
        _need(smtp.docmd("DATA"), 354)
        body = re.sub(rb"(?m)^\.", b"..", self._message.as_bytes())  # RFC 5321 §4.5.2
        self._handed = True
        smtp.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        smtp.send(b".\r\n")
        answer = smtp.getreply()
        self._handed = False  # said: it went, or it was refused
        _need(answer, 250)


def _need(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _words(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return f"{error.smtp_code} {' '.join(text.split())}".rstrip(".")


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
