"""The service broken in known ways: the simulation must find each within a few seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import bindparam, or_, text, update

import service.jobs.outbox
import service.jobs.timers
import service.processes.steps
import service.rounds.delivery
import service.tasks.completion
import service.tasks.operations
from service.database import transaction
from service.processes import statements
from tests.sim.shrink import numbers, told
from tests.sim.simulation import Report, simulate

TICKS, SEEDS = 700, range(12)
Patch = pytest.MonkeyPatch


def the_guard_on_the_revision_is_gone(patch: Patch) -> None:
    """Whoever comes second overwrites the first one's state."""
    case, columns = statements.CASE, statements.MOVE_CASE.compile().params
    seen = bindparam("seen_rev")
    anything = or_(case.c.rev == seen, case.c.rev != seen)
    unguarded = update(case).where(case.c.id == bindparam("of_case"), anything)
    names = set(columns) - {"of_case", "seen_rev"}
    patch.setattr(
        service.processes.steps, "MOVE_CASE", unguarded.values({name: bindparam(name) for name in names})
    )


def a_round_forgets_one_of_its_cases(patch: Patch) -> None:
    """An act of a round leaves no outbox row for its last case."""
    for module in (service.rounds.proposal, service.rounds.decision):
        real = module.send_to_cases
        patch.setattr(
            module,
            "send_to_cases",
            lambda session, act, items, now, real=real: real(session, act, items[:-1], now),
        )


def a_timer_stays_set_after_it_fired(patch: Patch) -> None:
    def fire_twice(timer_id: Any, now: Any, real: Callable[..., bool] = service.jobs.timers._fire) -> bool:
        fired = real(timer_id, now)
        if fired:
            with transaction() as session:
                session.execute(text("UPDATE timer SET state = 'set' WHERE id = :id"), {"id": timer_id.hex})
        return fired

    patch.setattr(service.jobs.timers, "_fire", fire_twice)


def a_timer_fires_before_its_time(patch: Patch) -> None:
    from datetime import timedelta

    real = service.jobs.timers.fire_due
    patch.setattr("service.jobs.background.fire_due", lambda now, *more: real(now + timedelta(days=1), *more))


def an_opened_task_is_on_no_worklist(patch: Patch) -> None:
    """Every fourth step forgets its rows."""
    real, steps = service.processes.steps.task_row, [0]

    def forgetful(*arguments: Any) -> dict[str, Any]:
        steps[0] += 1
        row = real(*arguments)
        return row | {"state": "exited"} if steps[0] % 4 == 0 else row

    patch.setattr(service.processes.steps, "task_row", forgetful)


def an_answer_comes_before_the_commit(patch: Patch) -> None:
    """Every fifth transaction of a task is acknowledged and then rolled back."""
    seen = [0]

    @contextmanager
    def forgetful() -> Iterator[Any]:
        with transaction() as session:
            yield session
            seen[0] += 1
            if seen[0] % 5 == 0:
                session.rollback()
                session.info.pop("writing", None)

    patch.setattr(service.tasks.operations, "transaction", forgetful)
    patch.setattr(service.tasks.completion, "transaction", forgetful)


def a_delivery_does_not_look_whether_it_was_made(patch: Patch) -> None:
    """A dispatcher that died after its delivery leaves the row to the next one, which delivers again."""
    patch.setattr(service.rounds.delivery, "_delivered", lambda *_: False)
    patch.setattr(service.rounds.delivery, "_note", lambda *_: (_ for _ in ()).throw(LookupError("no task")))


def anybody_may_sign_what_they_prepared_and_take_what_is_taken(patch: Patch) -> None:
    """The rows of a task are changed without a look at what they were."""

    def unguarded(connection: Any, row: Any, **values: Any) -> None:
        from service.models import Task

        connection.execute(update(Task).where(Task.id == row.task_id).values(**values))

    real = service.tasks.operations.open_task
    stale: dict[Any, Any] = {}

    def remembered(connection: Any, task_id: Any, viewer: Any) -> Any:
        # A page opened long ago: the first look at a task is believed for ever.
        return stale.setdefault(task_id, real(connection, task_id, viewer))

    patch.setattr(service.tasks.operations, "_change", unguarded)
    patch.setattr(service.tasks.operations, "open_task", remembered)


BROKEN = (
    the_guard_on_the_revision_is_gone,
    a_round_forgets_one_of_its_cases,
    a_timer_stays_set_after_it_fired,
    a_timer_fires_before_its_time,
    an_opened_task_is_on_no_worklist,
    an_answer_comes_before_the_commit,
    a_delivery_does_not_look_whether_it_was_made,
    anybody_may_sign_what_they_prepared_and_take_what_is_taken,
)


def first_failure() -> Report | None:
    return next((report for seed in SEEDS if (report := simulate(seed, TICKS)).violation), None)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_service_broken_in_this_way_is_found(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[Patch], None]
):
    broken(monkeypatch)

    assert first_failure() is not None


def test_a_failure_prints_a_smaller_run_that_fails_too(monkeypatch: pytest.MonkeyPatch):
    an_opened_task_is_on_no_worklist(monkeypatch)
    monkeypatch.setattr(service.processes.steps, "task_row", _never_open(service.processes.steps.task_row))
    report = simulate(0, 120)

    said = told(report, within_seconds=4)

    assert "SIM_SEED=0 SIM_TICKS=120" in said
    without = numbers(said.split("SIM_WITHOUT=")[1].split()[0])
    assert len(without) > 60
    assert simulate(0, 120, without).violation


def _never_open(real: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    return lambda *arguments: real(*arguments) | {"state": "exited"}
