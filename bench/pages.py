"""What a person waits for at a first look: bytes, the largest paint on a slow machine and line, Lighthouse.

Lighthouse is fetched from npm by the lock in bench/lighthouse when it is first asked for. It runs on the Node
and in the Chromium that the tests use, and is no part of the product, nor of the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench.figures import Figure, spread
from bench.grid import OFFICER, Desk, served_demo
from frontend.node import install_locked, run
from tests.servers.browser import ARGUMENTS, find_browser, running_browser
from tests.servers.process import running

PACKAGE = Path(__file__).parent / "lighthouse"
CACHE = Path(__file__).resolve().parents[1] / ".cache" / "lighthouse"
RUNS = 5
KILOBYTES, PAINT_MS, SCORE = 300, 1000, 95
# A commune's line, and as far away as Lighthouse has it; bits a second as bytes.
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWER = 4
_PAINT = """() => new Promise(done =>
    new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
        .observe({type: 'largest-contentful-paint', buffered: true}))"""


def measure() -> list[Figure]:
    with served_demo() as address:
        desk = Desk(address, OFFICER)
        case = desk.first_case()
        with running_browser() as browser:
            looks = [first_look(browser, desk, "/viec") for _ in range(RUNS)]
        paints = [paint for _, paint in looks]
        return [
            Figure("first load of the worklist, cold", looks[0][0] / 1000, "kB", KILOBYTES),
            Figure(
                f"largest paint of the worklist, {SLOWER} times slower, 1.6 Mbit/s",
                statistics.median(paints),
                at_most=PAINT_MS,
            ),
            Figure("… spread of those", spread(paints), "%"),
            Figure("… the fixed piece of work: 5 million sums", _a_fixed_piece_of_work()),
            *_lighthouse(desk, {"worklist": "/viec", "task": desk.task, "case": case}),
        ]


def first_look(browser: Browser, desk: Desk, path: str) -> tuple[float, float]:
    """Bytes that came over the line, and milliseconds to the largest paint, with nothing kept from before."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    name, _, value = desk.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": desk.address}])
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    sizes: list[float] = []
    protocol.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    protocol.send("Network.enable")
    protocol.send("Network.emulateNetworkConditions", LINE)
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(desk.address + path)
    page.wait_for_load_state("networkidle")
    paint = float(page.evaluate(_PAINT))
    context.close()
    return sum(sizes), paint


def _a_fixed_piece_of_work() -> float:
    started = time.perf_counter()
    sum(range(5_000_000))
    return (time.perf_counter() - started) * 1000


# --- Lighthouse ---------------------------------------------------------------------------------


def _lighthouse(desk: Desk, paths: dict[str, str]) -> list[Figure]:
    """Medians of five runs. A missed audit of the last run is told on stderr."""
    _install()
    urls = [desk.address + path for path in paths.values()]
    looks: list[list[dict[str, Any]]] = []
    with _listening_browser() as port:
        for _ in range(RUNS):
            told = run(["node", str(CACHE / "run.mjs"), str(port), desk.cookie, *urls], cwd=CACHE)
            looks.append(json.loads(told.splitlines()[-1]))
    figures = []
    for place, name in enumerate(paths):
        found = [look[place] for look in looks]
        print(f"  {name}: {found[-1]}", file=sys.stderr)
        for category in ("performance", "accessibility", "best-practices"):
            scores = [one["scores"][category] for one in found]
            figures.append(
                Figure(f"Lighthouse, {name}: {category}", statistics.median(scores), "", at_least=SCORE)
            )
    return figures


def _install() -> None:
    install_locked(PACKAGE, CACHE, "Lighthouse")
    shutil.copy(PACKAGE / "run.mjs", CACHE)  # beside what it imports


@contextmanager
def _listening_browser() -> Iterator[int]:
    """A Chromium with a profile of its own that takes orders at this port."""
    program = find_browser()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="congnhan-bench-") as folder:
        options = [
            f"--remote-debugging-port={port}",
            f"--user-data-dir={folder}/profile",
            "--headless",
            "--disable-gpu",
        ]
        with running(
            [program.path, *ARGUMENTS, *options, "about:blank"],
            log=Path(folder) / "browser.log",
            is_ready=lambda: _listens(port),
            env={**os.environ, **program.environment},
        ):
            yield port


def _listens(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
