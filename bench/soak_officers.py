"""Officers at work on one server for a while: does it answer, stay quick and keep its memory?

Run: ./dev soak officers (SOAK_SECONDS, default 60). Four people read worklists and tasks and save drafts
as fast as the rate limit lets each of them, over the API of a server of its own with the demo's data. Missed
when anything but the expected answer comes, the 95th percentile exceeds half a second, or memory grows by
more than a tenth after the first third.
"""

import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

OFFICERS = (
    "xa-minhhoa-chuyenvien",
    "xa-thidu-chuyenvien",
    "xa-ngoctrao-chuyenvien",
    "so-tttt-chuyenvien",
)
# The API lets a person come 20 times a second; see service/api/blueprint.py.
LEAST_SECONDS_PER_REQUEST = 1 / 18
SLOWEST_P95_SECONDS = 0.5
LARGEST_GROWTH = 0.10


@dataclass
class Seen:
    """What the people met: seconds per request, and what was not as expected."""

    seconds: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    drafts: int = 0


class Person:
    """One officer at the API of `site`."""

    def __init__(self, site: str, token: str, seen: Seen) -> None:
        self.site, self.token, self.seen = site, token, seen
        self.next_at = time.monotonic()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.site}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid4()),
            },
        )
        time.sleep(max(0.0, self.next_at - time.monotonic()))
        self.next_at = time.monotonic() + LEAST_SECONDS_PER_REQUEST
        started = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                self.seen.problems[f"{method} {error.code}: {error.read()[:200]!r}"] += 1
        except OSError as error:
            self.seen.problems[f"{method}: {type(error).__name__}"] += 1
        finally:
            self.seen.seconds.append(time.perf_counter() - started)
        return {}

    def work_until(self, end: float) -> None:
        tasks = self.ask("GET", "/tasks").get("items", [])
        if tasks:
            self.ask("POST", f"/tasks/{tasks[0]['id']}/claim")
        for turn in itertools.count():
            if time.monotonic() > end:
                return
            self.ask("GET", "/tasks")
            self.ask("GET", "/me")
            if tasks:
                self.save_draft(tasks[0]["id"], turn)

    def save_draft(self, task_id: str, turn: int) -> None:
        task = self.ask("GET", f"/tasks/{task_id}")
        rev = (task.get("draft") or {}).get("rev", 0)
        answers = {"criteria": {"1.4": {"raw": f"{turn % 100},5%"}}}
        if self.ask("PUT", f"/tasks/{task_id}/draft", {"rev": rev, "answers": answers}):
            self.seen.drafts += 1


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """The address and process id of a server with the demo's data."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(congnhan("serve", "--demo", "--port", str(port)), stdout=log, stderr=log)
    try:
        wait_for(site, server)
        yield site, server.pid
    except RuntimeError as error:
        raise SystemExit(f"{error}\n{(folder / 'server.log').read_text()}") from None
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def congnhan(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "service.cli", *arguments]


def wait_for(site: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{site}/api/v1/openapi.json", timeout=5).close()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not start:")


def memory_mb(parent: int) -> float:
    """Resident memory of the server's processes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in [parent, *children])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def soak(site: str, server: int, tokens: list[str], seconds: float) -> tuple[Seen, list[float]]:
    seen, memory, end = Seen(), [], time.monotonic() + seconds
    people = [threading.Thread(target=Person(site, token, seen).work_until, args=(end,)) for token in tokens]
    for person in people:
        person.start()
    while time.monotonic() < end:
        time.sleep(min(1, seconds / 30))
        memory.append(memory_mb(server))
    for person in people:
        person.join()
    return seen, memory


def main() -> int:
    seconds = float(os.environ.get("SOAK_SECONDS", "60"))
    with tempfile.TemporaryDirectory(prefix="congnhan-soak-") as name:
        os.environ["CONGNHAN_DATA"] = name
        with serving(Path(name)) as (site, server):
            tokens = [
                subprocess.run(
                    congnhan("token", "--user", who), capture_output=True, text=True, check=True
                ).stdout.strip()
                for who in OFFICERS
            ]
            seen, memory = soak(site, server, tokens, seconds)
    return report(seen, memory, seconds)


def report(seen: Seen, memory: list[float], seconds: float) -> int:
    p95 = statistics.quantiles(seen.seconds, n=20)[-1]
    early, late = (statistics.mean(part) for part in (memory[len(memory) // 3 :][:5], memory[-5:]))
    print(
        f"{len(seen.seconds)} requests in {seconds:.0f} s, {seen.drafts} of them saved a draft; "
        f"95 % within {p95 * 1000:.0f} ms; memory {early:.0f} MB, at the end {late:.0f} MB"
    )
    for problem, times in seen.problems.most_common(5):
        print(f"  {times} × {problem}")
    return int(
        bool(seen.problems)
        or p95 > SLOWEST_P95_SECONDS
        or late > early * (1 + LARGEST_GROWTH)
        or not seen.drafts
    )
