"""Who decided one criterion of a case: each act of each level, on which files, against whom, what counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from evaluation.catalogue import Criterion
from service.cases.course import live_round
from service.cases.levels import levels_of
from service.cases.papers import SignedPaper, papers_of_acts
from service.cases.queries import read_case
from service.database import AnyRow, db
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Case, Event, EvidenceFile, Submission
from service.processes.facts import RETURNED, counting
from service.processes.independence import hidden_steps
from service.processes.queries import Procedure, procedure
from service.questions.asked import wrong
from service.questions.kinds import verdict
from service.wording import _

MEMBER, DEPARTMENT, MEETING, DECISION = (
    "member_opinion",
    "department_verify",
    "reconciliation_meeting",
    "chairman_decide",
)


@dataclass(frozen=True)
class EvidenceSeen:
    """A file as it was when the act was signed. `version`: its place among those that replaced each other."""

    id: uuid.UUID
    name: str
    sha256: str
    version: int
    versions: int


@dataclass(frozen=True)
class LevelAct:
    """What one signed act said of the criterion. `verdict` "" where it is a return; `counts`: it stands."""

    seq: int
    step: str
    name: str
    level: str
    signed_at: datetime
    signed_by: str
    acting_for: str
    prepared_by: str
    helped_by: tuple[str, ...]
    raw: str
    verdict: str
    why: str
    decision: str
    reason: str
    difficulty: str
    agreed: bool | None
    evidence: tuple[EvidenceSeen, ...]
    paper: SignedPaper | None
    counts: bool
    returned: bool


@dataclass(frozen=True)
class DecidedCriterion:
    """`final` is the verdict that counts now, `rule` by which rule; "" before Sở has recorded its results.

    `differing` are sentences: whose opinion differed from whose; `resolved`: how that was settled.
    """

    case: Case
    criterion: Criterion
    target: str
    acts: tuple[LevelAct, ...]
    differing: tuple[str, ...]
    resolved: str
    final: str
    final_raw: str
    rule: str
    outcome: LevelAct | None
    round_name: str
    hides_member: bool


def decided(viewer: Viewer, case_id: uuid.UUID, criterion_id: str) -> DecidedCriterion:
    """Raises NotFound for a case that is not visible, BadInput for a criterion that the year has not."""
    case = read_case(case_id, viewer)
    bundle = procedure(case.process_version_id)
    criterion_id = criterion_id.replace(",", ".").strip(". ")
    criterion = next(
        (one for one in bundle.catalogue.year(case.year).criteria if one.id == criterion_id), None
    )
    if criterion is None:
        sentence = _("Không có chỉ tiêu này. Ghi số thứ tự ở Phụ lục 01, ví dụ 2.6.")
        raise wrong("criterion", sentence)
    hide = hidden_steps(case.id, viewer)
    acts = tuple(_acts(case, bundle, criterion_id, hide))
    latest = {act.step: act for act in acts if act.counts}
    read = levels_of(case)
    final = read.final().get(criterion_id) if DEPARTMENT in latest else None
    return DecidedCriterion(
        case=case,
        criterion=criterion,
        target=criterion.target(case.year).text,
        acts=tuple(act for act in acts if act.step != DECISION),
        differing=tuple(_differing(latest)),
        resolved=_resolved(latest, hide),
        final=str(final.verdict) if final is not None else "",
        final_raw=final.raw if final is not None else "",
        rule=_rule(latest, final is not None),
        outcome=latest.get(DECISION),
        round_name=(live_round(case.id) or ("", ""))[1],
        hides_member=bool(hide),
    )


def _acts(case: Case, bundle: Procedure, criterion: str, hide: frozenset[str]) -> Iterator[LevelAct]:
    rows = db.session.execute(
        select(
            Submission.seq,
            Submission.element,
            Submission.action,
            Submission.content,
            Submission.prepared_by,
            Submission.signed_by,
            Submission.signed_at,
            Event.body,
        )
        .outerjoin(
            Event,
            (Event.stream == "case") & (Event.stream_id == str(case.id)) & (Event.seq == Submission.seq),
        )
        .where(Submission.case_id == case.id, Submission.element.not_in(sorted(hide)))
        .order_by(Submission.seq)
    ).all()
    counted = {
        (row.element, row.seq)
        for row in rows
        if row.element in counting((one.element, one.seq, one.action, one.content) for one in rows)
        and row.seq == max(one.seq for one in rows if one.element == row.element)
    }
    told = {row.seq: orjson.loads(row.body) if row.body else {"actor": {}, "data": {}} for row in rows}
    names = names_of(_people(rows, told))
    files, papers = _versions(case.id), papers_of_acts(case.id)
    for row in rows:
        content = orjson.loads(row.content)
        answers = content["answers"]
        given = (answers.get("criteria") or {}).get(criterion)
        returned = row.action == RETURNED
        why_returned = (answers.get("criteria_reasons") or {}).get(criterion, "")
        if row.element != DECISION and not (given or (returned and (why_returned or answers.get("reason")))):
            continue
        judged = (content.get("results") or {}).get(criterion) or {}
        helped = told[row.seq]["data"].get("helped_by", ())
        absent = told[row.seq]["actor"].get("acting_for")
        given = given or {}
        yield LevelAct(
            seq=row.seq,
            step=row.element,
            name=bundle.element_name(row.element),
            level=bundle.level_of(row.element),
            signed_at=row.signed_at,
            signed_by=names.get(row.signed_by, ""),
            acting_for=names.get(uuid.UUID(absent), "") if absent else "",
            prepared_by=names.get(row.prepared_by, "") if row.prepared_by else "",
            helped_by=tuple(sorted(names.get(uuid.UUID(one), "") for one in helped)),
            raw=given.get("raw") or "",
            verdict="" if returned else judged.get("verdict", ""),
            why=judged.get("why", ""),
            decision=row.action if row.element == DECISION else given.get("decision") or "",
            reason=given.get("reason") or why_returned or str(answers.get("reason") or ""),
            difficulty=given.get("difficulty") or "",
            agreed=given.get("agreed"),
            evidence=tuple(_evidence(given.get("evidence") or (), content.get("files") or {}, files)),
            paper=papers.get(row.seq),
            counts=(row.element, row.seq) in counted,
            returned=returned,
        )


def _people(rows: Sequence[AnyRow], told: Mapping[int, Mapping[str, Any]]) -> set[uuid.UUID]:
    people = {one for row in rows for one in (row.prepared_by, row.signed_by) if one}
    for body in told.values():
        people |= {uuid.UUID(one) for one in body["data"].get("helped_by", ())}
        if body["actor"].get("acting_for"):
            people.add(uuid.UUID(body["actor"]["acting_for"]))
    return people


def _versions(case_id: uuid.UUID) -> dict[str, tuple[int, int]]:
    """{file: (its number, how many there are by now)} along the files that replaced each other."""
    rows = db.session.execute(
        select(EvidenceFile.id, EvidenceFile.replaces_id).where(EvidenceFile.case_id == case_id)
    ).all()
    before = {row.id: row.replaces_id for row in rows}
    after = {row.replaces_id: row.id for row in rows if row.replaces_id}

    def steps(one: uuid.UUID, way: Mapping[uuid.UUID, uuid.UUID | None]) -> int:
        count, at = 0, way.get(one)
        while at is not None:
            count, at = count + 1, way.get(at)
        return count

    return {str(one): (steps(one, before) + 1, steps(one, before) + 1 + steps(one, after)) for one in before}


def _evidence(
    ids: Sequence[str], files: Mapping[str, Mapping[str, Any]], versions: Mapping[str, tuple[int, int]]
) -> Iterator[EvidenceSeen]:
    for one in ids:
        facts = files.get(one)
        if facts is not None:
            version, of = versions.get(one, (1, 1))
            yield EvidenceSeen(uuid.UUID(one), str(facts["name"]), str(facts["sha256"]), version, of)


def _differing(latest: Mapping[str, LevelAct]) -> Iterator[str]:
    """Every level whose verdict is another than what Sở, else the last level that spoke, has found."""
    spoken = [
        act for act in latest.values() if act.verdict and act.verdict != "missing" and act.step != MEETING
    ]
    if not spoken:
        return
    judge = latest.get(DEPARTMENT) or spoken[-1]
    for act in spoken:
        if act.verdict != judge.verdict:
            yield _(
                "%(step)s (%(who)s ký) ghi “%(raw)s”: %(verdict)s; %(judge)s ghi “%(other)s”: %(found)s.",
                step=act.name,
                who=act.signed_by,
                raw=act.raw or "–",
                verdict=verdict(act.verdict),
                judge=judge.name,
                other=judge.raw or "–",
                found=verdict(judge.verdict),
            )


def _resolved(latest: Mapping[str, LevelAct], hide: frozenset[str]) -> str:
    meeting = latest.get(MEETING)
    if meeting is not None:
        paper = meeting.paper.document if meeting.paper else None
        minutes = (
            _("Biên bản số %(number)s", number=paper.number) if paper and paper.number else _("Biên bản")
        )
        if meeting.agreed is True:
            return _(
                "Hội nghị trao đổi, làm rõ thống nhất giá trị “%(raw)s”. %(minutes)s. %(reason)s",
                raw=meeting.raw or "–",
                minutes=minutes,
                reason=meeting.reason,
            ).strip()
        return _(
            "Hội nghị ghi cả hai ý kiến, còn ý kiến khác nhau; Chủ tịch UBND tỉnh quyết định. "
            "%(minutes)s. %(reason)s",
            minutes=minutes,
            reason=meeting.reason,
        ).strip()
    member, department = latest.get(MEMBER), latest.get(DEPARTMENT)
    if member and department and member.verdict and member.verdict != department.verdict:
        return _("Chưa giải quyết: Hội nghị chưa ghi chỉ tiêu này.")
    if hide:
        return _("Ý kiến Thành viên chưa hiện với Sở cho tới khi Sở ghi kết quả thẩm tra.")
    return ""


def _rule(latest: Mapping[str, LevelAct], is_final: bool) -> str:
    if not is_final:
        return ""
    meeting = latest.get(MEETING)
    if meeting is not None and meeting.agreed is True:
        return _("Giá trị Hội nghị thống nhất thay kết quả thẩm tra của Sở (Phụ lục 02, mục 2.3).")
    return _("Kết quả thẩm tra độc lập của Sở được tính (Phụ lục 02, mục 2.3).")
