"""kill -9 of web, worker, scheduler, Redis and database under load; hours of it in `./dev soak kills`."""

from __future__ import annotations

from tests.faults.installation import installed
from tests.faults.kills import FATES, kill_in_turn, settle_accounts, settle_in
from tests.faults.load import Load

ROUNDS, CLIENTS = len(FATES), 4


def test_whatever_is_killed_nothing_acknowledged_is_lost_and_nothing_is_done_twice():
    with installed() as installation:
        with Load(settle_in(installation, CLIENTS)) as load:
            kill_in_turn(installation, load, ROUNDS, seed=1829, most_between=4)
        account = settle_accounts(installation, load, ROUNDS)

    assert account.wrong == []
    assert (account.lost, account.doubled) == (0, 0), account.figures
    assert account.stored == account.acknowledged, account.figures
    assert account.notes_taken == account.notes_expected, account.figures
    assert account.problems == []
    assert account.acknowledged >= ROUNDS
