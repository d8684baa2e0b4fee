"""Many clients who want the same at once, whatever the way in which they ask."""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from flask import Flask

# (token, path, body, idempotency key) → (status, headers, body)
Answer: TypeAlias = tuple[int, dict[str, str], Any]
Ask: TypeAlias = Callable[[str, str, dict[str, Any], str], Answer]
CONFLICTS = {"task-not-open", "task-taken", "case-changed", "case-closed"}


@dataclass
class Outcome:
    """What clients were told: (status, code) by how often, who had success at what, and how long it took."""

    told: Counter[tuple[int, str]] = field(default_factory=Counter)
    successes: Counter[uuid.UUID] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def unclean(self) -> dict[tuple[int, str], int]:
        """Answers that are neither a success nor a clean conflict."""
        return {
            (status, code): times
            for (status, code), times in self.told.items()
            if status != 200 and not (status == 409 and code in CONFLICTS)
        }

    def p(self, percent: int) -> float:
        """The percentile of the answers' times, in seconds."""
        return statistics.quantiles(self.seconds, n=100)[percent - 1]


def ask_in_process(app: Flask) -> Ask:
    """Requests to the application itself; each in the calling thread, with an identity map of its own."""

    def ask(token: str, path: str, body: dict[str, Any], key: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        answer = app.test_client(use_cookies=False).post(f"/api/v1{path}", json=body, headers=headers)
        return answer.status_code, dict(answer.headers), answer.get_json(silent=True) or {}

    return ask


def ask_over_http(site: str, timeout: float = 60) -> Ask:
    """Requests over the network, a connection for each."""

    def ask(token: str, path: str, body: dict[str, Any], key: str) -> Answer:
        request = urllib.request.Request(
            f"{site}/api/v1{path}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                **({"Idempotency-Key": key} if key else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                return error.code, dict(error.headers), json.loads(text) if text.startswith(b"{") else {}

    return ask


def race(ask: Ask, clients: Sequence[tuple[str, Sequence[uuid.UUID]]], seed: int = 1829) -> Outcome:
    """Each client, (token, tasks), completes its tasks in an order of its own; all begin together."""
    outcome, lock = Outcome(), threading.Lock()
    barrier = threading.Barrier(len(clients))

    def work(number: int, token: str, tasks: Sequence[uuid.UUID]) -> None:
        order = random.Random(f"{seed} {number}").sample(list(tasks), len(tasks))
        barrier.wait(60)
        for task in order:
            began = time.perf_counter()
            status, _, body = ask(token, f"/tasks/{task}/complete", {"answers": {"action": "again"}}, "")
            taken = time.perf_counter() - began
            with lock:
                outcome.told[status, body.get("code", "")] += 1
                outcome.seconds.append(taken)
                if status == 200:
                    outcome.successes[task] += 1

    threads = [threading.Thread(target=work, args=(number, *client)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return outcome
