"""Keys and clicks by which a real browser is worked, counted where they arrive."""

from __future__ import annotations

from collections import Counter
from typing import Any

from playwright.sync_api import BrowserContext, Page

# A letter that no key of the layout has arrives without a key: it counts as one, whatever Telex would take.
_LISTEN = """() => {
  let key = false
  const tell = (what) => window.counted(what)
  addEventListener('keydown', (event) => { key = true; if (!event.repeat) tell('key') }, true)
  addEventListener('keyup', () => { key = false }, true)
  addEventListener('beforeinput', () => { if (!key) tell('key') }, true)
  addEventListener('pointerdown', () => tell('click'), true)
}"""


class Hands:
    """Somebody's hands at one browser: everything that they do is counted by the pages they do it to."""

    def __init__(self, context: BrowserContext) -> None:
        self.counted: Counter[str] = Counter()
        context.expose_function("counted", self._count)
        context.add_init_script(f"({_LISTEN})()")

    def _count(self, what: str) -> None:
        self.counted[what] += 1

    def total(self, page: Page) -> int:
        page.evaluate("null")  # what the page has told before its answer to this is counted
        return sum(self.counted.values())

    def write(self, page: Page, text: str) -> None:
        page.keyboard.type(text)

    def press(self, page: Page, key: str) -> None:
        """`key` may be a chord: each of its keys counts."""
        page.keyboard.press(key)

    def choose(self, page: Page, click: Any, files: list[dict[str, Any]]) -> None:
        """A dialog for files, which no page sees: a click on each file and one on its button are added."""
        with page.expect_file_chooser() as dialog:
            click()
        dialog.value.set_files(files)  # type: ignore[arg-type]
        self.counted["click"] += len(files) + 1
