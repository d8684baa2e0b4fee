"""What the page of one task shows, for this viewer, at this moment."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from evaluation.catalogue import Criterion
from forms import Component, Form
from service.cases.course import holders, live_round
from service.cases.former_year import FormerYear, former_self_assessment
from service.cases.levels import (
    CriterionRow,
    criteria_at_all_levels,
    hidden_levels,
    latest_submissions,
)
from service.cases.opinions import changed_since_member_read, stale_opinions
from service.cases.papers import files_of
from service.comments.queries import counts_by_criterion
from service.documents.queries import document_of_submission
from service.http.access import now
from service.identity.queries import names_of
from service.identity.viewer import Seat, Viewer
from service.models import Case, Document, Draft, EvidenceFile, Task
from service.processes.draft_fields import digests_of, fields_of, split_place
from service.processes.independence import without_repeated
from service.processes.queries import Procedure, procedure
from service.tasks.between_levels import FORMER_LEVEL
from service.tasks.draft_reading import Beside
from service.tasks.queries import former_answers, read_draft, return_reasons, submission_of
from service.web.criteria_grid import Grid, Surroundings, build_grid, by_id
from service.web.dossier import DossierPart, dossier_parts
from service.web.forms_rendering import errors_under
from service.web.grid_rows import GridRows, grid_rows
from service.web.meeting import Dispute, dispute_in
from service.web.review_hints import Opinion, components_there, index_warning, index_warning_of, opinion_in

PREPARING, SIGNING = "preparing", "signing"
# Who may start from its own results of an earlier year.
COMMUNE_STEP = "self_assess"
# Where the district sends the dossier to Sở, with what came of the member's opinion.
CONSOLIDATE = "district_consolidate"


@dataclass(frozen=True)
class TaskPage:
    task: Task
    case: Case
    bundle: Procedure
    form: Form | None
    viewer: Viewer
    # edit | rows (only what was given to this person) | sign | read
    mode: str
    answers: dict[str, Any]
    rev: int
    draft: Draft | None
    saved_by: str
    owner: str
    prepared_by: str
    grid: Grid | None
    files: Mapping[str, EvidenceFile]
    visible: frozenset[str]
    returned: dict[str, Any] | None
    returned_from: str
    parts: list[DossierPart]
    document: Document | None
    signing_seat: Seat | None
    preparing_seat: Seat | None
    hidden: frozenset[str]
    # Criteria that changed since the member last saw them; for the member only.
    changed: frozenset[str] = frozenset()
    # What the meeting is held about; only on its page.
    disputed: Dispute | None = None
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    # The commune's own results of an earlier year; only while it assesses itself.
    former: FormerYear | None = None
    # The only criteria that the table shows: those that go back to the member. None: all.
    asked_again: frozenset[str] | None = None
    # Early warnings and what is answered: an index below the minimum, the member's opinion.
    index_warning: str = ""
    opinion: Opinion | None = None
    # Whose the table's rows are, what is said about each, what is typed here beside what is stored.
    rows: GridRows = field(default_factory=GridRows)
    said: Mapping[str | None, int] = field(default_factory=dict)
    beside: Beside | None = None
    # Fields that the page fills in by itself: not stored yet, so they are sent as if they had been typed.
    suggested: frozenset[str] = frozenset()

    @property
    def live_round(self) -> tuple[uuid.UUID, str] | None:
        """The round that has the case now, where a round completes the step."""
        return live_round(self.case.id) if self.task.completed_by_round else None

    @property
    def touched(self) -> frozenset[str]:
        """What stands on this page and is not stored."""
        return self.beside.touched if self.beside else self.suggested

    def is_editable(self, criterion: str) -> bool:
        """Whether this person may fill in that row: the whole table, or what was given to them."""
        return self.mode == "edit" or (self.mode == "rows" and criterion in self.rows.mine)

    @property
    def own_rows(self) -> list[str]:
        """The criteria given to this person, in the order of the annex."""
        rows = (row for group in self.grid.groups for row in group.rows) if self.grid else ()
        return [row.criterion.id for row in rows if row.criterion.id in self.rows.mine]

    @property
    def own_rows_done(self) -> int:
        return sum(bool(self.found(criterion)) for criterion in self.own_rows)

    @property
    def seen(self) -> str:
        """The fields as this page draws them over the stored draft, for `typed_drafts`."""
        stored = self.beside.stored if self.beside else self.answers
        drawn = drawn_fields(self)
        digests = digests_of({path: one for path, one in fields_of(stored).items() if drawn(path)})
        return json.dumps(digests, separators=(",", ":"))

    @property
    def returning(self) -> bool:
        return self.answers.get("action") == "return"

    @property
    def can_return(self) -> bool:
        return self.form is not None and any(action.name == "return" for action in self.form.actions)

    @property
    def signs_own_work(self) -> bool:
        """Where the one who fills it in is also the one who signs: a member."""
        return self.task.signer != "leader"

    @property
    def copies_from(self) -> str:
        return FORMER_LEVEL.get(self.task.element, "")

    @property
    def holder(self) -> str:
        found = holders(self.case.id)
        return "; ".join(f"{one.unit} – {one.step}" for one in found)

    @property
    def assessed(self) -> tuple[Criterion, ...]:
        return self.bundle.catalogue.year(self.case.year).assessed

    def found(self, criterion: str) -> str:
        """The verdict of this page's table on a criterion; "" where it has none."""
        rows = (row for group in self.grid.groups for row in group.rows) if self.grid else ()
        return next(
            (row.verdict for row in rows if row.criterion.id == criterion and row.verdict != "missing"), ""
        )

    def likely_returned(self, given: Mapping[str, str]) -> frozenset[str]:
        """Criteria that a return will probably be about: already named, or not met or undecided."""
        doubtful = {one.id for one in self.assessed if self.found(one.id) in ("not_met", "undecided")}
        return frozenset(doubtful | given.keys())

    def criterion_name(self, criterion: str) -> str:
        return next((one.name for one in self.assessed if one.id == criterion), "")

    @property
    def return_components(self) -> list[Component]:
        """The part of the form that only a return shows."""
        parts = self.form.components if self.form else ()
        return [c for c in parts if c.type == "group" and c.hide is not None and "action" in c.hide.names]

    def with_answers(self, answers: dict[str, Any]) -> TaskPage:
        return replace(
            self, answers=answers, visible=self.form.visible(answers) if self.form else frozenset()
        )

    def action_label(self, name: str) -> str:
        actions = self.form.actions if self.form else ()
        return next((action.label for action in actions if action.name == name), _("Hoàn thành"))

    def is_drawn(self, component: Component) -> bool:
        """Hidden fields are drawn too, invisibly, so that another answer can bring them back; what the chosen
        action hides is not."""
        return component.id in self.visible or (
            component.hide is not None and "action" not in component.hide.names
        )


