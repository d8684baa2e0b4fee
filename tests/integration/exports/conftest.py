"""The demo's two decided cases, by people with names of their own; nothing that is exported changes them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select, update

from service.app import create_core
from service.audit.operations import SYSTEM
from service.database import db, table_of, transaction
from service.demo.story import play
from service.exports.operations import export_case, export_cases
from service.identity.viewer import Viewer
from service.models import Case, User
from tests.builders import NOON
from tests.integration.audit.logs import witnessed
from tests.integration.conftest import settings_for
from tests.integration.conftest import within as within_app
from witness.notes import PublicKey


@dataclass(frozen=True)
class Decided:
    """`recognised` came back once on its way, `refused` was not recognised in the end."""

    recognised: uuid.UUID
    refused: uuid.UUID


@pytest.fixture(scope="session")
def decided_installation(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database and the files of the demo told to its end, signed and cosigned."""
    folder = tmp_path_factory.mktemp("decided")
    shutil.copy(sqlite_template, folder / "congnhan.db")
    settings = settings_for(f"sqlite:///{folder / 'congnhan.db'}", folder)
    for _app in within_app(create_core(settings)):
        name_people()
        play(settings.files_dir, settings.largest_file)
        db.session.commit()
        witnessed(folder)
    return folder


@pytest.fixture
def decided(decided_installation: Path) -> Iterator[Decided]:
    settings = settings_for(f"sqlite:///{decided_installation / 'congnhan.db'}", decided_installation)
    for _app in within_app(create_core(settings)):
        found = dict(db.session.execute(select(Case.outcome, Case.id)).all())
        db.session.rollback()
        yield Decided(found["commune_recognised"], found["commune_not_recognised"])


def name_people() -> None:
    """The demo calls its people by their seats; here each is called by a name that is found nowhere else."""
    users = table_of(User)
    with transaction() as session:
        for number, (user_id,) in enumerate(session.execute(select(users.c.id).order_by(users.c.id)).all()):
            name = f"Hoàng Thị Lê Vy {number:02}"
            session.execute(update(users).where(users.c.id == user_id).values(display_name=name))


def exported(
    case_id: uuid.UUID,
    kind: str,
    *,
    viewer: Viewer | None = None,
    minimised: bool = False,
    witness: PublicKey | None = None,
) -> bytes:
    target = BytesIO()
    export_case(
        target,
        case_id,
        kind,
        viewer=viewer,
        minimised=minimised,
        witness=witness,
        stored=current_app.config["SETTINGS"].files_dir,
        by=viewer.actor() if viewer else SYSTEM,
        now=NOON,
    )
    return target.getvalue()


def all_exported(kind: str, *, minimised: bool = False, **filters: Any) -> tuple[int, bytes]:
    """(how many cases, the log)."""
    target = BytesIO()
    wanted = {"year": None, "procedure": None, **filters}
    count = export_cases(target, kind, **wanted, minimised=minimised, by=SYSTEM, now=NOON)
    return count, target.getvalue()
