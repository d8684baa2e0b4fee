"""What one level's answers must say of another's: why it found otherwise, what became of what is disputed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy.engine import Connection

from evaluation.assessment import VERDICT_WORDS, Verdict, assess_all
from service.database import AnyRow
from service.processes.facts import current_submissions
from service.processes.queries import Procedure
from service.processes.rules import DISTRICT, MEETING, MEMBER, Levels, levels
from service.tasks.answers import entry_of
from service.wording import _, marked

COMMUNE, CONSOLIDATE = "self_assess", "district_consolidate"
# Whose results a level has before it: to take over, or to differ from with a reason. Sở is not here: it
# verifies independently and answers to nobody's figures.
FORMER_LEVEL = {DISTRICT: COMMUNE, MEMBER: DISTRICT}
OF_LEVEL = {COMMUNE: marked("UBND cấp xã"), DISTRICT: marked("UBND cấp huyện")}
# {step: content} of what counts at present (see processes.facts).
Submissions: TypeAlias = Callable[[], Mapping[str, Mapping[str, Any]]]
_NOTHING_SAID = frozenset({Verdict.MISSING, Verdict.NOT_ASSESSED})


def said_too_little(
    connection: Connection, row: AnyRow, bundle: Procedure, answers: Mapping[str, Any]
) -> dict[str, list[str]]:
    """`answers` complete the task of `row`: each criterion that says too little, {field: sentences}."""
    return too_little_beside(
        row.task_element, row.year, bundle, lambda: current_submissions(connection, row.id), answers
    )


def too_little_beside(
    element: str, year: int, bundle: Procedure, submissions: Submissions, answers: Mapping[str, Any]
) -> dict[str, list[str]]:
    """As `said_too_little`; `submissions` gives what counts at present, asked for only where it matters."""
    if answers.get("action") != "complete":
        return {}
    if element in FORMER_LEVEL:
        return _without_reason(element, year, bundle, submissions(), answers)
    if element == MEETING:
        return _left_out(year, bundle, submissions(), answers)
    if element == CONSOLIDATE:
        return _about_no_criterion(year, bundle, answers)
    return {}


def _without_reason(
    element: str,
    year: int,
    bundle: Procedure,
    submissions: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, Any],
) -> dict[str, list[str]]:
    """Criteria on which this level comes to another verdict than the one before, and does not say why."""
    former = FORMER_LEVEL[element]
    theirs = submissions.get(former, {}).get("results") or {}
    mine = answers.get("criteria") or {}
    found = assess_all({key: entry_of(value) for key, value in mine.items()}, year, bundle.catalogue)
    fields = {}
    for key, result in found.items():
        verdict = theirs.get(key, {}).get("verdict", Verdict.MISSING)
        if result.verdict in _NOTHING_SAID or verdict in _NOTHING_SAID or result.verdict == verdict:
            continue
        if not (mine[key].get("reason") or "").strip():
            level = _(OF_LEVEL[former])
            fields[f"criteria.{key}.reason"] = [
                _(
                    "Chỉ tiêu %(criterion)s: kết luận khác %(level)s, hãy ghi lý do.",
                    criterion=key,
                    level=level,
                )
            ]
    return fields


def _about_no_criterion(year: int, bundle: Procedure, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Lines of the table of the opinion that name a criterion which is not assessed in the year."""
    assessed = {criterion.id for criterion in bundle.catalogue.year(year).assessed}
    fields = {}
    for number, line in enumerate(answers.get("opinion_taken_up") or ()):
        criterion = (line.get("criterion") or "").strip().removesuffix(".")
        if criterion and criterion not in assessed:
            fields[f"opinion_taken_up.{number}.criterion"] = [
                _(
                    "Bảng tiếp thu, dòng %(line)s: năm %(year)s không có chỉ tiêu “%(criterion)s”; chọn "
                    "trong danh sách, hoặc để trống khi là ý kiến chung.",
                    line=number + 1,
                    year=year,
                    criterion=criterion[:20],
                )
            ]
    return fields


def _left_out(
    year: int, bundle: Procedure, submissions: Mapping[str, Mapping[str, Any]], answers: Mapping[str, Any]
) -> dict[str, list[str]]:
    """What the minutes leave out: a disputed criterion, or why they agree on another verdict than Sở's; and a
    summary that they contradict.
    """
    facts = {"year": year, "catalogue": bundle.catalogue, "submissions": submissions}
    minutes = answers.get("criteria") or {}
    settled = {key: value.get("agreed") for key, value in minutes.items()}
    read = levels(facts)
    fields = _agreed_otherwise(read, minutes, year, bundle)
    for difference in read.comparison().differences:
        key = difference.criterion
        if key is not None and settled.get(key) is None:
            fields[f"criteria.{key}.agreed"] = [
                _("Chỉ tiêu %(criterion)s: chọn “thống nhất” hoặc “còn ý kiến khác nhau”.", criterion=key)
            ]
    if not fields and answers.get("outcome") == "agreed" and False in settled.values():
        fields["outcome"] = [_("Còn chỉ tiêu chưa thống nhất: chọn “Còn ý kiến khác nhau”.")]
    return fields


def _agreed_otherwise(
    read: Levels, minutes: Mapping[str, Any], year: int, bundle: Procedure
) -> dict[str, list[str]]:
    """Criteria on which the meeting agrees on a verdict that is not Sở's, and does not say why."""
    agreed = {key: value for key, value in minutes.items() if value.get("agreed") is True}
    found = assess_all({key: entry_of(value) for key, value in agreed.items()}, year, bundle.catalogue)
    fields = {}
    for key, value in agreed.items():
        ours = (read.department or {}).get(key)
        same = ours is not None and ours.verdict == found[key].verdict
        if not same and not (value.get("reason") or "").strip():
            verdict = VERDICT_WORDS[ours.verdict if ours is not None else Verdict.MISSING]
            fields[f"criteria.{key}.reason"] = [
                _(
                    "Chỉ tiêu %(criterion)s: thống nhất khác kết luận của Sở (%(verdict)s), hãy ghi lý do.",
                    criterion=key,
                    verdict=verdict,
                )
            ]
    return fields
