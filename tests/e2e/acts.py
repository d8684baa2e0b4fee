"""What people do at the pages, in the words of the buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

from service.demo.loader import data

# The demo's day, on which all of it is done here: what the story issues later is dated that day.
TODAY = "2023-11-20"


def answers_of_story(element: str, name: str = "thi-du") -> dict[str, Any]:
    """What the demo's story gives at a step."""
    steps = [step for step in data(f"cases/{name}.yaml")["steps"] if step["task"] == element]
    answers: dict[str, Any] = steps[-1]["answers"]
    return {key: TODAY if key.endswith(("_date", "held_on")) else value for key, value in answers.items()}


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[id='{name}']")


def row(page: Page, criterion: str) -> Locator:
    return page.locator(f"[data-row='{criterion}']")


def result(page: Page, criterion: str) -> Locator:
    return field(page, f"criteria.{criterion}.raw")


def verdict(page: Page, criterion: str) -> Locator:
    return row(page, criterion).locator("[data-verdict-cell]")


def fill(page: Page, fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        field(page, name).fill(value)


def fill_results(page: Page, criteria: Mapping[str, Mapping[str, Any]]) -> None:
    for criterion, entry in criteria.items():
        result(page, criterion).fill(entry["raw"])


def decide(page: Page, criteria: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Decide every criterion that the story decides; returns their ids."""
    decided = [criterion for criterion, entry in criteria.items() if entry["decision"]]
    for criterion in decided:
        open_decision(page, criterion)
        field(page, f"criteria.{criterion}.decision").select_option(criteria[criterion]["decision"])
        field(page, f"criteria.{criterion}.reason").fill(criteria[criterion]["reason"])
    return decided


def open_decision(page: Page, criterion: str) -> None:
    # Looked at and clicked in one go: the page opens it by itself when a verdict comes that needs it.
    details = row(page, criterion).locator("details.decision")
    details.evaluate("one => { if (!one.open) one.querySelector('summary').click() }")


def attach(page: Page, criterion: str, name: str, content: bytes) -> None:
    # Each of its own bytes: of what is in the dossier already the page asks whether to use that again.
    field(page, f"upload.criteria.{criterion}").set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": content + f"\n% {name}\n".encode()}
    )


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def says(page: Page, sentence: str) -> None:
    expect(page.locator(".notice", has_text=sentence).first).to_be_visible()


def sign(page: Page, capacity: str | None = None) -> None:
    if capacity is not None:
        expect(field(page, "capacity")).to_have_value(capacity)
    page.get_by_role("button", name="Ký – ").click()
