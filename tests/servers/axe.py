"""axe-core for the test run: the accessibility rules that are tried inside every page. Not in the product."""

from __future__ import annotations

import fcntl
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from frontend.node import install_locked

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).parent / "axe"
CACHE = ROOT / ".cache" / "axe"
# All that WCAG 2.0 to 2.2 ask at levels A and AA, as far as a program can tell, and what is good manners.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Whose answers the width can change: which colour stands before which; where things stand, how large, and the
# names of what only a narrow page shows.
OF_COLOUR = ("color-contrast", "link-in-text-block")
OF_WIDTH = (
    "scrollable-region-focusable",
    "target-size",
    "aria-hidden-focus",
    "button-name",
    "label",
    "link-name",
)
# A colour on its way to another one is neither.
_SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished))
    .then(() => undefined)"""


def violations(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds on the page as it stands, a sentence for each element; empty when all is well.

    `rules` asks only these, such as what another width can have changed since all was asked.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(source())
    page.evaluate(_SETTLED)
    found: Any = page.evaluate((PACKAGE / "try.js").read_text(), ["rule", rules] if rules else ["tag", RULES])
    return list(found)


def leave_one_of_each(page: Page) -> None:
    """Take out of the page what repeats, so that `violations` asks nothing twice."""
    page.evaluate((PACKAGE / "leave_one_of_each.js").read_text())


@cache
def source() -> str:
    """The script, from npm by the lock beside this file. Raises RuntimeError with npm's words."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        install_locked(PACKAGE, CACHE, "axe-core")
    return (CACHE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
