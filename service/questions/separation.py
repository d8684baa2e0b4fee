"""Breaches of the separation of duties, looked for in the log and in the stored acts.

Independent of the code that prevents them: who acted where is read from what was recorded, which level a step
is of from the stored diagram; `Case.acts`, by which acts are refused, is not asked. None is expected.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import select

from service.database import db, table_of
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Event, Round, RoundAct, RoundItem, Submission
from service.processes.queries import Procedure, procedure
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.bodies import known, raw, stream_name
from service.questions.drafts_checked import version_breaches
from service.questions.scope import CaseFacts, case_facts, only_of_cases, only_of_streams
from service.wording import Words, _, marked

COLUMNS = (marked("Kiểm tra gì"), marked("Ở đâu"), marked("Ai"), marked("Thấy gì"))
LEVELS, OWN, ROUND_OWN, VERSION = "levels", "own", "round_own", "version"
CHECKS = Words(
    {
        LEVELS: marked("Một người ở hai cấp của một hồ sơ"),
        OWN: marked("Người soạn tự ký"),
        ROUND_OWN: marked("Người soạn Tờ trình tự ký Tờ trình, hoặc ký cả Tờ trình lẫn Quyết định"),
        VERSION: marked("Người vẽ hoặc trình quy trình tự phê duyệt"),
    }
)
WHAT = {
    LEVELS: marked("lần ký, soạn, cùng ghi trong nhật ký (và các bản đã nộp)"),
    OWN: marked("lần ký trong nhật ký (và các bản đã nộp)"),
    ROUND_OWN: marked("Tờ trình, Quyết định"),
    VERSION: marked("lần phê duyệt quy trình"),
}
BY_ACT = ("case_withdrawn", "commune_dissolved", "opinion_waived")


@dataclass(frozen=True)
class Breach:
    check: str
    where: str
    people: tuple[uuid.UUID, ...]
    what: str
    case: CaseFacts | None = None
    seq: int | None = None


class Act(NamedTuple):
    """Somebody's part in an act of a case: `part` signed | prepared | helped; `source` log | stored."""

    step: str
    person: uuid.UUID
    part: str
    seq: int
    source: str


@dataclass(frozen=True)
class Checked:
    """How much each check has looked at, and what it found."""

    looked_at: dict[str, int]
    breaches: list[Breach]


def breaches(viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE) -> Answer:
    found = check_separation(viewer, asked)
    page, following = page_of(
        found.breaches, lambda one: (one.check, one.where, one.seq or 0, one.what), cursor, size
    )
    names = names_of({person for one in page for person in one.people})
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=[
            Line(
                (
                    CHECKS[one.check],
                    one.where,
                    ", ".join(names.get(person, str(person)) for person in one.people),
                    one.what,
                ),
                one.case.id if one.case else None,
                one.seq,
            )
            for one in page
        ],
        total=len(found.breaches),
        summary=_("Có %(count)s trường hợp vi phạm tách bạch nhiệm vụ.", count=len(found.breaches))
        if found.breaches
        else _("Không có trường hợp nào vi phạm tách bạch nhiệm vụ."),
        next_cursor=following,
        notes=tuple(
            _(
                "%(check)s: đã xem %(count)s %(what)s, thấy %(found)s trường hợp.",
                check=CHECKS[check],
                count=count,
                what=_(WHAT[check]),
                found=sum(one.check == check for one in found.breaches),
            )
            for check, count in found.looked_at.items()
        ),
    )


def check_separation(viewer: Viewer, asked: Asked) -> Checked:
    """All checks over the cases that are visible and asked for; versions only for who sees every case."""
    cases = case_facts(viewer, asked)
    acts = _acts(viewer, asked, cases)
    rounds, signed = _rounds(cases)
    logged = [one for of_case in acts.values() for one in of_case if one.source == "log"]
    looked_at = {
        LEVELS: len(logged),
        OWN: sum(one.part == "signed" for one in logged),
        ROUND_OWN: signed,
    }
    found = [
        breach
        for stream, of_case in acts.items()
        for case in (cases[stream],)
        for breach in (*_at_two_levels(case, of_case), *_signed_own(case, of_case))
    ]
    found += rounds
    if viewer.sees_all_cases:
        approvals, told = version_breaches()
        looked_at[VERSION] = approvals
        found += [Breach(VERSION, where, (person,), what) for where, person, what in told]
    return Checked(looked_at, found)


