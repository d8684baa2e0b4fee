"""The mail server, by `smtplib`: what passes is tried again, what is refused for good is not.

A mail can arrive twice where the connection breaks between the server's acceptance and its answer; both carry
the same Message-ID, by which mail systems tell.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from service.errors import BadConfiguration, DomainError, Unavailable, Undeliverable
from service.notifications.mail_addresses import is_address
from service.vietnamese import without_controls

TIMEOUT_SECONDS = 20.0
ACCEPTED = 250
PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. `starttls`: TLS before anything is said, or nothing is said."""

    host: str
    port: int
    tls: bool = False
    starttls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    context: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """smtp://USER:PASSWORD@HOST:587?starttls=1 or smtps://…; raises BadConfiguration."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadConfiguration("SMTP_URL: cổng không hợp lệ.") from error
        options = parse_qs(parts.query)
        if parts.scheme not in PORTS or not parts.hostname or set(options) - {"starttls"}:
            raise BadConfiguration("SMTP_URL có dạng smtp://TÊN:MẬT-KHẨU@MÁY:587?starttls=1 hoặc smtps://…")
        server = cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            starttls=options.get("starttls") == ["1"],
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )
        if not (server.username + server.password).isascii():
            raise BadConfiguration(
                "SMTP_URL: tên và mật khẩu chỉ gồm chữ không dấu; SMTP không nhận chữ khác."
            )
        if server.username and not (server.tls or server.starttls) and server.host not in LOOPBACK:
            raise BadConfiguration(
                "SMTP_URL: không gửi mật khẩu khi chưa mã hóa; thêm ?starttls=1 hoặc dùng smtps://."
            )
        return server

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        """Hand one mail in.

        Raises Undeliverable where the server refused this recipient or this mail for good (5xx), Unavailable
        for everything that may be otherwise later: 4xx, no connection, no TLS, a refused login, a hang-up.
        """
        if not (is_address(sender) and is_address(recipient)):
            raise Undeliverable("Địa chỉ thư không hợp lệ.")
        with _translated(), self._connected() as connection:
            if (answer := connection.mail(sender))[0] != ACCEPTED:
                raise smtplib.SMTPSenderRefused(*answer, sender)
            _accepted(connection.rcpt(recipient), "người nhận")
            _accepted(connection.data(message.as_bytes()), "nội dung")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        context = self.context or ssl.create_default_context()
        connection: smtplib.SMTP = (
            smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=context)
            if self.tls
            else smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        )
        try:
            connection.ehlo_or_helo_if_needed()
            if self.starttls:
                connection.starttls(context=context)
                connection.ehlo()
            if self.username:
                connection.login(self.username, self.password)
            yield connection
            _say_goodbye(connection)
        finally:
            connection.close()


def _say_goodbye(connection: smtplib.SMTP) -> None:
    """The mail has been taken; how the conversation ends changes nothing."""
    with suppress(OSError, smtplib.SMTPException):
        connection.quit()


def _accepted(answer: tuple[int, bytes], what: str) -> None:
    if not 200 <= answer[0] < 300:
        raise _refused(what, *answer)


def _refused(what: str, code: int, text: bytes | str) -> DomainError:
    said = text if isinstance(text, str) else text.decode("utf-8", "replace")
    sentence = f"Máy chủ thư từ chối {what}: {code} {without_controls(said)[:300]}"
    return Undeliverable(sentence) if code >= 500 else Unavailable(sentence)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPDataError as error:
        raise _refused("nội dung", error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        # Greeting, login, sender: about us and the server, not about this mail. Somebody will put it right.
        raise Unavailable(f"Máy chủ thư trả lời {error.smtp_code}.") from error
    except (OSError, UnicodeError, smtplib.SMTPException) as error:
        raise Unavailable(f"Không gửi được qua máy chủ thư ({type(error).__name__}: {error}).") from error
