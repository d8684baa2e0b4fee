"""Holds every commit and every answer against the model, and at the end everything against everything."""

from __future__ import annotations

import uuid
from collections import defaultdict, deque
from typing import Any

import orjson

from service.cases.operations import RECOGNITION
from service.errors import CaseChangedMeanwhile, DomainError
from service.jobs.handlers import HANDLERS
from tests.sim.acts import WRITES, Act
from tests.sim.baton import Actor
from tests.sim.letters import Letters
from tests.sim.model import OF_ROUND, CaseModel, OpenTask, RoundModel, Violation, apply, settle
from tests.sim.scenery import BEGUN, LETTERS
from tests.sim.stored import Stored, described


class Judge:
    """The model of the whole installation, told of each commit in order."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.cases: dict[str, CaseModel] = {}
        self.rounds: dict[str, RoundModel] = {}
        # What signed acts of rounds owe, in order: (case id, step) → (act, round, action); each is taken away
        # by the one completion, or by the note that the case had ended before.
        self.owed: defaultdict[tuple[str, str], deque[tuple[str, str, str]]] = defaultdict(deque)
        self.letters = Letters()
        # The service catches what happens within a delivery or a timer: it must not swallow a violation.
        self.first: Violation | None = None

    def begin(self, cases: list[CaseModel]) -> None:
        self.cases = {case.id: case for case in cases}
        for case in cases:
            case.log = [(kind, str(data.get("element", ""))) for kind, data, _ in self.stored.chain(case.id)]
            self.agree(case)

    def committed(self, actor: Actor) -> None:
        """Called at the moment a commit is durable, before anybody else runs."""
        try:
            self._hold_against_the_model(actor)
        except Violation as violation:
            self.first = self.first or violation
            raise

    def _hold_against_the_model(self, actor: Actor) -> None:
        act: Act = actor.act
        act.written += 1
        self.letters.latest = max(act.now, self.letters.latest or act.now)
        for table, row in actor.written:
            if table == "round_delivery" and row is not None:
                self._noted(row)
            if table != "event" or row is None:
                continue
            data = orjson.loads(row["body"])["data"]
            if row["stream"] == "case":
                self._event_of_case(act, row, data)
            elif row["type"].startswith("round_"):
                self._event_of_round(row["type"], data)
            elif row["type"] == "message_expired":
                self.letters.expired(data, act.now)
        if act.kind == "save" and any(table == "draft" for table, _ in actor.written):
            self._draft_kept(act)
        if act.case is not None:
            self.agree(act.case)

    def _draft_kept(self, act: Act) -> None:
        assert act.case is not None
        task = act.case.tasks.get(act.element)
        if task is None:
            raise Violation(f"{act}: a draft kept for a task that is not open")
        if task.owner != act.who:
            raise Violation(f"{act}: a draft kept by who, by the log, does not hold the task")
        task.draft += 1
        act.case.version += 1

    def _event_of_case(self, act: Act, row: dict[str, Any], data: dict[str, Any]) -> None:
        case = self.cases.get(uuid.UUID(row["stream_id"]).hex)
        if row["type"] not in WRITES[act.kind] or (act.case is not None and act.case is not case):
            raise Violation(f"{act} wrote {row['type']} into another's chain")
        if row["type"] == "case_opened":
            procedure, commune, year = act.element.split("/")
            case = CaseModel(uuid.UUID(row["stream_id"]).hex, procedure, commune, int(year))
            self.cases[case.id] = case
        if case is None:
            raise Violation(f"{act} wrote {row['type']} for a case that nobody opened")
        element = str(data.get("element", ""))
        if row["type"] == "task_completed" and element in OF_ROUND:
            queue = self.owed[case.id, element]
            owed = queue.popleft()[2] if queue else None
            if owed != data["action"]:
                raise Violation(f"{act}: {element} completed by {data['action']!r}, owed was {owed!r}")
        apply(case, row["type"], data, act.who, act.now)
        if row["type"] == "task_completed":
            self.letters.completed(case, element)
        elif row["type"] == "message_caught":
            self.letters.caught(case, data)
        settle(case, self.stored.open_elements(case.id))
        if act.kind != "save":  # the draft itself is no event: looked at when it has been counted
            self.agree(case)

    def _noted(self, row: dict[str, Any]) -> None:
        """An act that could not complete a step any more is noted; only a case that has ended excuses it."""
        case = self.cases[row["case_id"].hex]
        if row["state"] != "refused":
            return
        if case.outcome is None:
            raise Violation(f"{case.commune}: an act of a round was given up, though the case goes on")
        for step in OF_ROUND:
            left = [one for one in self.owed[case.id, step] if one[0] != str(row["act_id"])]
            self.owed[case.id, step] = deque(left)

    def _event_of_round(self, kind: str, data: dict[str, Any]) -> None:
        round_id = uuid.UUID(data["round"]).hex
        if kind == "round_opened":
            self.rounds[round_id] = RoundModel(round_id)
            return
        round_ = self.rounds[round_id]
        rows = self.stored.rows("SELECT case_id FROM round_item WHERE round_id = ? AND live", round_id)
        wanted = {
            "round_signature_requested": ("gathering", "signing"),
            "round_returned_to_officer": ("signing", "gathering"),
            "round_submission_signed": ("signing", "submitted"),
            "round_decision_signed": ("submitted", "decided"),
        }.get(kind, ("gathering", "gathering"))
        if round_.state != wanted[0]:
            raise Violation(f"{kind} of a round that is {round_.state}")
        round_.state, round_.cases = wanted[1], {row[0] for row in rows}
        if not kind.endswith("_signed"):
            return
        for case, outcome in data["cases"].items():
            if outcome == "set_aside":
                continue
            step = OF_ROUND[0] if kind == "round_submission_signed" else OF_ROUND[1]
            # A case that was set aside has been proposed already: its Tờ trình need not be given twice.
            if step in self.cases[uuid.UUID(case).hex].tasks or step == OF_ROUND[1]:
                self._owe(uuid.UUID(case).hex, step, round_id, data["act"], outcome)

    def _owe(self, case: str, step: str, round_id: str, act: str, outcome: str) -> None:
        others = [one for of in OF_ROUND for one in self.owed[case, of] if one[1] != round_id]
        if others and self.cases[case].outcome is None:
            raise Violation(f"{self.cases[case].commune} was decided again while {others} was on its way")
        action = "complete" if step == OF_ROUND[0] else outcome
        self.owed[case, step].append((act, round_id, action))

    def answered(self, actor: Actor) -> None:
        """A command has come to its end: was it told the truth?"""
        act: Act = actor.act
        if actor.doomed:
            return
        if isinstance(actor.error, Violation):
            raise actor.error
        if actor.error is not None and not isinstance(actor.error, DomainError):
            raise Violation(f"{act} met {actor.error!r}") from actor.error
        untouched = act.case is not None and act.case.version == act.version
        if actor.error is not None:
            if act.written:
                raise Violation(f"{act} was refused ({actor.error!r}), but something was written")
            if act.legal and untouched:
                raise Violation(f"{act} was refused ({actor.error!r}), though nothing speaks against it")
            if isinstance(actor.error, CaseChangedMeanwhile) and untouched:
                raise Violation(f"{act} was told of a change that was none")
        elif act.legal is False and untouched and act.kind != "machine":
            raise Violation(f"{act} was let through, though it is not allowed")
        elif act.kind in ("submit", "sign", "send_back", "return", "complete", "waive", "save", "open") and (
            act.written != 1
        ):
            raise Violation(f"{act} was acknowledged, but {act.written} commits hold it")

    def agree(self, case: CaseModel) -> None:
        """The rows of a case are what the model says."""
        rows, model = self.stored.case(case.id), described(case)
        differing = [f"{key} is {rows[key]}, not {model[key]}" for key in rows if rows[key] != model[key]]
        if differing:
            where = f"{case.procedure}/{case.commune} after {case.log[-1:]}"
            raise Violation(f"{where}: {'; '.join(differing)}")

    def finally_true(self) -> None:
        """When all is quiet: chains as told, nothing owed, nothing waiting, nothing dead."""
        for case in self.cases.values():
            self.agree(case)
            told = [(kind, str(data.get("element", ""))) for kind, data, _ in self.stored.chain(case.id)]
            if told != case.log:
                raise Violation(f"{case.procedure}/{case.commune}: the chain says {told}, not {case.log}")
        owed = {key for key, queue in self.owed.items() if queue and self.cases[key[0]].outcome is None}
        if owed:
            raise Violation(f"acts of rounds that reached no case: {sorted(owed)}")
        query = "SELECT kind, state, attempts, last_error FROM outbox WHERE state NOT IN ('done', 'dropped')"
        left = [row for row in self.stored.rows(query) if row[0] in HANDLERS]
        if left:
            raise Violation(f"the outbox still holds {left}")
        known = {row[0] for row in self.stored.rows("SELECT id FROM case_file")}
        if known != set(self.cases):
            raise Violation(f"{len(known)} cases are stored, {len(self.cases)} were opened")
        messages = self.stored.rows("SELECT name, sender_case_id, state FROM message")
        self.letters.finally_true(messages, self.cases.values())  # type: ignore[arg-type]
        twice = self.stored.rows(
            "SELECT user_id, dedup_key, count(*) FROM notification GROUP BY 1, 2 HAVING count(*) > 1"
        )
        if twice:
            raise Violation(f"people told twice: {twice}")


def beginning(stored: Stored, at: Any) -> list[CaseModel]:
    """The model of the cases in the scenery."""
    query = (
        "SELECT c.id FROM case_file c JOIN unit u ON u.id = c.commune_id WHERE u.code = ? AND c.procedure = ?"
    )
    begun = [
        CaseModel(
            stored.rows(query, commune, RECOGNITION)[0][0],
            "recognition",
            commune,
            tasks={step: OpenTask()},
            last=at,
        )
        for commune, step in BEGUN
    ]
    for procedure, commune in LETTERS:
        case = CaseModel(stored.rows(query, commune, procedure)[0][0], procedure, commune, last=at)
        if procedure == "asking":
            case.tasks = {"write": OpenTask()}
        else:
            case.awaits = "question"
        begun.append(case)
    return begun
