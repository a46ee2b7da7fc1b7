"""Mail to a real SMTP server on 127.0.0.1: TLS, login, headers, and what is known of a failure."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from owtui.engine.notifications.sink import Parcel, SinkError
from owtui.engine.notifications.sinks.email import EmailSink
from owtui.errors import InputError
from owtui.settings import Settings
from storage.secrets import Secret
from tests.engine.notifications.servers import MailServer, certificate, server_context

PARCEL = Parcel(
    UUID(int=7),
    {
        "to": "anna@example.org",
        "operator": "anna",
        "subject": "[lab] PROBLEM: ap-ü is not reachable",
        "text": "The device ap-ü is not reachable.\n.\n..two dots\n\n-- \nowtui\n",
    },
)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "mail.pem")


@pytest.fixture
def mail(pem: Path) -> MailServer:
    return MailServer(server_context(pem))


def sink(server: MailServer, pem: Path | None, tls: str = "starttls", **more: Any) -> EmailSink:
    context = ssl.create_default_context(cafile=str(pem)) if pem else ssl.create_default_context()
    sender = "owtui <noc@lab.example>"
    return EmailSink("127.0.0.1", server.port, tls, sender, context=context, **more)


async def failing(made: EmailSink, secret: Secret | None = None) -> SinkError:
    with pytest.raises(SinkError) as caught:
        await made.send(PARCEL, secret)
    return caught.value


@pytest.mark.parametrize("tls", ["starttls", "tls", "off"])
async def test_a_mail_arrives_whole_over_each_kind_of_connection(
    mail: MailServer, pem: Path, tls: str
) -> None:
    async with mail.running(wrapped=tls == "tls"):
        await sink(mail, pem, tls).send(PARCEL, None)
    (message,) = mail.messages
    assert message["Subject"] == PARCEL.payload["subject"]
    assert (message["From"], message["To"]) == ("owtui <noc@lab.example>", "anna@example.org")
    assert message["Message-ID"] == f"<{PARCEL.id}@lab.example>"
    assert message["List-Unsubscribe"] == "<mailto:noc@lab.example?subject=unsubscribe>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    text = message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert text.replace("\r\n", "\n") == PARCEL.payload["text"]
    assert ("STARTTLS" in mail.commands) == (tls == "starttls")


async def test_it_logs_in_only_over_tls_and_with_the_password(mail: MailServer, pem: Path) -> None:
    async with mail.running():
        made = sink(mail, pem, user="noc")
        await made.send(PARCEL, Secret(mail.password))
        assert mail.logins == [("noc", mail.password)]
        assert mail.commands.index("STARTTLS") < mail.commands.index("AUTH")
        error = await failing(made, Secret("wrong"))
        assert not error.perhaps and "535" in error.sentence
        assert "wrong" not in error.sentence
        assert "secret email" in (await failing(made)).hint


async def test_a_mail_that_was_taken_is_sent_whatever_is_said_to_the_goodbye(
    mail: MailServer, pem: Path
) -> None:
    mail.at_quit = "421 shutting down"
    async with mail.running():
        await sink(mail, pem).send(PARCEL, None)
        mail.at_rcpt = "550 nobody here"
        error = await failing(sink(mail, pem))
    assert len(mail.messages) == 1
    assert error.lasting and "550" in error.sentence


async def test_a_certificate_nobody_vouches_for_gets_neither_login_nor_mail(
    mail: MailServer,
) -> None:
    async with mail.running():
        error = await failing(sink(mail, None, user="noc"), Secret(mail.password))
    assert "no authority vouches" in error.sentence and not error.perhaps
    assert not mail.logins and not mail.messages


async def test_a_server_without_starttls_gets_nothing(mail: MailServer, pem: Path) -> None:
    mail.starttls = False
    async with mail.running():
        error = await failing(sink(mail, pem, user="noc"), Secret(mail.password))
    assert not error.perhaps and not mail.logins and not mail.messages


@pytest.mark.parametrize(
    ("at_data", "perhaps", "lasting"),
    [("451 later", False, False), ("554 spam", False, True), ("hang up", True, False)],
)
async def test_after_the_message_only_an_answer_is_certain(
    mail: MailServer, pem: Path, at_data: str, perhaps: bool, lasting: bool
) -> None:
    mail.at_data = at_data
    async with mail.running():
        error = await failing(sink(mail, pem))
    assert (error.perhaps, error.lasting) == (perhaps, lasting)


async def test_a_server_that_never_answers_ends_by_the_deadline_in_doubt(
    mail: MailServer, pem: Path
) -> None:
    mail.at_data = "silence"
    async with mail.running():
        error = await failing(sink(mail, pem, step_s=2.0))
    assert error.perhaps and mail.messages


async def test_a_recipient_that_is_refused_is_refused_for_good(mail: MailServer, pem: Path) -> None:
    mail.at_rcpt = "550 no such user"
    async with mail.running():
        error = await failing(sink(mail, pem))
    assert error.lasting and not error.perhaps and not mail.messages


async def test_nobody_there_is_certain_not_to_have_got_it(mail: MailServer, pem: Path) -> None:
    async with mail.running():
        pass
    error = await failing(sink(mail, pem))
    assert not error.perhaps and not error.lasting


def test_settings_make_it_or_say_what_is_wrong() -> None:
    given: dict[str, Any] = {
        "notify_smtp_host": "mail.example",
        "notify_smtp_from": "a@lab.example",
    }
    made = EmailSink.of(Settings(**given))
    assert made is not None and (made.port, made.tls) == (587, "starttls")
    tls = EmailSink.of(Settings(**given, notify_smtp_tls="tls"))
    assert tls is not None and tls.port == 465
    assert EmailSink.of(Settings()) is None
    with pytest.raises(InputError, match="unencrypted"):
        EmailSink.of(Settings(**given, notify_smtp_tls="off"))
    with pytest.raises(InputError, match="no sender"):
        EmailSink.of(Settings(notify_smtp_host="mail.example"))
