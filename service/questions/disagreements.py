"""Criteria on which levels of a case came to different verdicts, and how each was resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from sqlalchemy import select

from evaluation.catalogue import criterion_order
from service.database import db, table_of
from service.identity.viewer import Viewer
from service.models import Event, Submission
from service.processes.facts import what_counts
from service.processes.independence import readable_submissions
from service.questions import bodies
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.bodies import raw, stream_name
from service.questions.kinds import LEVELS, VERDICTS, verdict
from service.questions.scope import CaseFacts, case_facts, only_of_cases
from service.wording import Words, _, marked

COMMUNE, DISTRICT, MEMBER, DEPARTMENT, MEETING = LEVELS
SILENT = ("missing", "not_assessed")
COLUMNS = (
    marked("Xã, hồ sơ"),
    marked("Chỉ tiêu"),
    marked("Xã"),
    marked("Huyện"),
    marked("Thành viên"),
    marked("Sở"),
    marked("Hội nghị"),
    marked("Giải quyết thế nào"),
)
OVERALL = "0"
RESULTS = b'"results":'
# {step: (seq, content as stored)} of what counts.
Acts: TypeAlias = Mapping[str, tuple[int, bytes]]
OPINIONS = Words({"yes": marked("đã hoàn thành các tiêu chí"), "no": marked("chưa hoàn thành các tiêu chí")})
CONCLUSIONS = Words(
    {
        "yes": marked("đủ điều kiện"),
        "no": marked("không đủ điều kiện"),
        "undecided": marked("chưa kết luận được"),
    }
)


@dataclass(frozen=True)
class Difference:
    """One criterion (OVERALL: the opinion on the whole) with what each level said, its verdict as a rule."""

    case: CaseFacts
    criterion: str
    verdicts: Mapping[str, str]
    resolved: str
    seq: int | None
    open: bool


def disagreements(
    viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    """By case and criterion; what the viewer must not see yet of the member is as if it were not there."""
    compared = _compared()
    found = [
        one
        for case, acts in _acts(viewer, asked)
        for one in _of_case(case, acts, _found_by_rule(case, acts, compared))
    ]
    if asked.criterion:
        found = [one for one in found if one.criterion == asked.criterion]
    page, following = page_of(
        found, lambda one: (one.case.code, *criterion_order(one.criterion)), cursor, size
    )
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=[
            Line(
                (
                    f"{one.case.commune}, {one.case.code}",
                    one.criterion if one.criterion != OVERALL else _("Kết luận chung"),
                    *(_said(one.verdicts.get(level, "")) for level in LEVELS),
                    one.resolved,
                ),
                one.case.id,
                one.seq,
            )
            for one in page
        ],
        total=len(found),
        summary=_(
            "%(all)s chỗ khác nhau ở %(cases)s hồ sơ; %(open)s chỗ đến nay còn để ngỏ.",
            all=len(found),
            cases=len({one.case.id for one in found}),
            open=sum(one.open for one in found),
        )
        if found
        else _("Không có chỗ nào các cấp kết luận khác nhau."),
        next_cursor=following,
        notes=(_("Ý kiến Thành viên ở hồ sơ mà Sở chưa ghi kết quả thẩm tra thì chưa tính."),)
        if viewer.departments
        else (),
    )


def _acts(viewer: Viewer, asked: Asked) -> Iterator[tuple[CaseFacts, Acts]]:
    """Each case with what counts of its levels: {step: (seq, content)}."""
    cases = case_facts(viewer, asked)
    sent = table_of(Submission).c
    rows = db.session.execute(
        select(raw(sent.case_id).label("case_id"), sent.element, sent.seq, sent.action, sent.content)
        .where(
            sent.element.in_(list(LEVELS)),
            readable_submissions(viewer),
            *only_of_cases(sent.case_id, viewer, asked),
        )
        .order_by(sent.case_id, sent.seq)
    )
    of_case: dict[str, list[Any]] = {}
    for row in rows:
        of_case.setdefault(stream_name(row.case_id), []).append(row)
    for stream, acts in of_case.items():
        case = cases.get(stream)
        if case is not None:
            yield case, what_counts((row.element, row.seq, row.action, row.content) for row in acts)


def _found_by_rule(
    case: CaseFacts,
    acts: Acts,
    compared: Mapping[tuple[str, int], list[dict[str, Any]]],
) -> dict[str | None, dict[str, Any]]:
    """{criterion, None for the whole: what the rule found} of what counts; nothing of a hidden opinion."""
    if DEPARTMENT not in acts or MEMBER not in acts:
        return {}
    found = compared.get((str(case.id), acts[DEPARTMENT][0]), ())
    return {one["criterion"]: one for one in found}


def _of_case(
    case: CaseFacts,
    acts: Acts,
    by_rule: Mapping[str | None, Mapping[str, Any]],
) -> Iterator[Difference]:
    results = {step: _results(content) for step, (_seq, content) in acts.items()}
    minutes = (_answers(acts, MEETING).get("criteria") or {}) if MEETING in acts else {}
    spoken: dict[str, dict[str, str]] = {}
    for step, found in results.items():
        for criterion, judged in found.items():
            if judged["verdict"] not in SILENT and step != MEETING:
                spoken.setdefault(criterion, {})[step] = judged["verdict"]
    differing = {criterion for criterion, said in spoken.items() if len(set(said.values())) > 1}
    for criterion in differing | minutes.keys() | {one for one in by_rule if one is not None}:
        said = spoken.get(criterion, {})
        given = minutes.get(criterion)
        if given is not None:
            met = _meeting_said(given, results.get(MEETING, {}).get(criterion))
            said = {**said, MEETING: met}
        resolved, is_open = _resolved(said, given, criterion in by_rule, has_met=MEETING in acts)
        yield Difference(case, criterion, said, resolved, _where(acts, given), is_open)
    if (whole := by_rule.get(None)) is not None:
        said = {MEMBER: OPINIONS[whole["member"]], DEPARTMENT: CONCLUSIONS[whole["department"]]}
        yield Difference(case, OVERALL, said, *_whole_resolved(acts))


def _said(found: str) -> str:
    """A verdict in words; what the meeting, or an opinion on the whole, says is words already."""
    return verdict(found) if found in VERDICTS else found


def _results(content: bytes) -> dict[str, dict[str, str]]:
    """The verdicts of a submission, the last that its canonical JSON says; the rest is not read."""
    found: dict[str, dict[str, str]] = {}
    if (at := content.rfind(RESULTS)) >= 0:
        found = orjson.loads(content[at + len(RESULTS) : -1])
    return found


def _answers(acts: Acts, step: str) -> dict[str, Any]:
    answers: dict[str, Any] = orjson.loads(acts[step][1])["answers"]
    return answers


def _meeting_said(given: Mapping[str, Any], judged: Mapping[str, str] | None) -> str:
    if given.get("agreed") is not True:
        return _("còn ý kiến khác nhau")
    return _(
        "thống nhất %(raw)s (%(verdict)s)",
        raw=given.get("raw") or "–",
        verdict=verdict(judged["verdict"]) if judged else _("không có kết luận"),
    )


def _resolved(
    said: Mapping[str, str], given: Mapping[str, Any] | None, is_disputed: bool, *, has_met: bool
) -> tuple[str, bool]:
    """(how, whether it is still open), by the rules of `evaluation.comparison`."""
    if given is not None:
        reason = f": {given['reason']}" if given.get("reason") else ""
        if given.get("agreed") is True:
            return _("Hội nghị thống nhất; giá trị của Hội nghị được tính") + reason, False
        return _("Hội nghị ghi cả hai ý kiến; Chủ tịch UBND tỉnh quyết định") + reason, True
    if DEPARTMENT not in said:
        return _("Chưa: Sở chưa ghi kết quả thẩm tra"), True
    if is_disputed:
        if has_met:
            return _("Hội nghị không ghi riêng chỉ tiêu này; kết quả của Sở được tính"), False
        return _("Chưa: chờ Hội nghị trao đổi, làm rõ"), True
    return _("Kết quả thẩm tra của Sở được tính; khác cấp dưới chỉ là cảnh báo"), False


def _where(acts: Acts, given: object) -> int | None:
    """The event that settled it: the meeting's, else Sở's, else the last that spoke."""
    if given is not None:
        return acts[MEETING][0]
    return acts[DEPARTMENT][0] if DEPARTMENT in acts else max(seq for seq, _content in acts.values())


def _compared() -> dict[tuple[str, int], list[dict[str, Any]]]:
    """{(stream, seq): the differences that the rule found when Sở's results met the member's opinion}.

    As the log recorded them: with those that only silence, or the opinion on the whole, made.
    """
    event = table_of(Event).c
    rows = db.session.execute(
        select(event.stream_id, event.seq, event.body).where(
            event.stream == "case",
            event.type == "task_completed",
            bodies.contains(event.body, b'"differences":[{'),
        )
    )
    return {
        (row.stream_id, row.seq): [
            one
            for decision in orjson.loads(row.body)["data"]["decisions"]
            if decision["kind"] == "rule"
            for one in decision["inputs"].get("differences", ())
        ]
        for row in rows
    }


def _whole_resolved(acts: Acts) -> tuple[str, int | None, bool]:
    if MEETING in acts:
        told = str(_answers(acts, MEETING).get("conclusion") or "")
        return _("Đưa ra Hội nghị: %(told)s", told=told or "–"), acts[MEETING][0], False
    return _("Chưa: chờ Hội nghị trao đổi, làm rõ"), acts[DEPARTMENT][0], True
