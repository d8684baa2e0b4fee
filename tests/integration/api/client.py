"""Who calls the API in these tests: people with a bearer token of their own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.test import TestResponse

from service import clock
from service.identity.operations import issue_token
from service.jobs.outbox import drain
from tests.builders import NOON


class Person:
    """One person's requests to /api/v1. Paths are relative to it."""

    def __init__(self, app: Flask, token: str | None) -> None:
        self._client = app.test_client(use_cookies=False)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {**self._headers, **more.pop("headers", {})}
        url = path if path.startswith("/api/") else f"/api/v1{path}"
        return self._client.open(url, method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a successful GET."""
        answer = self.request("GET", path, query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def post(self, path: str, body: Any = None, key: str | None = None, expect: int = 200) -> Any:
        return self.send("POST", path, body, expect, key)

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        return self.send("PUT", path, body, expect)

    def upload(
        self,
        task: object,
        content: bytes,
        name: str,
        *,
        criterion: str = "",
        replaces: str = "",
        key: str = "",
    ) -> TestResponse:
        """A file handed in for a task, wrapped as browsers and curl do, with a boundary of its own."""
        boundary = f"----{uuid4().hex}"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="criterion"\r\n\r\n{criterion}\r\n',
            f'--{boundary}\r\nContent-Disposition: form-data; name="replaces"\r\n\r\n{replaces}\r\n',
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n',
        ]
        body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self.request(
            "POST",
            f"/tasks/{task}/files",
            data=body,
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Idempotency-Key": key} if key else {},
        )

    def send(self, method: str, path: str, body: Any, expect: int, key: str | None = None) -> Any:
        """The JSON of an answer that must have the status `expect`."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = (
            self.request(method, path, json=body, headers=headers)
            if body is not None
            else self.request(method, path, headers=headers)
        )
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.json


class Api:
    """The application with the reference data, the clock at noon of 20/11/2023."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._people: dict[tuple[str, str], Person] = {}

    def a(self, username: str, scopes: str = "read write") -> Person:
        if (username, scopes) not in self._people:
            with self.app.app_context():
                token = issue_token(username=username, scopes=scopes, now=NOON)
            self._people[username, scopes] = Person(self.app, token)
        return self._people[username, scopes]

    def stranger(self) -> Person:
        return Person(self.app, None)

    def inside(self) -> AbstractContextManager[Any]:
        """For builders: an application context that ends before the next request."""
        return self.app.app_context()

    def deliver(self) -> int:
        """Let round acts reach their cases."""
        with self.app.app_context():
            return drain(clock.now())
