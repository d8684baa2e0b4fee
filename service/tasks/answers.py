"""Answers from outside become answers that may be stored: the form's schema and the evaluation look first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

from marshmallow import ValidationError

from evaluation.assessment import Entry, assess_all, check_entry
from evaluation.errors import DecisionRefused, EvaluationError
from forms import Form
from forms.answers import IS_EMPTY
from service.errors import BadInput, fields_of
from service.processes.draft_fields import criterion_of
from service.processes.queries import Procedure
from service.wording import _

# More problems of answers that their form finds right: {field: sentences}.
More: TypeAlias = Callable[[Mapping[str, Any]], dict[str, list[str]]]


def checked_answers(
    form: Form,
    bundle: Procedure,
    year: int,
    answers: Mapping[str, Any],
    *,
    today: date,
    partial: bool = False,
    more: More | None = None,
) -> dict[str, Any]:
    """The answers as the form's schema reads them; raises BadInput naming each field in Vietnamese.

    All that is wrong is told at once: by the schema, by the evaluation, by `more` (other levels' answers).
    `today` is the day of the act: a return cannot be due before it, a document not issued after it.
    `partial` is for drafts: nothing is required yet, but nothing unknown is kept either.
    """
    names = [action.name for action in form.actions]
    action = answers.get("action") or (None if partial else names[0])
    if action is not None and action not in names:
        raise BadInput(
            _("Không có thao tác %(action)s ở bước này.", action=f"{str(action)[:40]!r}"),
            fields={"action": [_("Chọn một trong: %(names)s.", names=", ".join(names))]},
        )
    catalogue = bundle.catalogue.year(year)
    ids = tuple(criterion.id for criterion in catalogue.assessed)
    schema = form.schema(action, ids, partial=partial, today=today)
    given = {**answers, "action": action} if action is not None else dict(answers)
    fields: dict[str, list[str]] = {}
    try:
        clean = dict(schema.load(given))
    except ValidationError as error:
        fields = fields_of(error.normalized_messages())  # type: ignore[no-untyped-call]
        clean = dict(error.valid_data) if isinstance(error.valid_data, Mapping) else {}
    if not partial and action == "return":
        due_on = clean.get("due_on")
        if due_on and "due_on" not in fields and date.fromisoformat(due_on) < today:
            fields["due_on"] = [_("Thời hạn bổ sung phải từ hôm nay trở đi.")]
    elif not partial:
        found = _entry_problems(bundle, year, clean.get("criteria") or {})
        found = {**(more(clean) if more is not None else {}), **found}
        fields = {**{path: said for path, said in found.items() if not _told(path, fields)}, **fields}
    if fields:
        raise BadInput(_summary(fields), fields=fields)
    return clean


def routing_of(form: Form | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that become the case's variables; without a form the action alone."""
    return dict(form.routing(answers)) if form else {"action": str(answers.get("action", "complete"))}


def results_of(bundle: Procedure, year: int, answers: Mapping[str, Any]) -> dict[str, dict[str, str]] | None:
    """The verdicts of a table that is handed in, by criterion; None where none is."""
    if "criteria" not in answers or answers.get("action", "complete") == "return":
        return None
    entries = {key: entry_of(value) for key, value in answers["criteria"].items()}
    assessed = assess_all(entries, year, bundle.catalogue)
    return {key: {"verdict": str(one.verdict), "why": one.why} for key, one in assessed.items()}


def _told(path: str, fields: Mapping[str, list[str]]) -> bool:
    """Whether the field, or the criterion whose row it stands in, has its sentence already.

    A row that the schema refuses is not read further: nothing true can be said of what else it leaves out.
    """
    rows = {criterion_of(told) for told in fields} - {""}
    return criterion_of(path) in rows or any(path == told or path.startswith(f"{told}.") for told in fields)


def _summary(fields: Mapping[str, list[str]]) -> str:
    """How much there is to mend, before the list of it."""
    sentences = [sentence for said in fields.values() for sentence in said]
    empty = sum(sentence.endswith(IS_EMPTY) for sentence in sentences)
    if empty == len(sentences):
        return _("Còn %(count)s nội dung bắt buộc đang để trống.", count=empty)
    if empty:
        return _(
            "Còn %(count)s chỗ phải sửa, trong đó %(empty)s nội dung bắt buộc đang để trống.",
            count=len(sentences),
            empty=empty,
        )
    return _("Còn %(count)s chỗ phải sửa.", count=len(sentences))


def entry_of(value: Mapping[str, Any]) -> Entry:
    """One criterion of a form's answers as the evaluation reads it."""
    return Entry(raw=value.get("raw") or "", decision=value.get("decision"), reason=value.get("reason") or "")


def _entry_problems(
    bundle: Procedure, year: int, criteria: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    """Typing errors and decisions against one's own clear value are refused at the door."""
    fields: dict[str, list[str]] = {}
    for key, value in criteria.items():
        try:
            check_entry(bundle.catalogue.criterion(key), entry_of(value), year)
        except DecisionRefused as error:
            fields[f"criteria.{key}.decision"] = [_of_criterion(key, error.message)]
        except EvaluationError as error:
            fields[f"criteria.{key}.raw"] = [_of_criterion(key, error.message)]
    return fields


def _of_criterion(key: str, sentence: str) -> str:
    """Every sentence about a row says which: the list above the form has them all below each other."""
    said = _("Chỉ tiêu %(criterion)s: ", criterion=key)
    return sentence if sentence.startswith(said.rstrip(": ")) else said + sentence[:1].lower() + sentence[1:]