def task_page(
    task: Task,
    viewer: Viewer,
    *,
    typed: dict[str, Any] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    beside: Beside | None = None,
    whole: bool = False,
) -> TaskPage:
    """`typed` is what somebody has just sent and could not be stored: it is shown instead of the draft.

    `beside`: how that stands to what is stored. `whole` shows a member all criteria where only some changed.
    """
    case = task.case
    bundle = procedure(case.process_version_id)
    form = bundle.form_of(task.element)
    hide = hidden_levels(case, viewer)
    draft = read_draft(task, viewer) if task.is_open else None
    given = submission_of(task) if not task.is_open and task.element not in hide else None
    rows = grid_rows(task, viewer, form, now())
    mode = _mode(task, viewer, rows)
    if typed is not None and mode != "rows":
        mode = "edit"
    answers = typed if typed is not None else _answers(task, draft, given, mode)
    answers = without_repeated(task.element, answers, hide)
    parts = dossier_parts(case)
    suggested: frozenset[str] = frozenset()
    if task.element == CONSOLIDATE and typed is None and draft is None and mode == "edit":
        answers |= {"components": components_there(parts)}
        suggested = frozenset({"components"})
    files = by_id(files_of(case.id, viewer))
    names = names_of(
        {user for user in (task.owner_id, task.prepared_by, draft.saved_by if draft else None) if user}
    )
    returned = return_reasons(task, viewer)
    disputed = dispute_in(case) if task.element == "reconciliation_meeting" and not hide else None
    former = former_self_assessment(case, viewer) if task.element == COMMUNE_STEP and mode == "edit" else None
    table, grid = _table(form), None
    again: frozenset[str] | None = None
    if table is not None and (mode != "read" or answers):
        at_meeting = task.element == "reconciliation_meeting"
        named = frozenset(answers.get(table.key) or {})
        if disputed is not None:
            named |= disputed.criteria | (disputed.taken_up if task.is_open else frozenset())
        if mode == "edit" and task.element == "member_opinion" and not whole:
            again = asked_again(task, case, answers, errors or {})
        around = Surroundings(
            earlier=_earlier(task, case, hide),
            element=task.element,
            files=files,
            errors=errors or {},
            only=named if at_meeting else again,
            judged=(given[0].get("results") or {}) if given and not at_meeting else {},
            former=former,
        )
        grid = build_grid(table, bundle, case.year, answers, around)
    return TaskPage(
        task=task,
        case=case,
        bundle=bundle,
        form=form,
        viewer=viewer,
        mode=mode,
        answers=answers,
        rev=draft.rev if draft else 0,
        draft=draft,
        saved_by=names.get(draft.saved_by, "") if draft else "",
        owner=names.get(task.owner_id, "") if task.owner_id else "",
        prepared_by=names.get(task.prepared_by, "") if task.prepared_by else "",
        grid=grid,
        files=files,
        visible=form.visible(answers) if form else frozenset(),
        returned=returned,
        returned_from=bundle.element_name(returned["element"]) if returned else "",
        parts=parts,
        suggested=suggested,
        index_warning=_index_warning(task, case, answers),
        opinion=opinion_in(case, criteria_at_all_levels(case))
        if task.element == CONSOLIDATE and not hide
        else None,
        document=document_of_submission(given[1].id) if given else None,
        signing_seat=viewer.seat_for_signing(task.group, task.unit_id, task.signer),
        preparing_seat=viewer.seat_for_preparing(task.group, task.unit_id),
        hidden=hide,
        changed=changed_since_member_read(case)
        if task.element == "member_opinion" and task.is_open
        else frozenset(),
        disputed=disputed,
        errors=errors or {},
        former=former,
        rows=rows,
        said=counts_by_criterion(case.id, viewer) if grid is not None else {},
        beside=beside,
        asked_again=again,
    )


