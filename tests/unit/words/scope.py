"""Whose words are watched: all that says something on a screen, and modules of which only refusals are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (
    "administration", "calendars", "cases", "comments", "deadlines", "deliveries", "documents", "dossiers",
    "http", "identity", "messages", "notifications", "rounds", "tasks", "web",
)  # fmt: skip
MODULES = ("errors.py", "audit/alarms.py", "processes/facts.py", "processes/queries.py")

# Modules of which only what they raise is said to somebody; the rest is data or is kept as it was written.
RECORD = {
    "calendars/holidays_vn.py": "names and sources of holidays: rows of the calendar",
    "calendars/reminders.py": "what the gate finds in a diagram is kept with the refusal to publish",
    "calendars/spans.py": "periods as reasons of due dates name them; those are kept with the task",
    "deadlines/wording.py": "the words of Vietnamese documents, to be read",
    "dossiers/annex_books.py": "the annex as an Excel file: an official form, which is read back",
    "dossiers/annex_layout.py": "the annex's own headings and answers",
}

# Modules that say nothing on a screen: workers write, and what was written is kept as it is.
KEPT = {
    "notifications/delivering.py": "why a delivery failed is kept with it",
    "notifications/mail.py": "letters; workers know of no reader's language",
    "notifications/saying.py": "what people were told is kept as they were told it",
    "notifications/smtp.py": "answers of mail servers, kept with the delivery",
    "notifications/webhook_sending.py": "answers of other systems, kept with the delivery",
    "notifications/words.py": "what people were told is kept as they were told it",
}


def watched_python() -> Iterator[tuple[Path, bool]]:
    """(path, whether only its refusals are said)."""
    service = ROOT / "service"
    files = [service / name for name in MODULES]
    for package in PACKAGES:
        files += (service / package).rglob("*.py")
    for path in sorted(files):
        name = str(path.relative_to(service))
        if name not in KEPT:
            yield path, name in RECORD
    for path in sorted((service / "api").rglob("*.py")):
        yield path, True  # the rest describes the API, for programmers: docs/decisions, 17


def watched_templates() -> list[Path]:
    return sorted((ROOT / "service").glob("*/templates/**/*.html"))


def watched_browser_code() -> list[Path]:
    return sorted((ROOT / "frontend" / "src").rglob("*.js"))
