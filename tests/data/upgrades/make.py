"""Makes a stored database of an earlier version: run by that version's own code, kept for ever.

    git archive COMMIT | tar -x -C /tmp/old
    cd /tmp/old && PYTHONPATH=. …/.venv/bin/python …/tests/data/upgrades/make.py 0002   # beside this file
    git archive COMMIT -- service evaluation forms workflows ':(exclude)service/web/static' \\
        ':(exclude)*.md' | xz -9e > …/tests/data/upgrades/0002-code.tar.xz

0001 is commit 3619a28, before "Solid ground"; 0002 is 615626c, the last before the tables of 0003; 0006 is
de2c725, whose histories are kept without its code. A folder
as second word takes the database instead. Its cases: phuong-minh-hoa 2023 at self_assess with a draft;
xa-thi-du 2024 at member_opinion, 2025 at department_verify, 2023 at department_submit in a round being
gathered; phuong-minh-hoa 2024 withdrawn; and one of a looping procedure with a timer.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from pathlib import Path

import structlog

from service.app import create_core
from service.cases.operations import open_case, withdraw_case
from service.cli.within import upgrade_database
from service.database import db
from service.demo.loader import load_reference_data
from service.migrations.schema import stored
from service.rounds.operations import add_cases, open_round
from service.tasks.operations import save_draft
from tests.builders import NOON, open_task, person, unit_id
from tests.integration.conftest import settings_for
from tests.integration.service.scenes import (
    a_case_of,
    all_met,
    looping_procedure,
    nothing_is_wrong,
    step_done,
)

COMMUNES = {
    "xa-thi-du": "xa-thidu-chuyenvien",
    "phuong-minh-hoa": "xa-minhhoa-chuyenvien",
    "phuong-ngoc-trao": "xa-ngoctrao-chuyenvien",
}
STEPS = ("self_assess", "district_appraise", "member_opinion", "district_consolidate", "department_verify")


def a_case(commune: str, year: int, until: str) -> object:
    case_id = open_case(commune_id=unit_id(commune), year=year, by=person(COMMUNES[commune]), now=NOON)
    for element in STEPS:
        if element == until:
            break
        step_done(case_id, element, all_met(element))
    return case_id


def make() -> None:
    first = a_case("phuong-minh-hoa", 2023, "self_assess")
    save_draft(
        task_id=open_task(first, "self_assess"),
        answers=all_met("self_assess"),
        seen_rev=0,
        by=person("xa-minhhoa-chuyenvien"),
        now=NOON,
    )
    a_case("xa-thi-du", 2024, "member_opinion")
    a_case("xa-thi-du", 2025, "department_verify")
    submitted = a_case("xa-thi-du", 2023, "")
    officer = person("so-tttt-chuyenvien")
    round_id = open_round(year=2023, by=officer, now=NOON)
    add_cases(round_id=round_id, case_ids=[submitted], by=officer, now=NOON)
    withdrawn = a_case("phuong-minh-hoa", 2024, "self_assess")
    withdraw_case(case_id=withdrawn, reason="Chưa đủ điều kiện", by=person("xa-minhhoa-lanhdao"), now=NOON)
    a_case_of(looping_procedure(), year=2023)
    assert nothing_is_wrong()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    if len(sys.argv) not in (2, 3):
        sys.exit("make.py REVISION [FOLDER], from the folder of that revision's own code")
    folder_of_all = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent
    target = folder_of_all / f"{sys.argv[1]}.sqlite3.gz"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "congnhan.db"
        with create_core(settings_for(f"sqlite:///{path}", Path(folder))).app_context():
            upgrade_database()
            with db.engine.connect() as connection:
                if (made := stored(connection)) != sys.argv[1]:
                    sys.exit(f"the code in this folder makes {made}, not {sys.argv[1]}")
            load_reference_data()
            make()
            db.session.remove()
            with db.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
        with path.open("rb") as source, gzip.GzipFile(target, "wb", mtime=0) as packed:
            shutil.copyfileobj(source, packed)
