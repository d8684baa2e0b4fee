"""Histories of earlier versions: folded to what those versions stored, computed anew to what they wrote.

Where a version's outcomes come out otherwise today, docs/replay.md lists it, and so does LISTED.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from service.app import create_core
from service.audit.check import check_everything
from service.audit.folding import fold
from service.cli.within import upgrade_database
from service.database import db
from service.models import Case
from service.replay.history import read_history
from service.replay.reexecution import Verdict, reexecute
from tests.integration.conftest import settings_for
from tests.integration.test_upgrades import unpacked

ROOT = Path(__file__).parents[3]
KEPT = sorted(path.name.partition(".")[0] for path in (ROOT / "tests/data/upgrades").glob("*.sqlite3.gz"))
LISTED: dict[str, set[str]] = {}


@pytest.mark.parametrize("version", KEPT)
def test_a_history_of_that_version_folds_and_computes_to_itself(version: str, tmp_path: Path):
    with create_core(settings_for(unpacked(version, tmp_path), tmp_path)).app_context():
        upgrade_database()
        assert list(check_everything()) == []
        cases = list(db.session.scalars(select(Case)))
        assert len(cases) >= 5
        for case in cases:
            history = read_history(case.id)
            folded = fold(event.body for event in history.events)
            stored = (case.rev, case.status, case.outcome, case.active, case.variables)
            assert (folded.seq, folded.status, folded.outcome, folded.active, folded.variables) == stored
            found = reexecute(history)
            expected = Verdict.CODE_CHANGED if case.code in LISTED.get(version, ()) else Verdict.MATCHES
            assert found.verdict is expected, (case.code, found)
        db.session.remove()
        db.engine.dispose()


def test_the_same_answer_under_another_hash_seed_time_zone_and_locale(tmp_path: Path):
    url = unpacked(KEPT[-1], tmp_path)
    with create_core(settings_for(url, tmp_path)).app_context():
        upgrade_database()
        codes = list(db.session.execute(select(Case.code).order_by(Case.code)).scalars())
        db.session.remove()
        db.engine.dispose()

    def told(**variables: str) -> list[str]:
        """What the command says of each case, and how it ends."""
        script = (
            "import sys\nfrom service.cli.audit_replay import replay\n"
            "for code in sys.argv[1:]:\n"
            "    print(replay.main([code, '--json'], standalone_mode=False))\n"
        )
        environment = {**os.environ, "DATABASE_URL": url, "CONGNHAN_DATA": str(tmp_path), **variables}
        answer = subprocess.run(
            [sys.executable, "-c", script, *codes],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == ""
        return answer.stdout.splitlines()

    here = told(PYTHONHASHSEED="1", TZ="Asia/Ho_Chi_Minh", LC_ALL="C.UTF-8")
    assert here == told(PYTHONHASHSEED="4242", TZ="America/Anchorage", LC_ALL="C", PYTHONUTF8="1")
    assert here.count('    "verdict": "matches",') == len(codes)
