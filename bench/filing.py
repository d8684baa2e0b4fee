"""How many keys and clicks it takes a commune to file its rows: here, and in a spreadsheet sent by mail.

The same values, those of the story in the demo, arrive in both ways, and both are looked at afterwards.
The rules of counting are in docs/performance.md.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from bench.figures import Figure
from bench.keystrokes import Hands
from evaluation.catalogue import Catalogue, load_catalogue
from service.demo.loader import data
from tests.e2e.conftest import log_in
from tests.e2e.server import Server
from tests.servers.browser import running_browser

OFFICER, YEAR = "xa-thidu-chuyenvien", 2023
TO, SUBJECT = "vhtt.bimson", "Phụ lục 01 xã Thí Dụ năm 2023"
RATIO = 0.6
PATIENCE_MS = 60_000  # a busy machine changes no count
Rows = Mapping[str, Mapping[str, Any]]


def measure() -> list[Figure]:
    rows, catalogue = _story(), load_catalogue("qd-1829")
    expect.set_options(timeout=PATIENCE_MS)
    with running_browser() as browser:
        here = _filed_here(browser, rows, catalogue)
        every = _by_spreadsheet(browser, rows, catalogue, names="typed")
        pasted = _by_spreadsheet(browser, rows, catalogue, names="pasted")
        thrifty = _by_spreadsheet(browser, rows, catalogue, names="filled down", values="filled down")
    return [
        Figure("keys and clicks to file the demo commune's rows", here, ""),
        Figure("… in a spreadsheet, each cell typed", every, ""),
        Figure("… in a spreadsheet, names of files copied and pasted", pasted, ""),
        Figure("… in a spreadsheet, all that repeats filled down", thrifty, ""),
        Figure("here : each cell typed", here / every, "×", RATIO),
        Figure("here : names of files pasted", here / pasted, "×", RATIO),
        Figure("here : all that repeats filled down", here / thrifty, "×", RATIO),
    ]


def _story() -> Rows:
    steps = [step for step in data("cases/thi-du.yaml")["steps"] if step["task"] == "self_assess"]
    rows: Rows = steps[-1]["answers"]["criteria"]
    return rows


def _file(key: str) -> dict[str, Any]:
    name = f"{key}.pdf"
    return {"name": name, "mimeType": "application/pdf", "buffer": f"%PDF-1.4\n% {name}\n".encode() * 40}


# --- here ---------------------------------------------------------------------------------------


def _filed_here(browser: Browser, rows: Rows, catalogue: Catalogue) -> int:
    """From the worklist to *Đã trình ký*; the report, the same in both ways, is written already."""
    with _server() as server:
        draft = _draft_without_rows(server)
        context = browser.new_context(locale="vi-VN", base_url=server.address)
        session = {"name": "congnhan", "value": log_in(server.address, OFFICER), "url": server.address}
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([session])  # type: ignore[list-item]
        page = context.new_page()
        page.goto("/viec")
        hands = Hands(context)
        page.reload()
        page.locator(".worklist__link", has_text="Thí Dụ").first.click()
        page.wait_for_url("**/viec/*")
        page.wait_for_load_state()  # its script counts, and knows the short ways
        page.locator("[id='criteria.1.1.raw']").click()
        for criterion, row in rows.items():
            expect(page.locator(f"[id='criteria.{criterion}.raw']")).to_be_focused()
            _result(hands, page, row["raw"], catalogue.criterion(criterion).targets[YEAR].text)
            hands.press(page, "Enter")
        for criterion, row in rows.items():
            if row["difficulty"]:
                page.locator(f"[id='criteria.{criterion}.difficulty']").click()
                _words(hands, page, row["difficulty"])
        for group, key in _files_of_groups(rows).items():
            button = page.locator(f"[data-group='{group}'] [data-group-files]")
            hands.choose(page, button.click, [_file(key)])
            expect(page.locator(f"[data-group='{group}'] .files li")).to_have_count(
                sum(criterion.startswith(f"{group}.") for criterion in rows)
            )
        page.get_by_role("button", name="Trình ký", exact=True).click()
        expect(page.locator(".notice", has_text="Đã trình ký").first).to_be_visible()
        total = hands.total(page)
        _require_same(rows, _stored_rows(server, draft))
        context.close()
    return total


def _result(hands: Hands, page: Page, raw: str, target: str) -> None:
    """As somebody types who knows the short ways that the page itself tells."""
    letters = {"Có": "c", "Không": "k", "Đang triển khai": "d"}
    above = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll('[data-criteria] [name$=".raw"]')]
            return all[all.indexOf(document.activeElement) - 1]?.value ?? ''
        }"""
    )
    if target == "Có" and raw in letters:
        hands.write(page, letters[raw])
    elif raw == above and len(raw) > 2:
        hands.press(page, "Control+d")
    elif target.endswith("%") and re.fullmatch(r"\d{1,3}(,\d{1,2})?%", raw):
        hands.write(page, raw.removesuffix("%"))
    else:
        _words(hands, page, raw)


def _words(hands: Hands, page: Page, text: str) -> None:
    """Letter by letter, with → wherever the page offers to write just what comes next."""
    written = ""
    while written != text:
        hands.write(page, text[len(written)])
        written = text[: len(written) + 1]
        # What → writes may itself be offered to go on.
        while (more := _with_offer(page, written)) and text.startswith(more):
            hands.press(page, "ArrowRight")
            written = more


