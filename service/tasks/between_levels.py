"""What one level's answers must say of another's: why it found otherwise, what became of what is disputed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from evaluation.assessment import Verdict, assess_all
from service.database import AnyRow
from service.errors import BadInput
from service.processes.facts import current_submissions
from service.processes.queries import Procedure
from service.processes.rules import DISTRICT, MEETING, MEMBER, levels
from service.tasks.answers import entry_of
from service.wording import _, marked

COMMUNE = "self_assess"
# Whose results a level has before it: to take over, or to differ from with a reason. Sở is not here: it
# verifies independently and answers to nobody's figures.
FORMER_LEVEL = {DISTRICT: COMMUNE, MEMBER: DISTRICT}
OF_LEVEL = {COMMUNE: marked("UBND cấp xã"), DISTRICT: marked("UBND cấp huyện")}
_NOTHING_SAID = frozenset({Verdict.MISSING, Verdict.NOT_ASSESSED})


def check_against_others(
    connection: Connection, row: AnyRow, bundle: Procedure, answers: Mapping[str, Any]
) -> None:
    """`answers` complete the task of `row`. Raises BadInput naming each criterion that says too little."""
    if answers.get("action") != "complete":
        return
    if row.task_element in FORMER_LEVEL:
        fields = _without_reason(connection, row, bundle, answers)
    elif row.task_element == MEETING:
        fields = _left_out(connection, row, bundle, answers)
    else:
        return
    if fields:
        raise BadInput(fields=fields)


def _without_reason(
    connection: Connection, row: AnyRow, bundle: Procedure, answers: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Criteria on which this level comes to another verdict than the one before, and does not say why."""
    former = FORMER_LEVEL[row.task_element]
    theirs = current_submissions(connection, row.id).get(former, {}).get("results") or {}
    mine = answers.get("criteria") or {}
    found = assess_all({key: entry_of(value) for key, value in mine.items()}, row.year, bundle.catalogue)
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


def _left_out(
    connection: Connection, row: AnyRow, bundle: Procedure, answers: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Disputed criteria of which the minutes say nothing, and a summary that the minutes contradict."""
    facts = {
        "year": row.year,
        "catalogue": bundle.catalogue,
        "submissions": current_submissions(connection, row.id),
    }
    settled = {key: value.get("agreed") for key, value in (answers.get("criteria") or {}).items()}
    fields = {}
    for difference in levels(facts).comparison().differences:
        key = difference.criterion
        if key is not None and settled.get(key) is None:
            fields[f"criteria.{key}.agreed"] = [
                _("Chỉ tiêu %(criterion)s: chọn “thống nhất” hoặc “còn ý kiến khác nhau”.", criterion=key)
            ]
    if not fields and answers.get("outcome") == "agreed" and False in settled.values():
        fields["outcome"] = [_("Còn chỉ tiêu chưa thống nhất: chọn “Còn ý kiến khác nhau”.")]
    return fields
