"""A system that is told by webhooks: a real TLS server, which answers as a test wants."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

TLS = Path(__file__).parents[1] / "data" / "tls"
CERTIFICATE, KEY = TLS / "certificate.pem", TLS / "key.pem"
NAME = "hooks.test.example"


def says(status: int, *lines: str, body: bytes = b"") -> Callable[[ssl.SSLSocket], None]:
    """An answer of this status."""
    head = "\r\n".join([f"HTTP/1.1 {status} X", *lines, f"Content-Length: {len(body)}", "", ""])
    return lambda connection: connection.sendall(head.encode() + body)


@dataclass
class Received:
    """One request as it came: lower-case header names, the body, and the name asked for in TLS."""

    line: str
    headers: dict[str, str]
    body: bytes
    server_name: str


@dataclass
class HooksServer:
    """`answer(connection)` writes what the next requests get; the default is 204."""

    port: int
    received: Queue[Received] = field(default_factory=Queue)
    answer: Callable[[ssl.SSLSocket], None] = field(default_factory=lambda: says(204))

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/nhan?k=1"

    @property
    def allowed(self) -> str:
        return f"{NAME}:{self.port}"


@contextmanager
def hooks_server() -> Iterator[HooksServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    names: dict[int, str] = {}
    context.sni_callback = lambda connection, name, _context: names.__setitem__(id(connection), name or "")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = HooksServer(listening.getsockname()[1])

        def serve(plain: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                connection.settimeout(60)
                server.received.put(_read(connection, names.get(id(connection), "")))
                server.answer(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    plain, _ = listening.accept()
                    threading.Thread(target=serve, args=(plain,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _read(connection: ssl.SSLSocket, server_name: str) -> Received:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Received(line, headers, body, server_name)
