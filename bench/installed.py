"""The real servers for measurements: PostgreSQL from its package, web processes beside it, what they cost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import text

from service.database import db
from tests.faults.installation import Installation, descendants, installed
from tests.faults.kills import core_of
from tests.faults.population import officers, own_case
from tests.integration.conftest import fill
from tests.integration.service.scenes import looping_procedure

TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def installed_with_loops(
    clients: int, web_processes: int = 1
) -> Iterator[tuple[Installation, list[tuple[str, str]]]]:
    """An installation whose web is running, and (token, case id) of that many officers at looping cases."""
    with installed(web_processes=web_processes) as installation:
        fill(installation.database_url, installation.folder / "files")
        with core_of(installation).app_context():
            looping_procedure("P90D")
            seats = officers(clients)
            communes = len({one.commune for one in seats})
            # A case for each: those of one commune have one of another year.
            people = [
                (one.token, str(own_case("loop", one, year=2022 + number // communes)))
                for number, one in enumerate(seats)
            ]
            assert len({case for _, case in people}) == clients
            db.session.execute(text("ANALYZE"))
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        installation.start("web")
        yield installation, people


def cpu_seconds(installation: Installation, name: str) -> float:
    """What a server and everything it has started have used so far, the ended ones included."""
    pid = installation.processes[name].pid
    return sum(_used(process) for process in [pid, *descendants(pid)])


def seconds_on_processors(installation: Installation, name: str) -> float:
    """What a server's living processes have used so far, exactly: `cpu_seconds` knows hundredths."""
    pid = installation.processes[name].pid
    return sum(map(_on_processor, [pid, *descendants(pid)]))


def _on_processor(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split(maxsplit=1)[0]) / 1e9
    except OSError:
        return 0.0


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK


def stolen_seconds() -> float:
    """Processor time that was due to this machine and that its host gave to another, so far: the steal of
    /proc/stat. A latency measured meanwhile is partly the neighbours'."""
    return int(Path("/proc/stat").read_text().split(maxsplit=9)[8]) / TICK


@contextmanager
def on_postgresql() -> Iterator[Installation]:
    """An application context over reference data on PostgreSQL, without any process of ours running yet."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with installed() as installation:
        fill(installation.database_url, installation.folder / "files")
        with core_of(installation).app_context():
            try:
                yield installation
            finally:
                db.session.remove()
                db.engine.dispose()
