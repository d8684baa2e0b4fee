"""Scenes of everyday commands: tasks passed on, files in parts, comments, signed papers, seats."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any

from flask import current_app
from sqlalchemy import insert, select
from werkzeug.datastructures import FileStorage

from service.administration import (
    appointments,
    index_sets,
    members,
    people,
    procedure_departments,
    quotas,
    substitutions,
)
from service.administration.quota_files import QuotaLine
from service.comments import operations as comments
from service.database import db, transaction
from service.documents import signed_copies
from service.dossiers import finishing, uploads
from service.errors import NotFound
from service.http import signed_papers
from service.identity.operations import give_role
from service.jobs.outbox import drain
from service.models import Appointment, Document, MemberAssignment, Position, Unit, UnitKind, User
from service.questions import asking, saved
from service.questions.asked import Asked
from service.questions.ready import QUESTIONS
from service.tasks import filters, handling, pressing, rows
from service.tasks.draft_saving import Typed
from service.tasks.operations import claim_task, save_fields, sign_task
from tests.builders import NOON, an_open_case, hand_up, open_task, person, story_answers, unit_id

Act = Callable[[], object]
Scene = Callable[[], Act]
OFFICER, LEADER, COLLEAGUE = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "xa-thidu-dongnghiep"
SCAN = b"%PDF-1.7\n" + bytes(range(256)) * 8
LAST = NOON.date() + timedelta(days=4)


def _by(who: str = "quantri") -> dict[str, Any]:
    return {"by": person(who), "now": NOON}


def _colleague() -> uuid.UUID:
    user_id = uuid.uuid4()
    values = {"username": COLLEAGUE, "display_name": COLLEAGUE, "password_hash": "", "created_at": NOON}
    with transaction() as session:
        session.execute(insert(User).values(id=user_id, must_change_password=False, **values))
    give_role(username=COLLEAGUE, role="officer", unit_code="xa-thi-du", now=NOON)
    return user_id


def _task() -> uuid.UUID:
    return open_task(an_open_case(), "self_assess")


def _passing_on(act: Callable[..., object], by: str = OFFICER) -> Scene:
    def scene() -> Act:
        to, task_id = _colleague(), _task()
        if by == OFFICER:
            claim_task(task_id=task_id, **_by(OFFICER))
        return partial(act, task_id=task_id, to=to, note="Còn thiếu minh chứng 2.6", **_by(by))

    return scene


def _giving_back() -> Act:
    to, task_id = _colleague(), _task()
    claim_task(task_id=task_id, **_by(OFFICER))
    handling.delegate_task(task_id=task_id, to=to, **_by(OFFICER))
    return partial(handling.give_back_task, task_id=task_id, **_by(COLLEAGUE))


def _rows(task_id: uuid.UUID, to: uuid.UUID) -> dict[str, Any]:
    return {"task_id": task_id, "criteria": ["1.1", "2.6"], "to": to}


def _giving_rows() -> Act:
    return partial(rows.assign_rows, **_rows(_task(), _colleague()), **_by(LEADER))


def _taking_rows() -> Act:
    given = _rows(_task(), _colleague())
    rows.assign_rows(**given, **_by(LEADER))
    given.pop("to")
    return partial(rows.take_back_rows, **given, **_by(LEADER))


def _rows_untold() -> Act:
    rows.assign_rows(**_rows(_task(), _colleague()), **_by(LEADER))
    return partial(drain, NOON)


def _one_cell() -> Act:
    path, answers = "criteria.2.6.raw", {"criteria": {"2.6": {"raw": "54,4%"}}}
    typed = Typed(answers, 0, frozenset({path}))
    return partial(save_fields, task_id=_task(), typed=typed, **_by(OFFICER))


def _pressing(act: Callable[..., object], **more: Any) -> Scene:
    return lambda: partial(act, task_id=_task(), **more, **_by(OFFICER))


def _question() -> uuid.UUID:
    return saved.save_question(name="Chậm hạn", key="cham-han", query="nam=2023", **_by("kiemtra"))


def _filter() -> uuid.UUID:
    return filters.save_filter(name="Việc gấp", query="khan=1", **_by(OFFICER))


def _said() -> tuple[uuid.UUID, uuid.UUID]:
    case_id = an_open_case()
    return case_id, comments.add_comment(case_id=case_id, body="Số liệu này lấy ở đâu?", **_by(LEADER))


def _withdrawing() -> Act:
    case_id, comment_id = _said()
    return partial(comments.withdraw_comment, case_id=case_id, comment_id=comment_id, **_by(LEADER))


def _said_and_untold() -> Act:
    _said()
    return partial(drain, NOON)


def _document() -> uuid.UUID:
    task_id = hand_up(an_open_case(), "self_assess", OFFICER, story_answers("self_assess"))
    sign_task(task_id=task_id, **_by(LEADER))
    return db.session.scalars(select(Document.id)).one()


COPY = signed_copies.SignedCopy("da-ky.pdf", len(SCAN), "0" * 64)
PAPER: dict[str, Any] = {"copy": COPY, "number": "12/BC-UBND", "issued_on": date(2023, 11, 20)}


def _filing() -> Act:
    return partial(signed_copies.file_signed_copy, document_id=_document(), **PAPER, **_by(OFFICER))


def _taking_in() -> Act:
    paper = {key: value for key, value in PAPER.items() if key != "copy"}
    document_id = _document()
    # A stream of its own each time: one that was read to its end has nothing more to give.
    return lambda: signed_papers.take_in_signed_copy(
        FileStorage(BytesIO(SCAN), "da-ky.pdf"), document_id=document_id, **paper, **_by(OFFICER)
    )


def _handing_out() -> Act:
    document_id = _document()
    signed_copies.file_signed_copy(document_id=document_id, **PAPER, **_by(OFFICER))
    return partial(signed_copies.hand_out_signed_copy, document_id=document_id, **_by(LEADER))


def _files() -> dict[str, Any]:
    return {"root": current_app.config["SETTINGS"].files_dir}


def _begun() -> uuid.UUID:
    return uploads.start_upload(**_beginning())


def _beginning() -> dict[str, Any]:
    place = uploads.Place(criterion="2.6")
    announced = {"name": "a.pdf", "size": len(SCAN), "largest": 5_000_000}
    return {"task_id": _task(), "place": place, **announced, **_files(), **_by(OFFICER)}


def _part() -> Act:
    return partial(uploads.append_part, upload_id=_begun(), offset=0, data=SCAN, **_files(), **_by(OFFICER))


def _whole() -> Act:
    """Sends what has not come and finishes: as a browser does after a crash."""
    upload_id, asked = _begun(), {**_files(), **_by(OFFICER)}

    def act() -> object:
        with suppress(NotFound):  # finished before
            there = uploads.received(upload_id=upload_id, **asked)
            if there < len(SCAN):
                uploads.append_part(upload_id=upload_id, offset=there, data=SCAN[there:], **asked)
        return finishing.finish_upload(upload_id=upload_id, largest=5_000_000, **asked)

    return act


def _cancelling() -> Act:
    return partial(uploads.cancel_upload, upload_id=_begun(), **_files(), **_by(OFFICER))


def _position(role: str = "officer", unit: str = "xa-thi-du") -> uuid.UUID:
    query = select(Position.id).join(Unit).where(Unit.code == unit, Position.role == role)
    return db.session.scalars(query.order_by(Position.code)).first() or uuid.UUID(int=0)


def _appointment(username: str) -> uuid.UUID:
    query = select(Appointment.id).join(User, User.id == Appointment.user_id).where(User.username == username)
    return db.session.scalars(query).one()


SEAT: dict[str, Any] = {"unit_code": "xa-thi-du", "first": NOON.date(), "last": None, "legal_basis": "QĐ 12"}


def _appointing() -> Act:
    people.create_person(username="le.van.ba", display_name="Lê Văn Ba", **_by())
    return partial(
        appointments.appoint_person, position_id=_position(), username="le.van.ba", **SEAT, **_by()
    )


def _person(act: Callable[..., object], off: bool = False) -> Scene:
    def scene() -> Act:
        user_id = person(OFFICER).id
        if off:
            people.switch_off(user_id=user_id, **_by())
        return partial(act, user_id=user_id, **_by())

    return scene


VALUES = index_sets.IndexSetValues("Bộ chỉ số thử", Decimal(900), "QĐ 1/QĐ-UBND", date(2027, 1, 1), None)


def _index_set(act: Callable[..., object], **more: Any) -> Scene:
    def scene() -> Act:
        index_sets.add_index_set(code="bo-thu", values=VALUES, **_by())
        return partial(act, code="bo-thu", **more, **_by())

    return scene


def _member() -> uuid.UUID:
    query = select(MemberAssignment.id).join(Unit, Unit.id == MemberAssignment.district_id)
    return db.session.scalars(query.where(Unit.code == "thi-xa-bim-son")).one()


def _assigning() -> Act:
    position_id = db.session.get_one(MemberAssignment, _member()).position_id
    members.end_assignment(assignment_id=_member(), last=NOON.date(), **_by())
    return partial(
        members.assign_member,
        district_code="thi-xa-bim-son",
        position_id=position_id,
        first=NOON.date() + timedelta(days=1),
        last=None,
        legal_basis="QĐ 5",
        **_by(),
    )


def _lines() -> list[QuotaLine]:
    return [QuotaLine(2025, unit_id("xa-thi-du"), "xa-thi-du", "Xã Thí Dụ", "Thị xã Bỉm Sơn")]


def _giving_a_procedure() -> Act:
    """To another department than Sở KH&CN, which has it since 01/03/2025."""
    with transaction() as session:
        session.execute(
            insert(Unit).values(
                id=uuid.uuid4(),
                code="so-so",
                name="Sở Chuyển đổi số",
                kind=UnitKind.DEPARTMENT,
                valid_from=date(2025, 1, 1),
                fictitious=True,
                source="thử",
            )
        )
    return partial(
        procedure_departments.appoint_department,
        procedure="recognition",
        unit_code="so-so",
        first_day="2025-07-01",
        legal_basis="QĐ thử",
        **_by(),
    )


def _quota_gone() -> Act:
    quotas.import_quotas(lines=_lines(), source="QĐ 969", **_by())
    return partial(quotas.remove_quota, code="xa-thi-du", year=2025, **_by())


def _absence() -> dict[str, Any]:
    days = {"first": NOON.date(), "last": LAST}
    who = {"appointment_id": _appointment(LEADER), "substitute": "xa-minhhoa-lanhdao"}
    return {**who, **days, "legal_basis": "Giấy ủy quyền số 05", **_by()}


def _absence_untold() -> Act:
    substitutions.arrange_substitution(**_absence())
    return partial(drain, NOON)


def _coming_back() -> Act:
    one = substitutions.arrange_substitution(**_absence())
    return partial(substitutions.end_substitution, substitution_id=one, **_by())


EVERYDAY_ATOMIC: dict[str, Scene] = {
    "tasks.handling.assign_task": _passing_on(handling.assign_task, LEADER),
    "tasks.handling.hand_over_task": _passing_on(handling.hand_over_task),
    "tasks.handling.delegate_task": _passing_on(handling.delegate_task),
    "tasks.handling.give_back_task": _giving_back,
    "tasks.rows.assign_rows": _giving_rows,
    "tasks.rows.take_back_rows": _taking_rows,
    "tasks.operations.save_fields": _one_cell,
    "tasks.pressing.set_priority": _pressing(pressing.set_priority, priority=2),
    "tasks.pressing.set_follow_up": _pressing(pressing.set_follow_up, day=LAST),
    "tasks.filters.save_filter": lambda: partial(
        filters.save_filter, name="Việc gấp", query="khan=1", **_by(OFFICER)
    ),
    "tasks.filters.rename_filter": lambda: partial(
        filters.rename_filter, filter_id=_filter(), name="Khẩn", **_by(OFFICER)
    ),
    "tasks.filters.delete_filter": lambda: partial(
        filters.delete_filter, filter_id=_filter(), **_by(OFFICER)
    ),
    "questions.saved.save_question": lambda: partial(
        saved.save_question, name="Chậm hạn", key="cham-han", query="nam=2023", **_by("kiemtra")
    ),
    "questions.saved.rename_question": lambda: partial(
        saved.rename_question, saved_id=_question(), name="Quá hạn", **_by("kiemtra")
    ),
    "questions.saved.delete_question": lambda: partial(
        saved.delete_question, saved_id=_question(), **_by("kiemtra")
    ),
    "questions.asking.record_answer": lambda: partial(
        asking.record_answer,
        question=QUESTIONS["cham-han"],
        asked=Asked(),
        exported="csv",
        lines=3,
        **_by("kiemtra"),
    ),
    "comments.operations.add_comment": lambda: partial(
        comments.add_comment, case_id=an_open_case(), body="Đã xem.", **_by(LEADER)
    ),
    "comments.operations.withdraw_comment": _withdrawing,
    "documents.signed_copies.file_signed_copy": _filing,
    "documents.signed_copies.hand_out_signed_copy": _handing_out,
    "http.signed_papers.take_in_signed_copy": _taking_in,
    "dossiers.uploads.start_upload": lambda: partial(uploads.start_upload, **_beginning()),
    "dossiers.uploads.append_part": _part,
    "dossiers.uploads.cancel_upload": _cancelling,
    "administration.appointments.add_position": lambda: partial(
        appointments.add_position,
        unit_code="xa-thi-du",
        role="officer",
        title="Công chức văn hóa",
        capacity="",
        **_by(),
    ),
    "administration.appointments.appoint_person": _appointing,
    "administration.appointments.end_appointment": lambda: partial(
        appointments.end_appointment, appointment_id=_appointment(OFFICER), last=NOON.date(), **_by()
    ),
    "administration.people.create_person": lambda: partial(
        people.create_person, username="le.van.ba", display_name="Lê Văn Ba", **_by()
    ),
    "administration.people.reset_password": _person(people.reset_password),
    "administration.people.switch_off": _person(people.switch_off),
    "administration.people.switch_on": _person(people.switch_on, off=True),
    "administration.index_sets.add_index_set": lambda: partial(
        index_sets.add_index_set, code="bo-thu", values=VALUES, **_by()
    ),
    "administration.index_sets.change_index_set": _index_set(
        index_sets.change_index_set, values=index_sets.IndexSetValues(**{**vars(VALUES), "name": "Khác"})
    ),
    "administration.index_sets.remove_index_set": _index_set(index_sets.remove_index_set),
    "administration.members.assign_member": _assigning,
    "administration.members.end_assignment": lambda: partial(
        members.end_assignment, assignment_id=_member(), last=NOON.date(), **_by()
    ),
    "administration.procedure_departments.appoint_department": _giving_a_procedure,
    "administration.quotas.import_quotas": lambda: partial(
        quotas.import_quotas, lines=_lines(), source="QĐ 969", **_by()
    ),
    "administration.quotas.remove_quota": _quota_gone,
    "administration.substitutions.arrange_substitution": lambda: partial(
        substitutions.arrange_substitution, **_absence()
    ),
    "administration.substitutions.end_substitution": _coming_back,
}
EVERYDAY_STAGED: dict[str, Scene] = {
    # The file is recorded, then the upload is forgotten; it has the upload's id, so twice is once.
    "dossiers.finishing.finish_upload": _whole,
    "a comment of which people are told": _said_and_untold,
    "rows of which a colleague is told": _rows_untold,
    "a substitution of which both are told": _absence_untold,
}
EVERYDAY_WITHIN = {
    "dossiers.unfinished.forget": "dossiers.uploads.cancel_upload",
    "dossiers.housekeeping.sweep_uploads": "dossiers.uploads.cancel_upload",
    "jobs.announcing.deliver_rows_given": "rows of which a colleague is told",
    "notifications.rows.announce_rows": "rows of which a colleague is told",
    "jobs.announcing.deliver_substitution": "a substitution of which both are told",
    "notifications.substitutions.announce_substitution": "a substitution of which both are told",
    "jobs.announcing.deliver_comment_added": "a comment of which people are told",
    "notifications.comments.announce_comment": "a comment of which people are told",
}