def _index_warning(task: Task, case: Case, answers: Mapping[str, Any]) -> str:
    """Of what stands in the appraisal itself, later of what the district signed; while a task is open."""
    if not task.is_open or task.element == COMMUNE_STEP:
        return ""
    return index_warning(answers) if task.element == "district_appraise" else index_warning_of(case)


def asked_again(
    task: Task, case: Case, answers: Mapping[str, Any], errors: Mapping[str, list[str]]
) -> frozenset[str] | None:
    """The criteria that go back to a member who has judged an earlier version of the dossier; None: all.

    What is typed otherwise than in that opinion, or has a message, is among them.
    """
    former = (former_answers(task) or {}).get("criteria") or {}
    stale = stale_opinions(case) if former else frozenset()
    if not stale:
        return None
    mine = answers.get("criteria") or {}
    typed = {key for key, value in mine.items() if value != former.get(key)}
    named = {key for key in former.keys() | mine.keys() if errors_under(errors, f"criteria.{key}")}
    return frozenset(stale | typed | named)


def _mode(task: Task, viewer: Viewer, rows: GridRows) -> str:
    if not task.is_open or task.completed_by_round:
        return "read"
    if task.stage == SIGNING:
        return "sign" if viewer.seat_for_signing(task.group, task.unit_id, task.signer) else "read"
    prepares = viewer.seat_for_preparing(task.group, task.unit_id)
    if prepares and task.owner_id in (None, viewer.id):
        return "edit"
    return "rows" if prepares and rows.mine else "read"


