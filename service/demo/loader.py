"""Loads the demo's reference data into an empty database: units, people, duties, dates, the first version."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, insert, select

from forms import load_form
from service.audit.operations import SYSTEM, record_administration
from service.calendars.operations import import_years
from service.calendars.pending import forget_pending
from service.cases.operations import open_assigned_cases
from service.clock import LOCAL, now, set_demo_clock
from service.config import DEMO_PASSWORD
from service.database import db, transaction
from service.demo.scenarios import keep_demo_scenarios
from service.dossiers.operations import add_evidence
from service.identity.operations import add_user, appoint, hash_password
from service.identity.queries import load_viewer, user_by_name
from service.identity.viewer import Viewer
from service.models import (
    Case,
    Deadline,
    IndexSet,
    MemberAssignment,
    Position,
    ProcedureDepartment,
    Quota,
    Task,
    Unit,
    UnitSuccession,
)
from service.notifications.announcements import announce_tasks
from service.processes.packaged import publish_packaged
from service.tasks.operations import save_draft

PASSWORD = DEMO_PASSWORD
START = datetime(2023, 11, 20, 8, 0, tzinfo=LOCAL)
DEMO_YEAR = 2023
CALENDAR_YEARS = range(2022, 2027)
PROCESS_OWNER = "quytrinh-so-tttt"
DEMO_COMMUNES = ("minh-hoa", "thi-du")


@cache
def data(name: str) -> Any:
    """A packaged file of `service/demo/data`, parsed."""
    return yaml.safe_load(resources.files("service.demo").joinpath("data", name).read_text(encoding="utf-8"))


def evidence_page() -> bytes:
    return resources.files("service.demo").joinpath("data", "minh-chung.pdf").read_bytes()


def is_loaded() -> bool:
    return bool(db.session.execute(select(func.count()).select_from(Unit)).scalar())


def load_reference_data(at: datetime = START) -> None:
    """Units, duties, deadlines, people and the packaged procedure, as of `at`. The database must be empty."""
    units = _load_units()
    _load_duties(units)
    import_years(years=CALENDAR_YEARS, now=at)
    forget_pending()
    hashed = hash_password(PASSWORD)
    for account in data("accounts.yaml")["accounts"]:
        _load_account(account, units, hashed, at)
    publish_packaged(legal_basis="Quyết định 1829/QĐ-UBND ngày 30/5/2023, Phụ lục 02", now=at)


def load_demo(files_dir: Path, largest_file: int) -> None:
    """What `congnhan serve --demo` shows: the clock at 20/11/2023, its cases open, two drafts begun.

    The recognition procedure comes with scenarios.
    """
    with transaction():
        load_reference_data()
    set_demo_clock(START)
    officer = viewer_named("so-tttt-chuyenvien", START)
    open_assigned_cases(year=DEMO_YEAR, by=officer, now=START)
    for name in DEMO_COMMUNES:
        _begin_self_assessment(name, files_dir, largest_file)
    announce_tasks(START, by_email=False)
    keep_demo_scenarios(viewer_named(PROCESS_OWNER, START), START)


def _load_units() -> dict[str, uuid.UUID]:
    ids: dict[str, uuid.UUID] = {}
    with transaction() as session:
        for unit in data("units.yaml")["units"]:
            ids[unit["code"]] = uuid.uuid4()
            session.execute(
                insert(Unit).values(
                    id=ids[unit["code"]],
                    code=unit["code"],
                    name=unit["name"],
                    kind=unit["kind"],
                    parent_id=ids[unit["parent"]] if unit["parent"] else None,
                    valid_from=unit["valid_from"],
                    valid_to=unit["valid_to"],
                    fictitious=unit.get("fictitious", False),
                    source=unit["source"],
                )
            )
        _insert_all(
            UnitSuccession,
            (
                {
                    "predecessor_id": ids[row["predecessor"]],
                    "successor_id": ids[row["successor"]],
                    "since": row["since"],
                    "legal_basis": row["legal_basis"],
                }
                for row in data("units.yaml").get("successions", ())
            ),
        )
        record_administration(
            session.connection(), "units_imported", {"count": len(ids), "source": "demo"}, by=SYSTEM, at=START
        )
    return ids


def _load_duties(units: Mapping[str, uuid.UUID]) -> None:
    with transaction():
        _insert_all(
            ProcedureDepartment,
            ({**row, "unit_id": units[row["unit"]]} for row in data("units.yaml")["procedure_departments"]),
            drop=("unit",),
        )
        _insert_all(
            Quota,
            (
                {"commune_id": units[row["commune"]], "year": row["year"], "source": row["source"]}
                for row in data("quota.yaml")["quotas"]
            ),
        )
        _insert_all(
            Deadline,
            (
                {
                    "id": uuid.uuid4(),
                    "procedure": row["procedure"],
                    "year": row["year"],
                    "element": row["element"],
                    "district_id": units[row["district"]] if row["district"] else None,
                    "last_day": row["last_day"],
                    "wording": row["text"],
                    "source": row["source"],
                }
                for row in data("deadlines.yaml")["deadlines"]
            ),
        )
        _insert_all(
            IndexSet,
            (
                {**row, "id": uuid.uuid4(), "maximum": Decimal(row["maximum"])}
                for row in data("index_sets.yaml")["index_sets"]
            ),
        )
        for member in data("province_members.yaml")["members"]:
            position = uuid.uuid4()
            _insert_all(
                Position,
                [
                    {
                        "id": position,
                        "code": member["position"],
                        "unit_id": units[member["unit"]],
                        "role": "member",
                        "title": member["title"],
                        "capacity": "",
                    }
                ],
            )
            _insert_all(
                MemberAssignment,
                [
                    {
                        "id": uuid.uuid4(),
                        "district_id": units[member["district"]],
                        "position_id": position,
                        "valid_from": member["valid_from"],
                        "valid_to": member["valid_to"],
                        "legal_basis": member["legal_basis"],
                    }
                ],
            )


def _load_account(
    account: Mapping[str, Any], units: Mapping[str, uuid.UUID], hashed: str, at: datetime
) -> None:
    with transaction() as session:
        code = account.get("position") or f"{account['unit']}/{account['username']}"
        if "position" not in account:
            session.execute(
                insert(Position).values(
                    id=uuid.uuid4(),
                    code=code,
                    unit_id=units[account["unit"]],
                    role=account["role"],
                    title=account["title"],
                    capacity=account.get("capacity", ""),
                )
            )
        add_user(
            username=account["username"],
            display_name=account["display_name"],
            password=PASSWORD,
            hashed=hashed,
            now=at,
            must_change=False,
            is_demo=True,
        )
        appoint(
            username=account["username"],
            position_code=code,
            valid_from=data("accounts.yaml")["valid_from"],
            now=at,
        )


def _insert_all(model: type, rows: Iterable[Mapping[str, Any]], drop: tuple[str, ...] = ()) -> None:
    cleaned = [{key: value for key, value in row.items() if key not in drop} for row in rows]
    if cleaned:
        db.session.execute(insert(model), cleaned)


def viewer_named(username: str, at: datetime) -> Viewer:
    user = user_by_name(username)
    if user is None:
        raise LookupError(f"the demo has no account {username!r}")
    return load_viewer(user.id, at)


def upload_evidence(
    task_id: uuid.UUID, story: Mapping[str, Any], by: Viewer, at: datetime, root: Path, largest: int
) -> dict[str, str]:
    """Upload each of a story's files for a task: {key in the story: file id}."""
    page = evidence_page()
    return {
        key: str(
            add_evidence(
                task_id=task_id,
                criterion=None,
                name=file["name"],
                stream=io.BytesIO(page),
                root=root,
                largest=largest,
                by=by,
                now=at,
            )
        )
        for key, file in story["files"].items()
    }


