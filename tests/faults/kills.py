"""Kill everything in turn under load, then hold what is stored against what was acknowledged."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import func, select

from service import clock
from service.app import create_core
from service.audit.check import check_everything
from service.database import db
from service.models import Event, Message, OutboxRow, Task
from tests.faults.installation import PROCESSES, Installation
from tests.faults.load import Client, Load
from tests.faults.population import noting_procedure, officers, own_case, tasks_of, writing_procedure
from tests.integration.conftest import fill, settings_for

# What may happen in a round. Redis holds nothing that is not in the database as well.
FATES = ("web", "database", "worker", "scheduler", "redis", "emptied")
QUIET_SECONDS = 300


@dataclass
class Account:
    """What the clients were told, and what was found in the end."""

    rounds: int
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    not_acknowledged: int = 0
    notes_expected: int = 0
    notes_taken: int = 0
    bells: int = 0
    longest_seconds: float = 0.0
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def figures(self) -> str:
        return (
            f"{self.rounds} kills: {self.acknowledged:,} completions acknowledged, {self.stored:,} stored, "
            f"{self.lost} lost, {self.doubled} doubled; {self.notes_taken:,} of {self.notes_expected:,} "
            f"messages taken, {self.bells:,} timers fired; longest wait for an acknowledgement "
            f"{self.longest_seconds:.1f} s; db check: {len(self.problems)} problems; told {dict(self.told)}"
        )


def settle_in(installation: Installation, clients: int) -> list[Client]:
    """Tables, people, cases; then web, worker and scheduler begin."""
    fill(installation.database_url, installation.folder / "files")
    with core_of(installation).app_context():
        writing_procedure()
        noting_procedure(bell=True)
        people = officers(clients)
        made = []
        for number, one in enumerate(people):
            # Opened now by the servers' clock: else the bell has years of minutes to make up for.
            own_case("noting", one, at=clock.now())
            case_id = own_case("writing", one, at=clock.now())
            assert tasks_of(case_id) == [uuid.uuid5(case_id, "work:1")]
            made.append(Client(installation.site, one.token, case_id, "work", number))
        db.session.remove()
        db.engine.dispose()
    installation.start(*PROCESSES)
    return made


def core_of(installation: Installation) -> Flask:
    folder = installation.folder / "files"
    folder.mkdir(exist_ok=True)
    return create_core(settings_for(installation.database_url, folder))


def kill_in_turn(
    installation: Installation, load: Load, rounds: int, seed: int, most_between: int = 12
) -> None:
    """Each round waits for a random number of completions, kills, waits a moment, and starts it again."""
    chance = random.Random(seed)
    order: list[str] = []
    for _ in range(rounds):
        order = order or chance.sample(FATES, len(FATES))
        fate = order.pop()
        load.wait_for_more(chance.randint(1, most_between))
        time.sleep(chance.uniform(0, 0.05))  # somewhere within a request, not just after one
        if fate == "emptied":
            installation.empty_redis()
            continue
        installation.kill(fate)
        time.sleep(chance.uniform(0, 0.3))
        installation.start(fate)
        if fate == "database":
            _restart_what_gave_up(installation)
    load.wait_for_more(len(load.clients))


def _restart_what_gave_up(installation: Installation) -> None:
    """What a service manager does (compose: restart: always)."""
    for name in PROCESSES:
        if installation.processes[name].poll() is not None:
            installation.start(name)


def settle_accounts(installation: Installation, load: Load, rounds: int) -> Account:
    """Wait until the outbox is empty, then compare every client's word with the rows."""
    account = Account(rounds, acknowledged=load.acknowledged)
    for one in load.clients:
        account.told += one.told
        account.wrong += one.wrong
        account.longest_seconds = max(account.longest_seconds, one.longest_seconds)
    with core_of(installation).app_context():
        _wait_until_delivered()
        for one in load.clients:
            completed = Counter(
                db.session.execute(
                    select(Event.body).where(
                        Event.stream_id == str(one.case_id), Event.type == "task_completed"
                    )
                ).scalars()
            )
            ids = set(
                db.session.execute(
                    select(Task.id).where(Task.case_id == one.case_id, Task.state == "completed")
                ).scalars()
            )
            account.stored += len(ids)
            account.lost += len(set(one.acknowledged) - ids)
            account.doubled += (
                sum(completed.values()) - len(ids) + len(one.acknowledged) - len({*one.acknowledged})
            )
            account.not_acknowledged += len(ids - set(one.acknowledged))
        account.notes_expected = account.stored
        account.notes_taken = _count(Event.type == "message_caught")
        account.bells = _count(Event.type == "timer_fired")
        account.problems = list(check_everything())
        db.session.remove()
        db.engine.dispose()
    return account


def _count(condition: object) -> int:
    return db.session.execute(select(func.count(Event.position)).where(condition)).scalar_one()  # type: ignore[arg-type]


def _wait_until_delivered() -> None:
    end = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < end:
        db.session.rollback()
        waiting = select(func.count()).where(OutboxRow.state == "waiting")
        on_their_way = select(func.count()).where(Message.state == "waiting")
        if not db.session.execute(waiting).scalar_one() and not db.session.execute(on_their_way).scalar_one():
            return
        time.sleep(0.2)
