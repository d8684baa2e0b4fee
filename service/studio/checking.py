"""What the gate says of a draft: as at publication, and that it is still the same procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from service.clock import local_day
from service.engine.errors import InvalidDiagram, Mend, Problem
from service.engine.mending import with_mends
from service.engine.reading import read_diagram
from service.models import ProcessDraft
from service.processes.groups import signer_of
from service.processes.publishing import Examined, examine
from service.processes.unasked import RETURN, actions_of


def examined_draft(
    draft: ProcessDraft, *, diagram: bytes | None = None, effective_on: date | None = None, now: datetime
) -> Examined:
    """The draft as stored, or with another `diagram` in its place, as it would take effect on that day."""
    return examine(
        diagram=draft.diagram if diagram is None else diagram,
        forms=as_bytes(draft.forms),
        catalogue=draft.catalogue,
        effective_on=effective_on or draft.effective_on or local_day(now),
        now=now,
    )


def problems_of(draft: ProcessDraft, *, diagram: bytes | None = None, now: datetime) -> list[Problem]:
    """Everything that keeps the draft from being published, and what should be looked at. Writes nothing."""
    drawn = draft.diagram if diagram is None else diagram
    examined = examined_draft(draft, diagram=drawn, now=now)
    found = [*other_procedure(draft, drawn), *(_with_value(one, examined) for one in examined.problems)]
    return with_mends(drawn, found)


def _with_value(problem: Problem, examined: Examined) -> Problem:
    """What a mend needs and the drawing alone does not say: whose signature fits, what sends back."""
    task = examined.outline.tasks.get(problem.element) if examined.outline else None
    if task is None:
        return problem
    if problem.rule == "signer-of-group" and task.groups:
        signer = signer_of(task.groups[0])
        return replace(problem, mend=Mend("set-signer", f"chọn người ký “{signer}”", signer))
    buttons = actions_of(examined.texts.get(task.form_key, "")) if problem.rule == "unasked-choice" else {}
    if RETURN in buttons and f"{task.id}.action" in problem.remedy:
        return replace(problem, mend=Mend("ask-return", buttons[RETURN], RETURN))
    return problem


def publishable(problems: list[Problem]) -> bool:
    return not any(problem.severity == "error" for problem in problems)


def other_procedure(draft: ProcessDraft, diagram: bytes) -> list[Problem]:
    """A draft that changes the process's id would be published as a version of something else."""
    try:
        process = read_diagram(diagram).process
    except InvalidDiagram:
        return []
    if process == draft.key:
        return []
    return [
        Problem(
            process,
            process,
            "same-procedure",
            "error",
            f"Mã quy trình là {process!r}, bản thảo này là của quy trình {draft.key!r}.",
            f"Đặt lại mã (id) của quy trình thành {draft.key}; quy trình mới thì nhập thành bản thảo mới.",
            mend=Mend("give-back-key", f"đặt lại mã quy trình thành “{draft.key}”", draft.key),
        )
    ]


def as_bytes(forms: Mapping[str, str]) -> dict[str, bytes]:
    return {key: text.encode() for key, text in forms.items()}
