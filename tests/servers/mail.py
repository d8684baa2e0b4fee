"""A real SMTP server (aiosmtpd) on a port of its own, which behaves as a test wants."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.servers.hooks import CERTIFICATE, KEY

NAME = "mail.test.example"
USER, PASSWORD = "may-gui", "mat-khau cua may"


@dataclass
class Mailbox:
    """What came in, and what the server says: `rcpt` and `data` are its answers, "" for acceptance.

    `data` may also be "hang" (no answer comes) or "drop" (the connection breaks once the mail is there).
    """

    port: int = 0
    rcpt: str = ""
    data: str = ""
    envelopes: list[Any] = field(default_factory=list)
    was_tls: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            email.message_from_bytes(one.content, policy=default)  # type: ignore[misc]
            for one in self.envelopes
        ]

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data == "hang":
            await asyncio.sleep(3600)
        if self.data == "drop":
            server.transport.abort()
        elif not self.data:
            self.envelopes.append(envelope)
            self.was_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.data or "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        known = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=known, handled=False)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


@contextmanager
def mail_server(*, starttls: bool = False, tls: bool = False, with_login: bool = False) -> Iterator[Mailbox]:
    """Plain, with STARTTLS on offer, or with TLS from the first byte; USER may log in when `with_login`."""
    box = Mailbox()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def protocol() -> SMTP:
        return SMTP(
            box,
            hostname=NAME,
            loop=loop,
            tls_context=server_context() if starttls else None,
            authenticator=box.authenticate if with_login else None,
            auth_require_tls=False,
        )

    async def start() -> asyncio.Server:
        context = server_context() if tls else None
        return await loop.create_server(protocol, "127.0.0.1", 0, ssl=context)

    async def stop() -> None:
        server.close()
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
