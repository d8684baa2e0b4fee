"""Clients who complete tasks without end over the network, through whatever happens to the servers.

Each works on a case of its own and repeats a request with the same Idempotency-Key until it is answered: so
it knows of every completion whether it was acknowledged. Now and then one hangs up before the answer.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.faults.races import Ask, ask_over_http

AGAIN = {"answers": {"action": "again"}}
PAUSE_SECONDS = 0.05


@dataclass
class Client:
    """One officer at one looping case. `acknowledged`: the tasks whose completion was answered with 200."""

    site: str
    token: str
    case_id: uuid.UUID
    element: str
    seed: int
    acknowledged: list[uuid.UUID] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest_seconds: float = 0.0

    def work_until(self, stop: threading.Event) -> None:
        chance, ask = random.Random(self.seed), ask_over_http(self.site, timeout=30)
        occurrence = 1
        while not stop.is_set():
            # Ids of tasks follow from case, step and how often it came: no reading is needed to go on.
            task = uuid.uuid5(self.case_id, f"{self.element}:{occurrence}")
            if not self._complete(ask, task, chance, stop):
                return
            occurrence += 1

    def _complete(self, ask: Ask, task: uuid.UUID, chance: random.Random, stop: threading.Event) -> bool:
        path, key = f"/tasks/{task}/complete", str(uuid.uuid4())
        began = time.monotonic()
        if chance.random() < 0.15:
            self._hang_up(path, key)
        # A request under way is seen through even after the end: what was acknowledged must be known.
        while time.monotonic() - began < 180:
            try:
                status, _, body = ask(self.token, path, AGAIN, key)
            except (OSError, http.client.HTTPException) as error:
                self.told[type(error).__name__] += 1
                time.sleep(PAUSE_SECONDS)
                continue
            self.told[f"{status} {body.get('code', '')}".strip()] += 1
            if status == 200:
                self.acknowledged.append(task)
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                return True
            if status not in (429, 502, 503):
                self.wrong.append(f"{status} {body}")
                return False
            if stop.is_set() and status != 503:
                return False
            time.sleep(PAUSE_SECONDS)
        self.wrong.append("no answer for three minutes")
        return False

    def _hang_up(self, path: str, key: str) -> None:
        """The request is sent, and nobody is there any more to hear the answer."""
        self.told["hung up"] += 1
        try:
            connection = http.client.HTTPConnection(urlsplit(self.site).netloc, timeout=5)
            connection.request(
                "POST",
                f"/api/v1{path}",
                json.dumps(AGAIN),
                {
                    "Authorization": f"Bearer {self.token}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": key,
                },
            )
            connection.close()
        except OSError:
            self.told["hung up on nobody"] += 1


class Load:
    """Clients at work in threads of their own from the beginning of the block to its end."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients, self.stop = clients, threading.Event()
        self.threads = [threading.Thread(target=one.work_until, args=(self.stop,)) for one in clients]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(200)

    @property
    def acknowledged(self) -> int:
        return sum(len(one.acknowledged) for one in self.clients)

    def wait_for_more(self, completions: int, seconds: float = 120) -> None:
        """Until so many further completions are acknowledged; RuntimeError where that takes too long."""
        wanted, end = self.acknowledged + completions, time.monotonic() + seconds
        while self.acknowledged < wanted:
            if time.monotonic() > end or not any(thread.is_alive() for thread in self.threads):
                told = [(dict(one.told), one.wrong) for one in self.clients]
                raise RuntimeError(f"nothing is acknowledged any more: {told}")
            time.sleep(0.02)