def _acts(viewer: Viewer, asked: Asked, cases: dict[str, CaseFacts]) -> dict[str, list[Act]]:
    """{stream: who had which part in what}, from the log and, beside it, from the stored acts."""
    event, sent = table_of(Event).c, table_of(Submission).c
    found: dict[str, list[Act]] = {}
    rows = db.session.execute(
        select(event.stream_id, event.seq, event.type, event.body).where(
            event.stream == "case",
            event.type.in_(("task_completed", *BY_ACT)),
            *only_of_streams(viewer, asked),
        )
    )
    for row in rows:
        if row.stream_id in cases:
            found.setdefault(row.stream_id, []).extend(_of_event(row.seq, row.type, row.body))
    stored = db.session.execute(
        select(raw(sent.case_id), sent.seq, sent.element, raw(sent.prepared_by), raw(sent.signed_by)).where(
            *only_of_cases(sent.case_id, viewer, asked)
        )
    )
    for case_id, seq, element, prepared_by, signed_by in stored:
        stream = stream_name(case_id)
        if stream in cases:
            of_case = found.setdefault(stream, [])
            of_case.append(Act(element, known(signed_by), "signed", seq, "stored"))
            if prepared_by is not None:
                of_case.append(Act(element, known(prepared_by), "prepared", seq, "stored"))
    return found


def _of_event(seq: int, kind: str, body: bytes) -> Iterator[Act]:
    document = orjson.loads(body)
    data, actor = document["data"], document["actor"]["id"]
    step = data.get("element") if kind == "task_completed" else data.get("act") or data.get("message")
    if not step:
        return
    if actor:
        yield Act(step, known(actor), "signed", seq, "log")
    if data.get("prepared_by"):
        yield Act(step, known(data["prepared_by"]), "prepared", seq, "log")
    for helper in data.get("helped_by", ()):
        yield Act(step, known(helper), "helped", seq, "log")


def _at_two_levels(case: CaseFacts, acts: list[Act]) -> Iterator[Breach]:
    bundle = procedure(case.version_id)
    level_of = {step: bundle.level_of(step) for step in {act.step for act in acts}}
    levels: dict[uuid.UUID, dict[str, Act]] = {}
    for act in acts:
        if level := level_of[act.step]:
            levels.setdefault(act.person, {}).setdefault(level, act)
    for person, at in levels.items():
        if len(at) > 1:
            steps = "; ".join(_told(act, bundle) for act in sorted(at.values(), key=lambda one: one.seq))
            last = max(act.seq for act in at.values())
            yield Breach(LEVELS, f"{case.commune}, {case.code}", (person,), steps, case, last)


def _told(act: Act, bundle: Procedure) -> str:
    parts = {"signed": _("ký"), "prepared": _("soạn"), "helped": _("cùng ghi")}
    return _(
        "%(part)s “%(step)s” (sự kiện %(seq)s)",
        part=parts[act.part],
        step=bundle.element_name(act.step),
        seq=act.seq,
    )


def _signed_own(case: CaseFacts, acts: list[Act]) -> Iterator[Breach]:
    """Only where a leader signs what an officer prepares: a member and the Chairman prepare their own."""
    bundle = procedure(case.version_id)
    prepared = {(act.seq, act.person) for act in acts if act.part == "prepared"}
    told: set[tuple[int, uuid.UUID]] = set()
    for act in acts:
        task = bundle.definition.tasks.get(act.step)
        own = (act.seq, act.person) in prepared and (act.seq, act.person) not in told
        if act.part == "signed" and own and task is not None and task.properties.get("signer") == "leader":
            told.add((act.seq, act.person))
            what = _("soạn và ký “%(step)s”", step=bundle.element_name(act.step))
            yield Breach(OWN, f"{case.commune}, {case.code}", (act.person,), what, case, act.seq)


def _rounds(cases: dict[str, CaseFacts]) -> tuple[list[Breach], int]:
    """Of rounds with one of these cases, and how many signatures were looked at."""
    mine = {
        row.round_id
        for row in db.session.execute(select(RoundItem.round_id, RoundItem.case_id))
        if str(row.case_id) in cases
    }
    rows = db.session.execute(
        select(Round.name, RoundAct.round_id, RoundAct.kind, RoundAct.prepared_by, RoundAct.signed_by)
        .join(RoundAct, RoundAct.round_id == Round.id)
        .order_by(Round.name, RoundAct.kind)
    )
    found: list[Breach] = []
    of_round: dict[uuid.UUID, dict[str, uuid.UUID]] = {}
    looked_at = 0
    for row in rows:
        if row.round_id not in mine:
            continue
        looked_at += 1
        if row.prepared_by == row.signed_by:
            found.append(Breach(ROUND_OWN, row.name, (row.signed_by,), _("soạn và ký cùng một văn bản")))
        signers = of_round.setdefault(row.round_id, {})
        if row.signed_by in signers.values():
            found.append(Breach(ROUND_OWN, row.name, (row.signed_by,), _("ký cả Tờ trình lẫn Quyết định")))
        signers[row.kind] = row.signed_by
    return found, looked_at