def _with_offer(page: Page, written: str) -> str:
    """What the page says that the field will hold after →; "" where it offers nothing."""
    offer = page.locator(".cell-offer")
    how, _, words = (offer.inner_text() if offer.count() else "").partition(": ")
    if not words or words == written:
        return ""
    return re.sub(r"\w+$", "", written) + words if how.endswith("viết tiếp") else words


def _files_of_groups(rows: Rows) -> dict[str, str]:
    """The story proves each group by one report."""
    found = {criterion.partition(".")[0]: row["evidence"] for criterion, row in rows.items()}
    return {group: key for group, (key,) in found.items()}


@contextmanager
def _server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="congnhan-bench-") as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _draft_without_rows(server: Server) -> bytes:
    """The id of the commune's task, its draft as if no row had been typed yet."""
    with closing(sqlite3.connect(server.data / "congnhan.db", timeout=30)) as database, database:
        question = (
            "SELECT draft.task_id, draft.answers FROM draft JOIN task ON task.id = draft.task_id "
            "JOIN case_file ON case_file.id = task.case_id JOIN unit ON unit.id = commune_id "
            "WHERE unit.code = 'xa-thi-du' AND task.element = 'self_assess'"
        )
        task_id, answers = database.execute(question).fetchone()
        kept = {key: value for key, value in json.loads(answers).items() if key != "criteria"}
        database.execute("UPDATE draft SET answers = ? WHERE task_id = ?", (json.dumps(kept), task_id))
    return bytes(task_id) if isinstance(task_id, bytes) else task_id


def _stored_rows(server: Server, task_id: bytes) -> Rows:
    with closing(sqlite3.connect(server.data / "congnhan.db", timeout=30)) as database:
        answers = database.execute("SELECT answers FROM draft WHERE task_id = ?", (task_id,)).fetchone()[0]
    rows: Rows = json.loads(answers)["criteria"]
    return rows


# --- the spreadsheet ----------------------------------------------------------------------------


def _by_spreadsheet(
    browser: Browser, rows: Rows, catalogue: Catalogue, *, names: str, values: str = "typed"
) -> int:
    """From the template's icon to *Gửi*: results, each row's evidence by its name, difficulties, the mail."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    hands = Hands(context)
    page = context.new_page()
    page.goto((Path(__file__).parent / "spreadsheet.html").as_uri())
    order = [
        [""] + [one.id for one in catalogue.criteria if one.group.id == part.id] for part in catalogue.groups
    ]
    flat = [one for part in order for one in part][1:]
    page.evaluate("([rows, columns]) => draw(rows, columns)", [flat, ["raw", "evidence", "difficulty"]])
    hands.counted["click"] += 2  # the template is opened
    _column(hands, page, flat, "raw", {key: row["raw"] for key, row in rows.items()}, values)
    _column(
        hands, page, flat, "evidence", {key: f"{row['evidence'][0]}.pdf" for key, row in rows.items()}, names
    )
    for criterion, row in rows.items():
        if row["difficulty"]:
            _cell(page, criterion, "difficulty").click()
            hands.write(page, row["difficulty"])
    hands.press(page, "Control+s")
    page.locator("#compose").click()
    page.locator("[name=to]").click()
    hands.write(page, TO)
    hands.press(page, "Tab")
    hands.write(page, SUBJECT)
    attached = ["phu-luc-01", *_files_of_groups(rows).values()]
    hands.choose(page, page.locator("[name=files]").click, [_file(one) for one in attached])
    page.locator("#send").click()
    total = hands.total(page)
    filled = {
        criterion: {
            "raw": _cell(page, criterion, "raw").input_value(),
            "difficulty": _cell(page, criterion, "difficulty").input_value(),
            "evidence": [_cell(page, criterion, "evidence").input_value()],
        }
        for criterion in rows
    }
    _require_same(rows, filled)
    context.close()
    return total


def _column(
    hands: Hands, page: Page, order: list[str], column: str, texts: Mapping[str, str], way: str
) -> None:
    """Down a column, over the headings of groups and rows not assessed as over any other cell."""
    _cell(page, order[0], column).click()
    above = copied = ""
    for criterion in order[: order.index(list(texts)[-1]) + 1]:
        text = texts.get(criterion, "")
        if text and way == "pasted" and text == copied:
            hands.press(page, "Control+v")
        elif text and way == "filled down" and text == above and len(text) > 2:
            hands.press(page, "Control+d")
        elif text:
            hands.write(page, text)
            if way == "pasted":
                copied = text
                hands.press(page, "Control+c")
        hands.press(page, "Enter")
        above = text


def _cell(page: Page, criterion: str, column: str) -> Any:
    return page.locator(f"[name='{criterion}.{column}']")


def _require_same(rows: Rows, filled: Rows) -> None:
    """What arrived is what the story says: nobody saved keys by leaving something out."""
    for criterion, row in rows.items():
        there = filled[criterion]
        texts = [(there.get(key) or "", row[key]) for key in ("raw", "difficulty")]
        if any(one != other for one, other in texts) or len(there["evidence"]) != len(row["evidence"]):
            raise AssertionError(f"{criterion}: {there} is not {row}")