def with_file_ids(answers: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The story's answers with uploaded ids in place of the keys of `files`."""

    def replaced(value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: replaced(item, str(name)) for name, item in value.items()}
        if isinstance(value, list):
            if key == "evidence" or all(isinstance(item, str) and item in ids for item in value):
                return [ids.get(item, item) for item in value]
            return [replaced(item) for item in value]
        return value

    result: dict[str, Any] = replaced(answers)
    return result


def prepared_answers(step: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """What an officer hands up: the document gets its number and date when it is signed."""
    own = load_form(step["task"]).of_document.values()
    return {key: value for key, value in with_file_ids(step["answers"], ids).items() if key not in own}


def _begin_self_assessment(name: str, files_dir: Path, largest_file: int) -> None:
    """The draft on a commune officer's desk: the first act of the story, not yet handed up."""
    story = data(f"cases/{name}.yaml")
    first = story["steps"][0]
    task_id = db.session.execute(
        select(Task.id)
        .join(Case, Case.id == Task.case_id)
        .join(Unit, Unit.id == Case.commune_id)
        .where(Unit.code == story["commune"], Case.year == story["year"], Task.element == first["task"])
    ).scalar_one()
    officer = viewer_named(first["prepared_by"], START)
    ids = upload_evidence(task_id, story, officer, START, files_dir, largest_file)
    save_draft(task_id=task_id, answers=prepared_answers(first, ids), seen_rev=0, by=officer, now=now())
