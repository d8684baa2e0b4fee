"""How long a process owner waits for the modeler: until the drawing stands and takes changes, uncached."""

from __future__ import annotations

import http.client
import re
import statistics
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser

from bench.figures import Figure, spread
from bench.grid import log_in, served_demo
from bench.pages import SLOWER
from tests.servers.browser import running_browser

OWNER, RUNS, OPEN_MS = "quytrinh-so-tttt", 5, 2000
# The studio's script says when the drawing takes changes (`data-ready`); then the next frame is waited for.
_WHEN_READY = """window.ready = new Promise(done => new MutationObserver((_seen, watching) => {
    if (!document.querySelector('[data-ready]')) return;
    watching.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now())));
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-ready']}));"""


def measure() -> list[Figure]:
    with served_demo() as address:
        cookie = f"congnhan={log_in(address, OWNER)}"
        draft = _draft(address, cookie)
        with running_browser() as browser:
            found = [opened(browser, address, cookie, draft) for _ in range(RUNS)]
    return [
        Figure(
            f"modeler with the recognition procedure, {SLOWER} times slower, nothing cached",
            statistics.median(found),
            at_most=OPEN_MS,
        ),
        Figure("… spread of those", spread(found), "%"),
    ]


def opened(browser: Browser, address: str, cookie: str, path: str) -> float:
    """Milliseconds from asking for the page until one may draw."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(_WHEN_READY)
    page.goto(address + path)
    ready = float(page.evaluate("() => window.ready"))
    context.close()
    return ready


def _draft(address: str, cookie: str) -> str:
    """The page of a new draft of the version that is in force."""
    server = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    server.request("GET", "/quy-trinh", headers={"Cookie": cookie})
    token = re.search(r'name="csrf_token" value="([^"]+)"', server.getresponse().read().decode())
    assert token is not None
    body = urlencode({"csrf_token": token[1], "phien-ban": "1"})
    kind = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    server.request("POST", "/quy-trinh/recognition/ban-thao", body, kind)
    answer = server.getresponse()
    place = re.fullmatch(r"/quy-trinh/ban-thao/[0-9a-f-]{36}", answer.headers["Location"] or "")
    assert place is not None, answer.status
    return place[0]
