"""Events of all cases that fit what is asked, the latest first; counted, and paged along their positions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

import orjson
from sqlalchemy import ColumnElement, Text, and_, cast, false, func, or_, select, tuple_

from service.audit.queries import RecordedEvent, events_at
from service.cases.timeline import people_in, sentence_of
from service.database import db
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Case, Event, Submission
from service.processes.facts import RETURNED
from service.processes.independence import readable_submissions
from service.processes.queries import procedure
from service.questions import bodies
from service.questions.answers import PAGE, Answer, Line, bad_cursor, cursor_of, read_cursor
from service.questions.asked import Asked, require
from service.questions.kinds import KINDS, LEVELS, OF_A_TASK, RETURNED_CASE, ending, moment, verdict
from service.questions.scope import (
    CaseFacts,
    case_facts,
    cases_asked,
    in_span,
    people_named,
    readable_contents,
    seats_of,
    units_named,
)
from service.wording import _, marked

COLUMNS = (
    marked("Xã, hồ sơ"),
    marked("Lúc"),
    marked("Ai"),
    marked("Việc"),
    marked("Chỉ tiêu, kết luận"),
    marked("Hồ sơ hiện nay"),
)


def search(viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE) -> Answer:
    """Raises BadInput for kinds and levels that there are none of."""
    require("kind", asked.kind, KINDS)
    require("level", asked.level, LEVELS)
    conditions = [Event.stream == "case", *in_span(asked), *_conditions(viewer, asked)]
    before = _before(cursor)
    total, in_cases, shown, is_last = _found(
        conditions, before, size, at_once=bool(asked.criterion or asked.person)
    )
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=_lines(viewer, asked, events_at(shown)),
        total=total,
        summary=_("%(total)s sự kiện trong %(cases)s hồ sơ.", total=total, cases=in_cases),
        next_cursor=None if is_last else cursor_of((shown[-1],)),
    )


def _before(cursor: str | None) -> int | None:
    if not cursor:
        return None
    key = read_cursor(cursor)
    if len(key) != 1 or not isinstance(key[0], int):
        raise bad_cursor()
    return key[0]


def _found(
    conditions: Sequence[ColumnElement[bool]], before: int | None, size: int | None, *, at_once: bool
) -> tuple[int, int, list[int], bool]:
    """(how many, in how many cases, positions of the page, whether it is the last).

    `at_once`: what is costly to find is found once and counted here; else the database counts.
    """
    query = select(Event.position, Event.stream_id).where(*conditions).order_by(Event.position.desc())
    if at_once:
        everything = db.session.execute(query).all()
        after = [row.position for row in everything if before is None or row.position < before]
        shown = after if size is None else after[:size]
        return len(everything), len({row.stream_id for row in everything}), shown, len(after) == len(shown)
    counted = (
        select(func.count(), func.count(Event.stream_id.distinct())).select_from(Event).where(*conditions)
    )
    total, in_cases = db.session.execute(counted).one()
    if before is not None:
        query = query.where(Event.position < before)
    after = list(db.session.scalars(query if size is None else query.limit(size + 1)))
    shown = after if size is None else after[:size]
    return total, in_cases, shown, len(after) == len(shown)


def _conditions(viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.about_cases or not viewer.sees_all_cases:
        conditions.append(_in_cases(viewer, asked))
    if asked.kind == RETURNED_CASE:
        conditions += [Event.type == "task_completed", _with_submission(Submission.action == RETURNED)]
    elif asked.kind == "task_completed":
        conditions += [Event.type == "task_completed", _with_submission(Submission.action != RETURNED)]
    elif asked.kind:
        conditions.append(Event.type == asked.kind)
    if asked.step:
        conditions.append(_at_step(asked.step))
    if asked.criterion:
        conditions.append(_about_criterion(viewer, asked))
    if asked.person:
        conditions.append(_with_person(people_named(asked.person), asked.part))
    return conditions


def _in_cases(viewer: Viewer, asked: Asked) -> ColumnElement[bool]:
    """Cases as asked for; a unit is also asked for by what was done from its seats."""
    if not asked.unit:
        return Event.stream_id.in_(select(bodies.stream_of(Case.id)).where(*cases_asked(viewer, asked)))
    positions, people = seats_of(units_named(asked.unit))
    elsewhere = cases_asked(viewer, replace(asked, unit=""))
    of_its_own = Event.stream_id.in_(select(bodies.stream_of(Case.id)).where(*cases_asked(viewer, asked)))
    if not people:
        return of_its_own
    from_its_seats = and_(
        Event.actor_id.in_(people),
        or_(*(bodies.contains(Event.body, f'"position":"{one}"'.encode()) for one in positions)),
        Event.stream_id.in_(select(bodies.stream_of(Case.id)).where(*elsewhere)),
    )
    return or_(of_its_own, from_its_seats)


def _with_submission(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    submitted = select(bodies.stream_of(Submission.case_id), Submission.seq).where(*conditions)
    return tuple_(Event.stream_id, Event.seq).in_(submitted)


def _at_step(step: str) -> ColumnElement[bool]:
    named = and_(Event.type.in_(OF_A_TASK), bodies.contains(Event.body, b'"element":' + orjson.dumps(step)))
    return or_(named, _with_submission(Submission.element == step))


def _about_criterion(viewer: Viewer, asked: Asked) -> ColumnElement[bool]:
    """What gave this criterion a verdict, by level; nothing of what the viewer must not see yet."""
    said = orjson.dumps(asked.criterion) + b':{"verdict":'
    if asked.verdict:
        said += orjson.dumps(asked.verdict)
    levels = [asked.level] if asked.level else list(LEVELS)
    elsewhere = cases_asked(viewer, replace(asked, unit=""))
    return and_(
        Event.type == "task_completed",
        _with_submission(
            Submission.element.in_(levels),
            *([Submission.case_id.in_(select(Case.id).where(*elsewhere))] if asked.about_cases else []),
            bodies.contains(Submission.content, said),
            readable_submissions(viewer),
        ),
    )


def _with_person(people: Sequence[uuid.UUID], part: str) -> ColumnElement[bool]:
    if not people:
        return false()
    ways: dict[str, ColumnElement[bool]] = {
        "acted": Event.actor_id.in_(people),
        "signed": and_(Event.type == "task_completed", Event.actor_id.in_(people)),
        "prepared": _with_submission(Submission.prepared_by.in_(people)),
        "helped": and_(
            Event.type == "task_completed",
            Event.stream_id.in_(
                select(bodies.stream_of(Case.id)).where(
                    or_(*(cast(Case.acts, Text).contains(str(one), autoescape=True) for one in people))
                )
            ),
            or_(*(bodies.lists(Event.body, one) for one in people)),
        ),
        "absent": or_(*(bodies.in_place_of(Event.body, one) for one in people)),
    }
    return ways[part] if part else or_(*ways.values())


def _lines(viewer: Viewer, asked: Asked, events: Sequence[RecordedEvent]) -> list[Line]:
    cases = _cases_of(viewer, events)
    names = names_of(people_in(events))
    verdicts = _verdicts(viewer, asked, events, cases)
    lines = []
    for event in events:
        case = cases[event.stream_id]
        actor = names.get(event.actor_id, _("Hệ thống")) if event.actor_id else _("Hệ thống")
        lines.append(
            Line(
                cells=(
                    f"{case.commune}, {case.code}",
                    moment(event.at),
                    actor,
                    sentence_of(event, procedure(case.version_id), names),
                    verdicts.get((event.stream_id, event.seq), ""),
                    ending(case.status, case.outcome),
                ),
                case_id=case.id,
                seq=event.seq,
            )
        )
    return lines


def _cases_of(viewer: Viewer, events: Sequence[RecordedEvent]) -> dict[str, CaseFacts]:
    wanted = sorted({uuid.UUID(event.stream_id) for event in events})
    return case_facts(viewer, Asked(), Case.id.in_(wanted)) if wanted else {}


def _verdicts(
    viewer: Viewer, asked: Asked, events: Sequence[RecordedEvent], cases: dict[str, CaseFacts]
) -> dict[tuple[str, int], str]:
    """{(stream, seq): what was written for the criterion that is asked about, and the verdict}."""
    if not asked.criterion or not events:
        return {}
    wanted = [(case.id, event.seq) for event in events if (case := cases.get(event.stream_id))]
    found = {}
    for (case_id, seq), written in readable_contents(viewer, wanted).items():
        content = orjson.loads(written)
        judged = (content.get("results") or {}).get(asked.criterion)
        given = (content["answers"].get("criteria") or {}).get(asked.criterion) or {}
        if judged is not None:
            said = f"{asked.criterion}: {given.get('raw') or '–'} ({verdict(judged['verdict'])})"
            found[str(case_id), seq] = said
    return found
