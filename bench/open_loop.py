"""100 completions a second on PostgreSQL, sent when they are due whether or not earlier ones are answered.

`./dev bench open_loop` for OPEN_LOOP_SECONDS (20) at OPEN_LOOP_RATE (100); `./dev soak open-loop` for five
minutes. Latency counts from the moment at which a request was to be sent: a server that stalls is charged for
all who had to wait. Clients, web and database share the machine.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import statistics
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from bench.figures import Figure
from bench.installed import cpu_seconds, installed_with_loops, stolen_seconds
from tests.faults.installation import Installation

RATE = int(os.environ.get("OPEN_LOOP_RATE", "100"))  # completions per second; 100 is what is promised
CLIENTS = 64
P99_MS = 150
BODY = json.dumps({"answers": {"action": "again"}})


@dataclass
class Result:
    """Milliseconds from the intended moment, by request; answers that were no success; CPU in ms each."""

    latencies: list[float] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    stolen: float = 0.0  # percent of both processors that the host gave to others meanwhile

    def percentile(self, percent: int) -> float:
        return statistics.quantiles(self.latencies, n=100)[percent - 1]

    @property
    def errors(self) -> int:
        return sum(times for told, times in self.told.items() if told != "200")

    @property
    def done(self) -> int:
        return self.told["200"]


class Officer(threading.Thread):
    """One person at one case, over one connection that stays open; takes the next due moment when free."""

    def __init__(
        self, port: int, token: str, case: str, due: queue.Queue[float | None], result: Result
    ) -> None:
        super().__init__(daemon=True)
        self.token, self.case, self.due, self.result = token, uuid.UUID(case), due, result
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.occurrence = 1

    def run(self) -> None:
        while (moment := self.due.get()) is not None:
            time.sleep(max(0.0, moment - time.perf_counter()))
            told = self._complete()
            self.result.latencies.append((time.perf_counter() - moment) * 1000)
            self.result.told[told] += 1

    def _complete(self) -> str:
        task = uuid.uuid5(self.case, f"work:{self.occurrence}")
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        for attempt in range(2):
            try:
                self.connection.request("POST", f"/api/v1/tasks/{task}/complete", BODY, headers)
                answer = self.connection.getresponse()
                answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
                # The server closed an idle connection: that is no error of the request.
                self.connection.close()
                if attempt:
                    return type(error).__name__
                continue
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                return type(error).__name__
            self.occurrence += answer.status == 200
            return str(answer.status)
        return "closed"


def run(seconds: float, *, rate: float = RATE, clients: int = CLIENTS) -> Result:
    """Send `rate` completions a second for so long to an installation of its own."""
    with installed_with_loops(clients, web_processes=2) as (installation, people):
        return load(installation, people, seconds, rate)


def load(
    installation: Installation, people: list[tuple[str, str]], seconds: float, rate: float = RATE
) -> Result:
    """Send `rate` completions a second for so long, after a few to warm up."""
    for _ in range(2):
        _send(installation.port, people, len(people), rate, Result())  # compiled, connected, cached
    result = Result()
    before = {name: cpu_seconds(installation, name) for name in ("web", "database")}
    stolen, began = stolen_seconds(), time.perf_counter()
    _send(installation.port, people, int(seconds * rate), rate, result)
    result.seconds = time.perf_counter() - began
    result.stolen = (stolen_seconds() - stolen) / result.seconds / (os.cpu_count() or 1) * 100
    result.cpu = {
        name: (cpu_seconds(installation, name) - used) * 1000 / max(result.done, 1)
        for name, used in before.items()
    }
    return result


def _send(port: int, people: list[tuple[str, str]], requests: int, rate: float, result: Result) -> None:
    due: queue.Queue[float | None] = queue.Queue()
    threads = [Officer(port, token, case, due, result) for token, case in people]
    for thread in threads:
        thread.occurrence = _OCCURRENCES.get(str(thread.case), 1)
        thread.start()
    start = time.perf_counter() + 0.2
    for number in range(requests):
        due.put(start + number / rate)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
        _OCCURRENCES[str(thread.case)] = thread.occurrence
        thread.connection.close()


_OCCURRENCES: dict[str, int] = {}


def figures(result: Result, name: str) -> list[Figure]:
    return [
        Figure(f"{name}: completions answered per second", result.done / result.seconds, "/s"),
        Figure(f"{name}: p50", result.percentile(50)),
        Figure(f"{name}: p99", result.percentile(99), "ms", P99_MS),
        Figure(f"{name}: errors", result.errors, "", 0),
        Figure(f"{name}: CPU of web per completion", result.cpu["web"]),
        Figure(f"{name}: CPU of database per completion", result.cpu["database"]),
        Figure(f"{name}: processors taken away by the host", result.stolen, "%"),
    ]


def measure() -> list[Figure]:
    seconds = float(os.environ.get("OPEN_LOOP_SECONDS", "20"))
    return figures(run(seconds), f"open loop, {RATE}/s for {seconds:.0f} s")
