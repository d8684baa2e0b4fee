"""The criteria table with 37 rows and 200 files, asked for by HTTP as a browser does, on both databases."""

from __future__ import annotations

import http.client
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from bench.figures import Figure, milliseconds
from tests.e2e.conftest import log_in
from tests.integration.web.html import form_fields
from tests.servers.postgres import postgres_server
from tests.servers.web import ROOT, web_server

OFFICER, FILES, RUNS = "xa-thidu-chuyenvien", 200, 25
OPEN_MS, SAVE_MS = 300, 30
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def measure() -> list[Figure]:
    with served_demo() as address:
        found = _figures(Desk(address, OFFICER), "SQLite")
    with postgres_server() as server, served_demo(DATABASE_URL=server.create_database()) as address:
        return found + _figures(Desk(address, OFFICER), "PostgreSQL")


@contextmanager
def served_demo(**variables: str) -> Iterator[str]:
    """The address of a server of its own that shows the demo."""
    with (
        tempfile.TemporaryDirectory(prefix="congnhan-bench-") as folder,
        web_server(Path(folder), 0, None, ROOT, ["--demo"], **variables) as server,
    ):
        yield server.address


def _figures(desk: Desk, database: str) -> list[Figure]:
    table = f"the table of 37 rows on {database}"
    empty = milliseconds(desk.opened())
    desk.attach(FILES)
    return [
        Figure(f"{table}: opened with the files of the demo", empty, at_most=OPEN_MS),
        Figure(f"{table}: opened with {FILES} files more", milliseconds(desk.opened()), at_most=OPEN_MS),
        Figure(f"{table}: one cell saved", milliseconds(desk.saved()), at_most=SAVE_MS),
    ]


@dataclass
class Desk:
    """Somebody at the first task of their list, over one connection that stays open."""

    address: str
    username: str

    def __post_init__(self) -> None:
        self.cookie = f"congnhan={log_in(self.address, self.username)}"
        self.connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        found = re.search(r'class="worklist__link" href="([^"?]+)', self.get("/viec"))
        assert found is not None
        self.task = found[1]

    def opened(self) -> list[float]:
        """Seconds until the whole page has come, each time."""
        return [self._seconds("GET", self.task) for _ in range(RUNS)][3:]

    def saved(self) -> list[float]:
        """Seconds until one value, another each time, is acknowledged as the page's script saves it."""
        fields = form_fields(self.get(self.task))
        token, rev, seconds = fields["csrf_token"], int(str(fields["rev"])), []
        for number in range(RUNS):
            sent = {"csrf_token": token, "rev": rev + number, "touched": "criteria.1.2.raw"}
            body = urlencode({**sent, "criteria.1.2.raw": f"{number},5%"}).encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            seconds.append(self._seconds("POST", f"{self.task}/nhap", body, kind))
        return seconds[3:]

    def attach(self, files: int) -> None:
        """So many small files, spread over the rows, as the form sends them."""
        page = self.get(self.task)
        places = re.findall(r'name="(upload[.]criteria[.][0-9.]+)"', page)
        for place, name in enumerate(places):
            share = range(place, files, len(places))
            named: list[Any] = [
                (name, (f"{number}.pdf", PDF + f"% {number}\n".encode(), "application/pdf"))
                for number in share
            ]
            self._send_form(form_fields(self.get(self.task)), named)
        assert self.get(self.task).count('data-file="') >= files

    def first_case(self) -> str:
        """The address of the first case in the list of cases."""
        found = re.search(r'href="(/ho-so/[0-9a-f-]{36})', self.get("/ho-so"))
        assert found is not None
        return found[1]

    def _send_form(self, fields: dict[str, Any], files: list[Any]) -> None:
        sent: MultiDict[str, Any] = MultiDict(fields | {"do": "save"})
        for name, (filename, content, kind) in files:
            sent.add(name, FileStorage(BytesIO(content), filename, content_type=kind))
        boundary, body = encode_multipart(sent)
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self.connection.close()  # what is written must not meet a connection that the server is just closing
        self._ask("POST", self.task, body, kind, expected=303)

    def get(self, path: str) -> str:
        return self._ask("GET", path).decode()

    def _seconds(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> float:
        started = time.perf_counter()
        self._ask(method, path, body, {"Accept-Encoding": "gzip", **(headers or {})})
        return time.perf_counter() - started

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        expected: int = 200,
    ) -> bytes:
        sent = {"Cookie": self.cookie, **(headers or {})}
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if method != "GET":
                raise
            # The server closed the idle connection: that is no error of the request.
            self.connection.close()
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == expected, (method, path, answer.status, content[:500])
        return content
