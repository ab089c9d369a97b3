"""STARTTLS and SMTPS as spoken: certificates are verified, logins are encrypted, and nothing falls back to plain."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from bot.channels.base import AuthBroken, Transient
from bot.channels.smtp import SmtpSession, SmtpTarget, Timeouts
from sandbox.mail import free_port

AUTHORITY = trustme.CA()


class Inbox:
    """Keeps the texts that were sent, and over what."""

    def __init__(self) -> None:
        self.over_tls: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.over_tls.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 kept"


def authenticate(server: SMTP, session: Any, envelope: Any, mechanism: str, login: object) -> AuthResult:
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"bot", b"right")
    return AuthResult(success=right, handled=False)


@contextmanager
def serving(security: str, inbox: Inbox) -> Iterator[int]:
    """Run a mail server that wants a login, with a certificate for localhost by our own authority; yield its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True}
    if security == "smtps":
        options |= {"ssl_context": context, "auth_require_tls": False}
    if security == "smtp+starttls":
        options |= {"tls_context": context, "require_starttls": True}
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def session(security: str, port: int, password: str = "right", *, trusting: bool = True) -> SmtpSession:
    context = ssl.create_default_context()
    if trusting:
        AUTHORITY.configure_trust(context)
    target = SmtpTarget.parse(f"{security}://bot:{password}@localhost:{port}")
    return SmtpSession(target, Timeouts(5, 5, 5), context)


@pytest.mark.parametrize("security", ["smtps", "smtp+starttls"])
def test_a_mail_goes_over_tls_after_the_login(security: str) -> None:
    inbox = Inbox()
    with serving(security, inbox) as port:
        one = session(security, port)
        one.begin("from@example.com", ["to@example.com"], utf8=False)
        assert one.recipients(["to@example.com"]) == {}
        assert one.data(b"Subject: x\r\n\r\nbody\r\n") == "250 kept"
        one.quit()
    assert inbox.over_tls == [True]


@pytest.mark.parametrize("security", ["smtps", "smtp+starttls"])
def test_a_certificate_nobody_vouches_for_is_refused(security: str) -> None:
    with serving(security, Inbox()) as port, pytest.raises(Transient, match="certificate can't be trusted"):
        session(security, port, trusting=False).connect()


@pytest.mark.parametrize("security", ["smtps", "smtp+starttls"])
def test_a_wrong_password_is_a_broken_login(security: str) -> None:
    with serving(security, Inbox()) as port, pytest.raises(AuthBroken):
        session(security, port, "wrong").connect()


def test_a_server_without_starttls_is_never_talked_to_in_plain() -> None:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with pytest.raises(AuthBroken, match="does not offer what SMTP_URL asks for"):
            session("smtp+starttls", controller.port).connect()
    finally:
        controller.stop()
    assert inbox.over_tls == []
