"""Scenarios: kept, given another name, held to what the draft does now, deleted. Each act is recorded."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from service.audit.canonical import canonical
from service.audit.operations import Actor, append
from service.clock import local_day
from service.database import db, transaction
from service.errors import BadInput, DraftChanged, NotFound
from service.identity.viewer import Viewer
from service.models import ProcessDraft, ProcessScenario
from service.studio.operations import drawing
from service.studio.play.acts import Act, course_of, read_course
from service.studio.play.coverage import Report, run_scenarios
from service.studio.play.expectations import expectation_of
from service.studio.play.ground import Source, compiled, ground_for
from service.studio.play.playing import replay
from service.wording import _

LONGEST_NAME, MOST_SCENARIOS = 120, 50


def list_scenarios(key: str) -> Sequence[ProcessScenario]:
    """A procedure's scenarios by name."""
    return db.session.scalars(
        select(ProcessScenario).where(ProcessScenario.key == key).order_by(ProcessScenario.name)
    ).all()


def report_of(draft: ProcessDraft, day: date) -> Report | None:
    """All scenarios of its procedure on a draft; None where there are none: then nothing need be played."""
    scenarios = list_scenarios(draft.key)
    return run_scenarios(draft, scenarios, day=day) if scenarios else None


def read_scenario(scenario_id: uuid.UUID, key: str) -> ProcessScenario:
    """Raises NotFound, also for one of another procedure."""
    row = db.session.get(ProcessScenario, scenario_id)
    if row is None or row.key != key:
        raise NotFound(_("Không có tình huống này; có thể người khác đã xóa."))
    return row


def save_scenario(*, source: Source, name: str, acts: Sequence[Act], by: Viewer, now: datetime) -> uuid.UUID:
    """Keep a course under a name, expecting from now on what comes of it on this draft (or version).

    Raises BadInput naming the field, CourseRefused where the course cannot be played to its end.
    """
    named = _checked(name)
    expected = _expected(source, acts, now)
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        count = select(func.count()).select_from(ProcessScenario).where(ProcessScenario.key == source.key)
        if connection.execute(count).scalar_one() >= MOST_SCENARIOS:
            raise BadInput(
                _("Một quy trình có nhiều nhất %(most)s tình huống; hãy xóa bớt.", most=MOST_SCENARIOS)
            )
        scenario_id = uuid.uuid4()
        try:
            connection.execute(
                insert(ProcessScenario).values(
                    id=scenario_id,
                    key=source.key,
                    name=named,
                    course=course_of(acts),
                    expected=expected,
                    rev=1,
                    created_at=now,
                    created_by=viewer.id,
                    changed_at=now,
                    changed_by=viewer.id,
                )
            )
        except IntegrityError as error:
            raise _name_taken(named) from error
        _record(connection, "process_scenario_saved", scenario_id, source.key, viewer.actor(seat), now, named)
    return scenario_id


def rename_scenario(
    *, key: str, scenario_id: uuid.UUID, rev: int, name: str, by: Viewer, now: datetime
) -> None:
    """Raises BadInput naming the field, DraftChanged where somebody else was faster, NotFound."""
    named = _checked(name)
    _change("process_scenario_renamed", key, scenario_id, rev, by, now, {"name": named}, named)


def accept_outcome(*, source: Source, scenario_id: uuid.UUID, rev: int, by: Viewer, now: datetime) -> None:
    """Expect from now on what the course comes to on this draft, which may be otherwise than before.

    Raises CourseRefused where it cannot be played to its end, DraftChanged, NotFound.
    """
    expected = _expected(source, read_course(read_scenario(scenario_id, source.key).course), now)
    values = {"expected": expected}
    _change("process_scenario_accepted", source.key, scenario_id, rev, by, now, values)


def record_anew(
    *, source: Source, scenario_id: uuid.UUID, rev: int, acts: Sequence[Act], by: Viewer, now: datetime
) -> None:
    """Another course under the same name, with what comes of it on this draft; both are told by their hashes.

    Raises CourseRefused where it cannot be played to its end, BadInput, DraftChanged, NotFound.
    """
    expected, course = _expected(source, acts, now), course_of(acts)
    former = read_scenario(scenario_id, source.key).course
    told = {
        "course_before": {"acts": len(former), "sha256": _hash(former)},
        "course_after": {"acts": len(course), "sha256": _hash(course)},
    }
    values = {"course": course, "expected": expected}
    _change("process_scenario_recorded", source.key, scenario_id, rev, by, now, values, told=told)


def delete_scenario(*, key: str, scenario_id: uuid.UUID, rev: int, by: Viewer, now: datetime) -> None:
    """Raises DraftChanged where somebody else was faster, NotFound."""
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        name = read_scenario(scenario_id, key).name
        done = connection.execute(
            delete(ProcessScenario).where(ProcessScenario.id == scenario_id, ProcessScenario.rev == rev)
        )
        _refuse_unless(done.rowcount)
        _record(connection, "process_scenario_deleted", scenario_id, key, viewer.actor(seat), now, name)


def _change(
    kind: str,
    key: str,
    scenario_id: uuid.UUID,
    rev: int,
    by: Viewer,
    now: datetime,
    values: dict[str, Any],
    name: str = "",
    *,
    told: Mapping[str, Any] | None = None,
) -> None:
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        read_scenario(scenario_id, key)
        changed = {**values, "rev": rev + 1, "changed_at": now, "changed_by": viewer.id}
        guarded = (ProcessScenario.id == scenario_id, ProcessScenario.rev == rev)
        try:
            done = connection.execute(update(ProcessScenario).where(*guarded).values(**changed))
        except IntegrityError as error:
            raise _name_taken(name) from error
        _refuse_unless(done.rowcount)
        _record(connection, kind, scenario_id, key, viewer.actor(seat), now, name, told)


def _hash(course: object) -> str:
    return hashlib.sha256(canonical({"course": course})).hexdigest()


def _expected(source: Source, acts: Sequence[Act], now: datetime) -> dict[str, Any]:
    if not acts:
        raise BadInput(_("Chưa có bước nào để lưu. Hãy mở hồ sơ thử và đi vài bước."))
    bundle = compiled(source, local_day(now))
    return expectation_of(replay(ground_for(bundle, acts[0]), acts), bundle.definition)


def _checked(name: str) -> str:
    named = " ".join(name.split())
    if not named or len(named) > LONGEST_NAME or not named.isprintable():
        raise BadInput(
            fields={
                "name": [_("Đặt tên cho tình huống, không quá %(most)s ký tự.", most=LONGEST_NAME)],
            }
        )
    return named


def _name_taken(name: str) -> BadInput:
    return BadInput(
        fields={
            "name": [_("Quy trình này đã có tình huống “%(name)s”; hãy đặt tên khác.", name=name)],
        }
    )


def _refuse_unless(changed: int) -> None:
    if changed != 1:
        raise DraftChanged(_("Người khác vừa thay đổi tình huống này. Hãy tải lại trang rồi thử lại."))


def _record(
    connection: Connection,
    kind: str,
    scenario_id: uuid.UUID,
    key: str,
    actor: Actor,
    now: datetime,
    name: str,
    told: Mapping[str, Any] | None = None,
) -> None:
    append(
        connection,
        kind,
        {"scenario": str(scenario_id), "key": key, **(told or {})},
        stream="process",
        stream_id=key,
        by=actor,
        at=now,
        private={"name": name.encode()} if name else None,
    )