def _answers(task: Task, draft: Draft | None, given: Any, mode: str) -> dict[str, Any]:
    if given is not None:
        return dict(given[0]["answers"])
    if draft is not None:
        return dict(draft.answers)
    if mode not in ("edit", "rows"):
        return {}
    # A step that comes round again starts from its own former values, never from another level's.
    return {**(former_answers(task) or {}), "action": "complete"}


def drawn_fields(page: TaskPage) -> Callable[[str], bool]:
    """Tells of a field's path whether this page draws it: what is not drawn comes back untouched."""
    keys: set[str] = (
        set() if page.mode == "rows" else _drawn_keys(page, page.form.components if page.form else ())
    )
    rows = {row.criterion.id for group in page.grid.groups for row in group.rows} if page.grid else set()
    table = page.grid.component.key if page.grid else ""

    def is_drawn(path: str) -> bool:
        key, _dot, place = path.partition(".")
        if key == table and place:
            criterion = split_place(place)[0]
            return criterion in rows and page.is_editable(criterion)
        return key in keys or key == "action"

    return is_drawn


def _drawn_keys(page: TaskPage, components: Sequence[Component]) -> set[str]:
    drawn = [component for component in components if page.is_drawn(component)]
    keys = {component.key for component in drawn if component.takes_input}
    return keys.union(
        *(_drawn_keys(page, component.children) for component in drawn if component.type == "group")
    )


def _table(form: Form | None) -> Component | None:
    return (
        next((component for component in form.fields if component.type == "criteria"), None) if form else None
    )


def _earlier(task: Task, case: Case, hide: frozenset[str]) -> list[CriterionRow]:
    """The steps that come before this one; a second round does not show this step later ones' old values."""
    order = [
        "self_assess",
        "district_appraise",
        "member_opinion",
        "department_verify",
        "reconciliation_meeting",
    ]
    place = order.index(task.element) if task.element in order else len(order)
    later = frozenset(order[place:]) | ({"member_opinion"} if task.element == "department_verify" else set())
    return criteria_at_all_levels(case, hide=hide | later)


def copied_from(
    task: Task, case: Case, bundle: Procedure, answers: dict[str, Any]
) -> tuple[dict[str, Any], int, int]:
    """(answers with the former level's results in empty rows, how many were taken, how many were left).

    Words against a qualitative target are that level's judgement only; they are not taken over.
    """
    source = FORMER_LEVEL.get(task.element, "")
    content = next((content for element, content, _ in latest_submissions(case) if element == source), None)
    theirs = (content or {"answers": {}})["answers"].get("criteria") or {}
    raws = {criterion: (entry.get("raw") or "") for criterion, entry in theirs.items()}
    return filled_from(raws, bundle, case.year, answers)


def filled_from(
    raws: Mapping[str, str], bundle: Procedure, year: int, answers: dict[str, Any]
) -> tuple[dict[str, Any], int, int]:
    """(answers with these results in empty rows, how many were taken, how many were left as qualitative)."""
    mine: dict[str, Any] = dict(answers.get("criteria") or {})
    taken = left = 0
    for criterion in bundle.catalogue.year(year).assessed:
        raw = raws.get(criterion.id, "")
        if not raw or (mine.get(criterion.id) or {}).get("raw"):
            continue
        if criterion.kind == "qualitative":
            left += 1
            continue
        mine[criterion.id] = {**(mine.get(criterion.id) or {}), "raw": raw}
        taken += 1
    return {**answers, "criteria": mine}, taken, left
