"""Sending one webhook: signed, to the very address that was checked, and to nowhere else.

The name is resolved once, every address it has is checked, and the connection goes to a checked one with the
name in TLS and in the Host header: what the name resolves to a moment later does not matter. Redirects are
answers like any other that is no success; proxies of the environment are not asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from service.errors import Unavailable, Undeliverable
from service.notifications.public_addresses import Address, Network, is_public, read_address
from service.notifications.webhook_urls import Target, checked_url
from service.version import VERSION

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
# Nothing is done with the answer's text but to show its beginning to an administrator.
MOST_ANSWER = 2_048
GONE = 410

Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as text."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Answer:
    status: int
    beginning: str

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Sender:
    """`permitted` networks count as public, `context` trusts other authorities: for tests only."""

    allowed_hosts: Collection[str]
    permitted: Sequence[Network] = ()
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Resolve = resolve
    connect_seconds: float = CONNECT_SECONDS
    whole_seconds: float = WHOLE_SECONDS

    def send(self, *, url: str, secret: str, message_id: str, body: bytes, now: datetime) -> Answer:
        """POST `body`, signed; the other side's answer whatever it is.

        Raises BadInput where the address is no longer allowed, Undeliverable where it leads into a network
        that is not public, Unavailable where nobody answered properly in time.
        """
        target = checked_url(url, self.allowed_hosts)
        addresses = self._checked_addresses(target)
        headers = {
            "Host": target.authority,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": f"congnhan/{VERSION}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **signed_headers(secret, message_id, body, now),
        }
        last: Exception | None = None
        for address in addresses:
            try:
                return self._post(target, address, headers, body)
            except (OSError, HTTPError, HTTPException) as error:
                last = error
        raise Unavailable(f"{target.host}: không gửi được ({type(last).__name__}: {last}).") from last

    def _checked_addresses(self, target: Target) -> list[Address]:
        try:
            found = [read_address(text) for text in self.resolve(target.host, target.port)]
        except (OSError, UnicodeError, ValueError) as error:
            raise Unavailable(f"{target.host}: không tra được địa chỉ ({error}).") from error
        if not found:
            raise Unavailable(f"{target.host}: không có địa chỉ nào.")
        # One bad address among good ones is a name that says different things to different people.
        if inside := [one for one in found if not self._may_reach(one)]:
            raise Undeliverable(
                f"{target.host} trỏ vào mạng nội bộ hoặc mạng dành riêng ({inside[0]}); không gửi."
            )
        return found

    def _may_reach(self, address: Address) -> bool:
        permitted = any(one.version == address.version and address in one for one in self.permitted)
        return permitted or is_public(address)

    def _post(self, target: Target, address: Address, headers: dict[str, str], body: bytes) -> Answer:
        connection = HTTPSConnection(
            str(address),
            target.port,
            timeout=self.connect_seconds,
            ssl_context=self.context,
            server_hostname=target.host,  # the name that the certificate must carry
        )
        # A time limit per read can be stretched for ever by a byte now and then; this one cannot.
        watch = threading.Timer(self.whole_seconds, _hang_up, [connection])
        watch.daemon = True
        watch.start()
        try:
            connection.connect()
            connection.sock.settimeout(self.whole_seconds)
            connection.request(
                "POST", target.target, body=body, headers=headers, preload_content=False, decode_content=False
            )
            response = connection.getresponse()
            beginning = response.read(MOST_ANSWER)
            return Answer(response.status, beginning.decode("utf-8", "replace"))
        finally:
            watch.cancel()
            connection.close()


def _hang_up(connection: HTTPSConnection) -> None:
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended meanwhile


def signed_headers(secret: str, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Webhook-Id, Webhook-Timestamp, Webhook-Signature as in Standard Webhooks: HMAC-SHA256 over
    "id.timestamp.body", one signature for each of the secrets that count at present."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    signatures = [
        base64.b64encode(hmac.new(_key(one), signed, hashlib.sha256).digest()).decode()
        for one in secret.split()
    ]
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))
