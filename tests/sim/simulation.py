"""One simulated stretch of time from one seed: the same seed is the same run, to the last statement.

Every tick draws from the seed and its own number alone, so that a run can be repeated without some of its
ticks: that is how a failure is made smaller.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from service.app import create_core
from service.audit.check import check_everything
from service.database import db
from service.jobs.background import Standing, one_pass
from service.jobs.handlers import HANDLERS
from service.processes import queries
from service.replay.history import read_history
from service.replay.reexecution import reexecute
from tests.builders import NOON
from tests.integration.conftest import settings_for
from tests.sim.acts import Act, act_on_case, machine, on_rounds, opening
from tests.sim.baton import LOCK, Actor, Baton
from tests.sim.judge import Judge, beginning
from tests.sim.model import OF_ROUND, CaseModel, Violation
from tests.sim.scenery import scenery
from tests.sim.seams import seams
from tests.sim.stored import Stored

AT_ONCE = 5
MACHINES = 3
LATEST = NOON + timedelta(days=300)  # the scenery's units and people are in force until 28/02/2025


@dataclass
class Report:
    """What a run was: its trace, what happened in it, and the violation, if there was one."""

    seed: int
    ticks: int
    trace: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    violation: str = ""
    acts: list[str] = field(default_factory=list)

    @property
    def figures(self) -> str:
        names = (
            "acknowledged",
            "refused",
            "killed",
            "power cuts",
            "clock jumps",
            "timers",
            "messages",
            "boundaries",
        )
        return ", ".join(f"{self.counts[name]:,} {name}" for name in names)


def simulate(seed: int, ticks: int, without: Collection[int] = (), *, each_commit: bool = False) -> Report:
    """Run ticks 0 … `ticks`-1 except `without`; a violation is in the report, not raised.

    `each_commit`: logs are held against what is stored, and computed anew, whenever somebody has ended.
    """
    report = Report(seed, ticks)
    with _world(seed) as world:
        world.each_commit = each_commit
        try:
            for tick in range(ticks):
                if tick not in without:
                    world.tick(random.Random(f"{seed} {tick}"))
            world.calm_down()
        except Violation as violation:
            report.violation = str(violation)
        report.trace, report.counts, report.acts = world.digest(), world.counts, world.told
    return report


@contextmanager
def _world(seed: int) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="congnhan-sim-") as name:
        folder = Path(name)
        shutil.copy(scenery() / "congnhan.db", folder / "congnhan.db")
        world = World(folder)
        queries._cache.clear()  # a run must not remember what an earlier one has read
        try:
            with seams(str(seed), world.clock, world.elapsed, world.sleep), world.baton.listening():
                yield world
                world.stop()
        finally:
            world.close()


class World:
    """The installation, its people and its misfortunes."""

    def __init__(self, folder: Path) -> None:
        self.core = create_core(settings_for(f"sqlite:///{folder / 'congnhan.db'}", folder))
        self.stored = Stored(folder / "congnhan.db")
        self.judge = Judge(self.stored)
        self.judge.begin(beginning(self.stored, NOON))
        self.baton = Baton(self.core, self.judge.committed)
        self.now: datetime = NOON
        self.seconds = 0.0
        self.machines = [Standing() for _ in range(MACHINES)]
        self.running: list[Actor] = []
        self.counts: Counter[str] = Counter()
        self.told: list[str] = []
        self.each_commit = False

    def clock(self) -> datetime:
        """A command keeps the time at which it began, as a request does."""
        return self.baton.current.act.now if self.baton.current else self.now

    def elapsed(self) -> float:
        """What a stopwatch shows: the clock may jump, time does not."""
        return self.seconds

    def _pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def sleep(self, _seconds: float) -> None:
        self.baton.boundary()

    def tick(self, chance: random.Random) -> None:
        self._pass_time(chance.randint(0, 20))
        fate = chance.random()
        if fate < 0.22 and len(self.running) < AT_ONCE:
            self._start(self._next_act(chance))
        elif fate < 0.234 and self.running:
            self._kill(chance.choice(self.running))
        elif fate < 0.236 and self.running:
            self.counts["power cuts"] += 1
            for actor in list(self.running):
                self._kill(actor)
        elif fate < 0.256:
            self._jump(chance)
        elif self.running:
            free = self.stored.free()
            able = [actor for actor in self.running if free or actor.waits_for != LOCK]
            if not able:
                raise Violation(f"all wait for the lock: {[str(actor.act) for actor in self.running]}")
            self._resume(chance.choice(able), chance.choice((1, 2, 3, 5, 12, 40)))

    def _next_act(self, chance: random.Random) -> Act:
        number, kind = len(self.told), chance.random()
        cases = list(self.judge.cases.values())
        if kind < 0.14:
            standing = chance.choice(self.machines)
            return machine(chance, number, standing, self.core.config["SETTINGS"], self.now)
        if kind < 0.34:
            waiting = [case.id for case in cases if set(case.tasks) & set(OF_ROUND)]
            return on_rounds(chance, number, list(self.judge.rounds.values()), waiting, self.now)
        small = [case for case in cases if case.procedure != "recognition"]
        if (kind < 0.42 and len(small) < 20) or not small:
            query = "SELECT c.procedure, u.code, c.year FROM case_file c JOIN unit u ON u.id = c.commune_id"
            return opening(chance, number, set(self.stored.rows(query)), self.now)  # type: ignore[arg-type]
        going = [case for case in cases if case.outcome is None] or cases
        return act_on_case(chance, number, chance.choice(going), self.now, self._task_id)

    def _task_id(self, case: CaseModel, element: str) -> uuid.UUID | None:
        found = self.stored.task_id(case.id, element)
        return uuid.UUID(found) if found else None

    def _start(self, act: Act) -> None:
        self.told.append(str(act))
        self.running.append(Actor(self.baton, act, act.work))

    def _resume(self, actor: Actor, turns: int) -> None:
        self.baton.resume(actor, turns)
        if self.judge.first is not None:
            raise self.judge.first
        if actor.ended:
            self.running.remove(actor)
            self._count(actor)
            self.judge.answered(actor)
            if self.each_commit:
                self._logs_agree()

    def _count(self, actor: Actor) -> None:
        if actor.doomed:
            self.counts["killed"] += 1
        elif actor.error is not None:
            self.counts["refused"] += 1
        elif actor.act.kind != "machine":
            self.counts["acknowledged"] += 1
            self.counts[f"acknowledged {actor.act.kind}"] += 1

    def _kill(self, actor: Actor) -> None:
        self.baton.kill(actor)
        self.running.remove(actor)
        if actor.act.standing in self.machines:
            self.machines[self.machines.index(actor.act.standing)] = (
                Standing()
            )  # a new process, knowing nothing
        self._count(actor)

    def _jump(self, chance: random.Random) -> None:
        """The clock set forward, by up to three days, or back, by up to one."""
        hours = chance.choice((-24, -3, -1, 1, 6, 13, 24, 49, 72))
        if NOON <= self.now + timedelta(hours=hours) <= LATEST:
            self.now += timedelta(hours=hours)
            self.counts["clock jumps"] += 1

    def calm_down(self) -> None:
        """Nothing falls any more: everybody finishes, the machines catch up, then everything must be true."""
        for _ in range(200_000):
            if not self.running:
                break
            free = self.stored.free()
            able = [actor for actor in self.running if free or actor.waits_for != LOCK]
            if not able:
                raise Violation(f"all wait for the lock: {[str(actor.act) for actor in self.running]}")
            self._resume(able[0], 50)
        else:
            raise Violation(f"{self.running[0].act} never ends")
        self.now = max(self.now, *(case.last or NOON for case in self.judge.cases.values()))
        for number in range(40):
            self._pass_time(7200)
            act = Act(len(self.told), "machine", "system", self.now, self._pass)
            self._start(act)
            self._resume(self.running[-1], 1_000_000)
            if self.running:
                raise Violation("a pass of the background alone waits for somebody")
            waiting = self.stored.rows("SELECT DISTINCT kind FROM outbox WHERE state = 'waiting'")
            # A sweep over messages may take a few passes to come round.
            if number >= 2 and not {row[0] for row in waiting} & set(HANDLERS):
                break
        self.counts["timers"] = sum(
            kind == "timer_fired" for case in self.judge.cases.values() for kind, _ in case.log
        )
        self.counts["messages"] = sum(
            letter.state == "delivered" for letter in self.judge.letters.all.values()
        )
        self.judge.finally_true()
        self._logs_agree()

    def _logs_agree(self) -> None:
        """What is stored is what the logs add up to, and every step computes to what was recorded."""
        with self.core.app_context():
            problems = list(check_everything())
            if not problems:
                histories = [read_history(uuid.UUID(case_id)) for case_id in self.judge.cases]
                found = [(history.case.code, reexecute(history)) for history in histories]
                problems = [f"{code}: {one}" for code, one in found if one.verdict != "matches"]
                self.counts["steps computed anew"] += sum(one.steps for _, one in found)
            db.session.remove()
        if problems:
            raise Violation(f"the logs do not agree: {problems}")

    def _pass(self) -> None:
        one_pass(self.core.config["SETTINGS"], self.machines[0])

    def stop(self) -> None:
        for actor in list(self.running):
            actor.doomed = True
            self.baton.resume(actor, 1_000_000)
        self.running = []

    def digest(self) -> str:
        """One number for the whole run: every statement in order, and every chain at its end."""
        self.counts["boundaries"] = self.baton.boundaries
        whole = self.baton.trace.copy()
        for row in self.stored.rows("SELECT hash FROM event ORDER BY stream, stream_id, seq"):
            whole.update(row[0])
        return whole.hexdigest()

    def close(self) -> None:
        self.stored.close()
        with self.core.app_context():
            db.session.remove()
            db.engine.dispose()
