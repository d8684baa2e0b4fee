"""The server killed at any moment: what it acknowledged is there, what it did not is not half there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.models import Case, Task
from tests.integration.service.scenes import looping_procedure, nothing_is_wrong

ROOT = Path(__file__).parents[3]
KILLS = 12

# Imports once; for every line it reads, a child of its own completes the one task of a looping case again and
# again, telling each task after its commit, until it is killed.
NURSERY = """
    import os
    import sys
    from pathlib import Path

    from sqlalchemy import select

    from service.app import create_core
    from service.database import db
    from service.models import Case
    from service.processes.queries import version_in_force
    from service.tasks.operations import complete_task
    from tests.builders import NOON, open_task, person
    from tests.integration.conftest import settings_for
    from tests.integration.service.scenes import a_case_of

    def work(url, folder):
        with create_core(settings_for(url, Path(folder))).app_context():
            officer = person("xa-thidu-chuyenvien")
            case_id = db.session.execute(select(Case.id)).scalar_one_or_none() or a_case_of("loop")
            print("working", os.getpid(), flush=True)
            while True:
                task_id = open_task(case_id, "work")
                complete_task(task_id=task_id, answers={"action": "again"}, by=officer, now=NOON)
                print("done", task_id, flush=True)

    # Children inherit what is compiled here; connections they open themselves.
    with create_core(settings_for(sys.argv[1], Path(sys.argv[2]))).app_context():
        version_in_force("loop", NOON.date())
        person("xa-thidu-chuyenvien")
        db.session.remove()
        db.engine.dispose()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work(*sys.argv[1:])
        os.waitpid(child, 0)
        print("dead", child, flush=True)
"""


@pytest.mark.soak  # on PostgreSQL, with every process, it is in tests/faults
def test_killed_at_random_moments_nothing_acknowledged_is_lost(core: Flask, tmp_path: Path):
    looping_procedure()
    chance = random.Random(1829)
    db.session.remove()
    acknowledged: list[str] = []
    nursery = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(NURSERY),
            f"sqlite:///{tmp_path / 'congnhan.db'}",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        for _ in range(KILLS):
            nursery.stdin.write("go\n")
            nursery.stdin.flush()
            said = nursery.stdout.readline().split()
            assert said[0] == "working"
            acknowledged += [nursery.stdout.readline().split()[1] for _ in range(chance.randint(0, 6))]
            time.sleep(chance.uniform(0, 0.02))  # somewhere within the next completion
            os.kill(int(said[1]), signal.SIGKILL)
            while (said := nursery.stdout.readline().split())[0] != "dead":
                acknowledged.append(said[1])
            assert nothing_is_wrong()
            db.session.remove()
        nursery.stdin.close()

    completed = {
        str(task_id)
        for task_id in db.session.execute(select(Task.id).where(Task.state == "completed")).scalars()
    }
    assert len(acknowledged) >= KILLS
    assert set(acknowledged) <= completed
    assert len(completed) - len(acknowledged) <= KILLS  # at most the one in flight each time
    assert db.session.execute(select(Case.rev)).scalar_one() == len(completed) + 1
