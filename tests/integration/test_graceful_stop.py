"""A server with several processes that is told to stop finishes what it has begun, and loses nothing."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.identity.operations import issue_token
from service.models import Draft, EvidenceFile
from tests.builders import NOON, an_open_case, open_task
from tests.servers.web import WebServer, web_server


@pytest.fixture
def scene(postgres_app: Flask) -> tuple[str, str]:
    """(a task, the token of the officer who works on it), in the database that the server will have."""
    from service.clock import set_demo_clock

    set_demo_clock(NOON)
    task = str(open_task(an_open_case(), "self_assess"))
    token = issue_token(username="xa-thidu-chuyenvien", now=NOON)
    db.session.remove()
    return task, token


@pytest.fixture
def server(scene: tuple[str, str], filled_postgres_url: str, tmp_path: Path) -> Iterator[WebServer]:
    with web_server(
        tmp_path,
        DATABASE_URL=filled_postgres_url,
        CONGNHAN_WORKERS="2",
        CONGNHAN_THREADS="6",
    ) as running:
        yield running


def until(is_so: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + 90
    while not is_so():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.02)


class Client(threading.Thread):
    """Asks again and again, each time on a connection of its own, until it has enough or is refused."""

    def __init__(self, server: WebServer, method: str, path: str, body: Callable[[int], bytes], token: str):
        super().__init__(daemon=True)
        self.place, self.method, self.path = urlsplit(server.address).netloc, method, path
        self.body, self.token = body, token
        self.answers: list[tuple[int, bytes]] = []
        self.cut: list[str] = []
        self.enough = threading.Event()
        self.ended_by = ""

    def has_more_than(self, answers: int) -> bool:
        return len(self.answers) > answers

    def run(self) -> None:
        while not self.enough.is_set():
            connection = http.client.HTTPConnection(self.place, timeout=60)
            try:
                connection.connect()
            except OSError as error:
                self.ended_by = repr(error)
                return  # refused: the server has stopped
            try:
                headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
                connection.request(self.method, self.path, self.body(len(self.answers)), headers)
                answer = connection.getresponse()
                self.answers.append((answer.status, answer.read()))
            except http.client.IncompleteRead as error:
                self.cut.append(repr(error))
            except (OSError, http.client.HTTPException) as error:
                self.ended_by = repr(error)
                return  # not taken any more; whether it was carried out, the server's lines tell
            finally:
                connection.close()


def test_no_request_is_cut_and_nothing_acknowledged_is_lost(
    server: WebServer, scene: tuple[str, str], postgres_app: Flask
) -> None:
    task, token = scene

    def draft(number: int) -> bytes:
        return json.dumps({"rev": number, "answers": {}}).encode()

    writer = Client(server, "PUT", f"/api/v1/tasks/{task}/draft", draft, token)
    readers = [Client(server, "GET", "/api/v1/me", lambda _: b"", token) for _ in range(4)]
    # A slow line: half of a file has arrived when the server is told to stop.
    place = urlsplit(server.address)
    slow = socket.create_connection((place.hostname or "", place.port or 0), timeout=60)
    part = (
        b'--x\r\nContent-Disposition: form-data; name="criterion"\r\n\r\n2.6\r\n--x\r\nContent-Disposition: '
        b'form-data; name="file"; filename="minh-chung.pdf"\r\n\r\n%PDF-1.4 nua dau '
    )
    rest = b"nua sau\r\n--x--\r\n"
    slow.sendall(
        f"POST /api/v1/tasks/{task}/files HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(part) + len(rest)}\r\n\r\n".encode()
        + part
    )
    for client in (writer, *readers):
        client.start()
    until(lambda: len(writer.answers) > 5 and all(len(one.answers) > 5 for one in readers), "clients wait")

    server.process.send_signal(signal.SIGTERM)
    until(lambda: "Handling signal: term" in server.log.read_text(), "the signal was not taken")
    slow.sendall(rest)
    received = b""
    while chunk := slow.recv(65536):
        received += chunk
    slow.close()
    for client in (writer, *readers):
        client.join(60)
    exit_code = server.process.wait(90)

    assert exit_code == 0
    assert received.startswith(b"HTTP/1.1 201 "), received[:300]
    assert [one.cut for one in (writer, *readers)] == [[]] * 5
    assert {status for one in (writer, *readers) for status, _ in one.answers} == {200}
    # What the server carried out is what the clients were told, to the last request.
    requests = [line for line in server.lines() if line["event"] == "request"]
    assert sum(line["method"] == "PUT" for line in requests) == len(writer.answers)
    assert sum(line["route"] == "/api/v1/me" for line in requests) == sum(len(one.answers) for one in readers)
    with postgres_app.app_context():
        assert db.session.execute(select(Draft.rev)).scalar_one() == len(writer.answers)
        assert db.session.execute(select(EvidenceFile.name)).scalars().all() == ["minh-chung.pdf"]
        db.session.remove()


def test_who_is_led_to_the_next_server_before_the_old_one_stops_sees_no_failure(
    server: WebServer, scene: tuple[str, str], filled_postgres_url: str, tmp_path: Path
) -> None:
    """As docs/operations.md has it: start the new one on its own port, lead everybody to it, stop the old."""
    _, token = scene
    clients = [Client(server, "GET", "/api/v1/me", lambda _: b"", token) for _ in range(3)]
    with web_server(tmp_path, DATABASE_URL=filled_postgres_url) as following:
        for client in clients:
            client.start()
        until(lambda: all(client.has_more_than(5) for client in clients), "clients wait")

        answered = []
        for client in clients:
            client.place = urlsplit(following.address).netloc
            answered.append(len(client.answers))
        # The one that was under way, and one that was certainly asked of the new server.
        until(lambda: all(map(Client.has_more_than, clients, [n + 1 for n in answered])), "not led over")
        assert server.stop() == 0

        answered = [len(client.answers) for client in clients]
        until(lambda: all(map(Client.has_more_than, clients, [n + 5 for n in answered])), "stuck")
        for client in clients:
            client.enough.set()
            client.join(60)
        assert following.stop() == 0

    assert [(client.cut, client.ended_by) for client in clients] == [([], "")] * 3
    assert {status for client in clients for status, _ in client.answers} == {200}
    told = sum(line.get("route") == "/api/v1/me" for one in (server, following) for line in one.lines())
    assert told == sum(len(client.answers) for client in clients)
