"""A province in full swing: 100,000 open tasks in 500 units, and somebody who acts in fifty of them.

Cases are copies of one with other ids, units and years, inserted many at a time; their logs are not copied.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from bench.ground import NOON
from service.database import db, table_of, transaction
from service.identity.queries import token_hash
from service.models import Appointment, Case, Draft, LoginSession, Position, Task, Unit, User

OPEN, UNITS, SEATS = 100_000, 500, 50
# Of every eight units one is a district, the others are its communes: 63 districts and 437 communes.
COMMUNES_PER_DISTRICT = 7
YEARS = range(2016, 2024)
SECRET, USERNAME = "session of the benchmark", "bench"
STEPS = {
    "commune": ("self_assess", "Tự đánh giá, lập hồ sơ đề nghị thẩm định"),
    "district": ("district_appraise", "Thẩm định, đánh giá, gửi lấy ý kiến"),
    "consolidate": ("district_consolidate", "Hoàn thiện, tổng hợp hồ sơ gửi Sở"),
}
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Place:
    unit_id: uuid.UUID
    kind: str
    district_id: uuid.UUID
    commune_id: uuid.UUID
    position_id: uuid.UUID


def populate(like_case: uuid.UUID, like_task: uuid.UUID) -> uuid.UUID:
    """Units, the person with the seats, open tasks and as many completed ones; answers the person's id."""
    places = _units()
    seats = places[:: UNITS // SEATS]
    user = _person(seats)
    _add(like_case, like_task, places, user, seats)
    _analyse()
    return user


def _units() -> list[Place]:
    """Every tenth of them is a district now and a commune then."""
    units, positions, places = [], [], []
    district = uuid.uuid4()
    for number in range(UNITS):
        first = number % (COMMUNES_PER_DISTRICT + 1) == 0
        unit, seat = uuid.uuid4(), uuid.uuid4()
        district = unit if first else district
        kind = "district" if first else "commune"
        units.append(
            {
                "id": unit,
                "code": f"bench-{number}",
                "name": f"UBND {'huyện' if first else 'xã'} Đo Lường {number}",
                "kind": kind,
                "parent_id": None if first else district,
                "valid_from": date(2015, 1, 1),
                "valid_to": None,
                "fictitious": True,
                "source": "",
            }
        )
        positions.append(
            {
                "id": seat,
                "code": f"bench-{number}-officer",
                "unit_id": unit,
                "role": "officer",
                "title": "Chuyên viên",
                "capacity": "",
            }
        )
        # A district's tasks are about its first commune.
        places.append(Place(unit, kind, district, unit, seat))
    following = {place.district_id: place.unit_id for place in reversed(places) if place.kind == "commune"}
    with transaction() as session:
        session.execute(insert(table_of(Unit)), units)
        session.execute(insert(table_of(Position)), positions)
    return [
        Place(one.unit_id, one.kind, one.district_id, following[one.district_id], one.position_id)
        if one.kind == "district"
        else one
        for one in places
    ]


def _person(seats: list[Place]) -> uuid.UUID:
    user = uuid.uuid4()
    with transaction() as session:
        session.execute(
            insert(table_of(User)).values(
                id=user,
                username=USERNAME,
                display_name="Người xử lý năm mươi nơi",
                must_change_password=False,
                created_at=NOON,
            )
        )
        session.execute(
            insert(table_of(Appointment)),
            [
                {
                    "id": uuid.uuid4(),
                    "user_id": user,
                    "position_id": one.position_id,
                    "valid_from": date(2015, 1, 1),
                    "valid_to": None,
                }
                for one in seats
            ],
        )
        session.execute(
            insert(table_of(LoginSession)).values(
                token_hash=token_hash(SECRET),
                user_id=user,
                created_at=NOON,
                expires_at=NOON + timedelta(days=1),
            )
        )
    return user


def _add(
    like_case: uuid.UUID, like_task: uuid.UUID, places: list[Place], user: uuid.UUID, seats: list[Place]
) -> None:
    cases, tasks, drafts = table_of(Case), table_of(Task), table_of(Draft)
    connection = db.session.connection()
    case = dict(connection.execute(select(cases).where(cases.c.id == like_case)).mappings().one())
    task = dict(connection.execute(select(tasks).where(tasks.c.id == like_task)).mappings().one())
    db.session.rollback()
    own = frozenset(place.unit_id for place in seats)
    for first in range(0, OPEN, _AT_ONCE):
        numbers = range(first, first + _AT_ONCE)
        made = [_made(number, places[number % UNITS], user, own) for number in numbers]
        with transaction() as session:
            session.execute(insert(cases), [case | one for one, _ in made])
            session.execute(insert(tasks), [task | one for _, two in made for one in two])
            held = [open_one["id"] for _, (_, open_one) in made if open_one["owner_id"] is not None]
            if held:
                session.execute(insert(drafts), [_draft(one, user) for one in held])


def _draft(task_id: uuid.UUID, user: uuid.UUID) -> dict[str, Any]:
    """As long as a real one: 37 criteria with what was found and what is hard."""
    rows = {
        f"{group}.{row}": {
            "value": f"{row},5%",
            "difficulty": "Đường truyền còn chập chờn, cần hỗ trợ thiết bị đầu cuối cho thôn, bản.",
        }
        for group in range(1, 5)
        for row in range(1, 10)
    }
    answers = {"action": "complete", "report_summary": "Đã rà soát toàn bộ chỉ tiêu.", "criteria": rows}
    return {"task_id": task_id, "rev": 1, "answers": answers, "saved_by": user, "saved_at": NOON}


def _made(
    number: int, place: Place, user: uuid.UUID, own: frozenset[uuid.UUID]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A case, its completed task and its open one."""
    chance, case_id = random.Random(number), uuid.uuid4()
    nth = number // UNITS
    received = NOON - timedelta(minutes=chance.randrange(60 * 24 * 200))
    case = {
        "id": case_id,
        "code": f"DL-{number:06}",
        # One case per procedure, commune and year.
        "procedure": f"bench_{place.kind}_{nth // len(YEARS)}",
        "year": YEARS[nth % len(YEARS)],
        "commune_id": place.commune_id,
        "district_id": place.district_id,
        "opened_at": received,
    }
    step = chance.choice(("district", "consolidate")) if place.kind == "district" else "commune"
    element, name = STEPS[step]
    signing, sent_back = chance.random() < 0.1, chance.random() < 0.03
    mine = place.unit_id in own and chance.random() < 0.03
    common = {
        "case_id": case_id,
        "element": element,
        "name": name,
        "group": place.kind,
        "unit_id": place.unit_id,
        "due_on": NOON.date() + timedelta(days=chance.randrange(-10, 110)),
        "received_at": received,
        "attention_at": None,
        "signer": "leader",
    }
    return case, [
        common
        | {
            "id": uuid.uuid4(),
            "ref": f"{element}:1",
            "occurrence": 1,
            "state": "completed",
            "completed_at": received + timedelta(days=1),
            "owner_id": None,
        },
        common
        | {
            "id": uuid.uuid4(),
            "ref": f"{element}:2",
            "occurrence": 2,
            "state": "reserved" if mine else "ready",
            "owner_id": user if mine else None,
            "stage": "signing" if signing else "preparing",
            "returned": chance.random() < 0.05,
            "note": "Bổ sung số liệu" if sent_back and not signing else "",
            "priority": 2 if chance.random() < 0.05 else 5,
            "follow_up_on": NOON.date() + timedelta(days=chance.randrange(-5, 30))
            if chance.random() < 0.05
            else None,
        },
    ]


def _analyse() -> None:
    """As PostgreSQL does by itself after a while; SQLite never does, and knows nothing of its tables."""
    if db.engine.dialect.name != "postgresql":
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
