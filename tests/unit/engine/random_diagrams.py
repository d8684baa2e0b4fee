"""Random block-structured diagrams, sound by construction, and random ways through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from service.engine.codec import Record
from service.engine.definition import Definition, compile_definition
from service.engine.live import Action, Live
from service.engine.runtime import catching, completing, failing, finishing, firing, signalling
from service.engine.step import RuleOutcome, StepContext
from tests.unit.engine.drawing import NOON, Drawing

Block = tuple  # ("kind", parts…); nested tuples so that Hypothesis can shrink and print them
LEAVES = (
    "task",
    "job",
    "rule",
    "wait",
    "message",
    "remind",
    "cycle",
    "deadline",
    "choice_of_events",
    "team",
    "queue",
    "failing_job",
    "nudge",
    "pressed",
    "told",
    "broadcast",
    "signal",
    "hurried",
    "halted",
    "choice_of_signals",
    "receive",
    "sent",
)
# What a task may be answered with, before an inclusive gateway too.
ONE = {"go": {"go": 1}, "stop": {"go": 0}}
SEVERAL = {
    "go": {"go": 1, "also": 1},
    "stop": {"go": 0, "also": 0},
    "only": {"go": 1, "also": 0},
    "also": {"go": 0, "also": 1},
}
HEARING = frozenset({"signal", "hurried", "halted", "choice_of_signals", "call_with_signal"})
# One name for all: a signal then reaches several events of a case at once.
SIGNAL = "all"


def blocks() -> st.SearchStrategy[Block]:
    leaf = st.sampled_from(LEAVES).map(lambda kind: (kind,))

    def larger(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        return st.one_of(
            st.tuples(st.just("sequence"), inner, inner),
            st.tuples(st.just("either"), inner, inner),
            st.tuples(st.just("both"), inner, inner),
            st.tuples(st.just("some"), inner, inner),
            st.tuples(st.just("failing"), inner),
            st.tuples(st.just("repeat"), inner),
            st.tuples(st.just("sub"), inner),
            st.tuples(st.just("sub_with_timer"), inner),
            st.tuples(st.just("stoppable"), inner),
            st.tuples(st.just("call"), inner),
            st.tuples(st.just("call_with_signal"), inner),
        )

    return st.recursive(leaf, larger, max_leaves=6)


@dataclass
class Draughtsman:
    """Draws blocks; each returns where its token enters and where it leaves."""

    count: int = 0
    drawing: Drawing = field(default_factory=Drawing)
    called: dict[str, bytes] = field(default_factory=dict)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def question(self) -> tuple[str, str]:
        """A task that asks and the gateway that turns on its answer."""
        asked, gateway = self.drawing.task(self.name("ask")), self.name("question")
        self.drawing.xor(gateway, default=f"{gateway}_default")
        self.drawing.flow(asked, gateway)
        return asked, gateway

    def draw(self, block: Block) -> tuple[str, str]:
        kind, *parts = block
        method: Callable[..., tuple[str, str]] = getattr(self, f"draw_{kind}")
        return method(*parts)

    def draw_task(self) -> tuple[str, str]:
        task = self.drawing.task(self.name("task"))
        return task, task

    def draw_job(self) -> tuple[str, str]:
        job = self.drawing.job(self.name("job"))
        return job, job

    def draw_rule(self) -> tuple[str, str]:
        name = self.name("rule")
        self.drawing.rule(name, f"{name}_result")
        return name, name

    def draw_wait(self) -> tuple[str, str]:
        event = self.drawing.catch(self.name("wait"), self.drawing.timer("timeDuration", "P1D"))
        return event, event

    def draw_message(self) -> tuple[str, str]:
        name = self.name("message")
        self.drawing.catch(name, self.drawing.message(name))
        return name, name

    def draw_remind(self) -> tuple[str, str]:
        return self._beside("timeDuration", "P3D")

    def draw_cycle(self) -> tuple[str, str]:
        return self._beside("timeCycle", "R2/P1D")

    def _beside(self, form: str, text: str) -> tuple[str, str]:
        task = self.drawing.task(self.name("task"))
        reminder = self.drawing.boundary(
            self.name("reminder"), task, self.drawing.timer(form, text), interrupting=False
        )
        self.drawing.chain(
            reminder, self.drawing.job(self.name("job")), self.drawing.end(self.name("reminded"))
        )
        return task, task

    def draw_nudge(self) -> tuple[str, str]:
        task = self.drawing.task(self.name("task"))
        name = self.name("nudge")
        self.drawing.boundary(name, task, self.drawing.message(name), interrupting=False)
        self.drawing.chain(name, self.drawing.end(self.name("nudged")))
        return task, task

    def draw_pressed(self) -> tuple[str, str]:
        """Three boundary events on one task: a repeating timer, a nudge, and one that ends it."""
        task, merge = self.drawing.task(self.name("task")), self.drawing.xor(self.name("merge"))
        timer, nudge, ended = self.name("reminder"), self.name("nudge"), self.name("ended")
        cycle = self.drawing.timer("timeCycle", "R/P1D")
        self.drawing.boundary(timer, task, cycle, interrupting=False)
        self.drawing.boundary(nudge, task, self.drawing.message(nudge), interrupting=False)
        self.drawing.boundary(ended, task, self.drawing.message(ended))
        self.drawing.chain(timer, self.drawing.end(self.name("reminded")))
        self.drawing.chain(nudge, self.drawing.end(self.name("nudged")))
        self.drawing.chain(task, merge)
        self.drawing.chain(ended, merge)
        return task, merge

    def draw_told(self) -> tuple[str, str]:
        task, name = self.drawing.task(self.name("task")), self.name("told")
        properties = {"toProcedure": "other", "payload_n": f"{task}.go", "expiresAfter": "P1M"}
        self.drawing.throw(name, self.drawing.message(name), **properties)
        self.drawing.flow(task, name)
        return task, name

    def draw_sent(self) -> tuple[str, str]:
        task, name = self.drawing.task(self.name("task")), self.name("sent")
        self.drawing.message(name)
        self.drawing.node(
            "sendTask",
            name,
            self.drawing.properties({"toProcedure": "other", "payload.n": f"{task}.go"}),
            messageRef=f"message_{name}",
        )
        self.drawing.flow(task, name)
        return task, name

    def draw_receive(self) -> tuple[str, str]:
        """A task that waits for a message, with a nudge beside it and a deadline that ends it."""
        name, merge = self.name("receive"), self.drawing.xor(self.name("merge"))
        nudge, late = self.name("nudge"), self.name("late")
        self.drawing.message(name)
        self.drawing.node("receiveTask", name, messageRef=f"message_{name}")
        self.drawing.boundary(nudge, name, self.drawing.message(nudge), interrupting=False)
        self.drawing.boundary(late, name, self.drawing.timer("timeDuration", "P9D"))
        self.drawing.chain(nudge, self.drawing.end(self.name("nudged")))
        self.drawing.chain(name, merge)
        self.drawing.chain(late, merge)
        return name, merge

    def draw_broadcast(self) -> tuple[str, str]:
        """A task beside a branch of its own that ends by telling everybody."""
        split, name = self.drawing.parallel(self.name("split")), self.name("broadcast")
        task = self.drawing.task(self.name("task"))
        self.drawing.throwing_end(name, self.drawing.signal(SIGNAL), payload_on="today()")
        self.drawing.chain(split, task)
        self.drawing.chain(split, self.drawing.task(self.name("task")), name)
        return split, task

    def draw_signal(self) -> tuple[str, str]:
        name = self.drawing.catch(self.name("heard"), self.drawing.signal(SIGNAL))
        return name, name

    def draw_hurried(self) -> tuple[str, str]:
        task, name = self.drawing.task(self.name("task")), self.name("hurried")
        self.drawing.boundary(name, task, self.drawing.signal(SIGNAL), interrupting=False)
        self.drawing.chain(name, self.drawing.end(self.name("hurried_end")))
        return task, task

    def draw_halted(self) -> tuple[str, str]:
        task = self.drawing.task(self.name("team"), self.drawing.instances(2))
        return self._halting(task)

    def _halting(self, activity: str, signal: str = SIGNAL) -> tuple[str, str]:
        """`activity` with a signal that interrupts it; both ways meet."""
        merge, name = self.drawing.xor(self.name("merge")), self.name("halted")
        self.drawing.boundary(name, activity, self.drawing.signal(signal))
        self.drawing.chain(activity, merge)
        self.drawing.chain(name, self.drawing.task(self.name("wind_up")), merge)
        return activity, merge

    def draw_choice_of_signals(self) -> tuple[str, str]:
        gateway, merge = self.drawing.event_gateway(self.name("either")), self.drawing.xor(self.name("merge"))
        other = self.name("other")
        for name, signal in ((self.name("heard"), SIGNAL), (other, other)):
            self.drawing.catch(name, self.drawing.signal(signal))
            self.drawing.chain(gateway, name, merge)
        return gateway, merge

    def draw_deadline(self) -> tuple[str, str]:
        task, merge = self.drawing.task(self.name("task")), self.drawing.xor(self.name("merge"))
        late = self.drawing.boundary(self.name("late"), task, self.drawing.timer("timeDate", "2023-12-05"))
        self.drawing.chain(task, merge)
        self.drawing.chain(late, self.drawing.task(self.name("escalated")), merge)
        return task, merge

    def draw_failing_job(self) -> tuple[str, str]:
        job, merge = self.drawing.job(self.name("job")), self.drawing.xor(self.name("merge"))
        failed = self.drawing.boundary(self.name("failed"), job, self.drawing.error("broken"))
        self.drawing.chain(job, merge)
        self.drawing.chain(failed, self.drawing.task(self.name("mend")), merge)
        return job, merge

    def draw_choice_of_events(self) -> tuple[str, str]:
        gateway, merge = self.drawing.event_gateway(self.name("either")), self.drawing.xor(self.name("merge"))
        name = self.name("message")
        self.drawing.catch(name, self.drawing.message(name))
        timer = self.drawing.catch(self.name("timer"), self.drawing.timer("timeDuration", "P7D"))
        self.drawing.chain(gateway, name, merge)
        self.drawing.chain(gateway, timer, merge)
        return gateway, merge

    def draw_team(self) -> tuple[str, str]:
        task = self.drawing.task(self.name("team"), self.drawing.instances(3))
        return task, task

    def draw_queue(self) -> tuple[str, str]:
        task = self.drawing.task(self.name("queue"), self.drawing.instances(2, sequential=True))
        late = self.drawing.boundary(
            self.name("late"), task, self.drawing.timer("timeDuration", "P9D"), interrupting=False
        )
        self.drawing.chain(late, self.drawing.end(self.name("noted")))
        return task, task

    def draw_sequence(self, first: Block, second: Block) -> tuple[str, str]:
        (entry, middle), (following, leave) = self.draw(first), self.draw(second)
        self.drawing.flow(middle, following)
        return entry, leave

    def draw_either(self, first: Block, second: Block) -> tuple[str, str]:
        asked, gateway = self.question()
        merge = self.drawing.xor(self.name("merge"))
        for block, condition in ((first, f"{asked}.go = 1"), (second, None)):
            entry, leave = self.draw(block)
            self.drawing.flow(gateway, entry, condition, f"{gateway}_default" if condition is None else "")
            self.drawing.flow(leave, merge)
        return asked, merge

    def draw_both(self, first: Block, second: Block) -> tuple[str, str]:
        split, join = self.drawing.parallel(self.name("split")), self.drawing.parallel(self.name("join"))
        for block in (first, second):
            entry, leave = self.draw(block)
            self.drawing.flow(split, entry)
            self.drawing.flow(leave, join)
        return split, join

    def draw_some(self, first: Block, second: Block) -> tuple[str, str]:
        """An inclusive gateway: both ways, the second alone, or neither."""
        asked, gateway, join = self.drawing.task(self.name("ask")), self.name("which"), self.name("gathered")
        for name, default in ((gateway, {"default": f"{gateway}_default"}), (join, {})):
            self.drawing.node("inclusiveGateway", name, **default)
        self.drawing.flow(asked, gateway)
        for block, condition in ((first, f"{asked}.go = 1"), (second, f"{asked}.also = 1")):
            entry, leave = self.draw(block)
            self.drawing.flow(gateway, entry, condition)
            self.drawing.flow(leave, join)
        self.drawing.flow(gateway, join, identifier=f"{gateway}_default")
        return asked, join

    def draw_failing(self, body: Block) -> tuple[str, str]:
        """A sub-process that an error ends from within: somebody gives up, or a job in it fails."""

        def beside(entry: str) -> str:
            split = self.drawing.parallel(self.name("split"))
            asked, gateway = self.question()
            given_up = self.drawing.node("endEvent", self.name("given_up"), self.drawing.error("broken"))
            self.drawing.flow(gateway, given_up, f"{asked}.go = 1")
            self.drawing.flow(
                gateway, self.drawing.end(self.name("went_on")), identifier=f"{gateway}_default"
            )
            self.drawing.chain(split, entry)
            self.drawing.chain(split, asked)
            return split

        name, merge = self._sub(body, beside)[0], self.drawing.xor(self.name("merge"))
        failed = self.drawing.boundary(self.name("failed"), name, self.drawing.error("broken"))
        self.drawing.chain(name, merge)
        self.drawing.chain(failed, self.drawing.task(self.name("mend")), merge)
        return name, merge

    def draw_repeat(self, body: Block) -> tuple[str, str]:
        again = self.drawing.xor(self.name("again"))
        entry, leave = self.draw(body)
        asked, gateway = self.question()
        merge = self.drawing.xor(self.name("after"))
        self.drawing.chain(again, entry)
        self.drawing.chain(leave, asked)
        self.drawing.flow(gateway, again, f"{asked}.go = 1")
        self.drawing.flow(gateway, merge, identifier=f"{gateway}_default")
        return again, merge

    def draw_sub(self, body: Block) -> tuple[str, str]:
        return self._sub(body, lambda entry: entry)

    def _sub(self, body: Block, before: Callable[[str], str]) -> tuple[str, str]:
        name, outer = self.name("sub"), self.drawing
        self.drawing = Drawing()
        self.drawing.flows = 1_000 * self.count
        entry, leave = self.draw(body)
        self.drawing.chain(self.drawing.start(f"{name}_start"), before(entry))
        self.drawing.chain(leave, self.drawing.end(f"{name}_end"))
        inside, self.drawing = self.drawing, outer
        self.drawing.sub(name, inside)
        return name, name

    def draw_call(self, body: Block) -> tuple[str, str]:
        name, outer = self.name("call"), self.drawing
        self.drawing = Drawing(f"{name}_process")
        self.drawing.flows = 1_000 * self.count
        entry, leave = self.draw(body)
        self.drawing.chain(self.drawing.start(f"{name}_start"), entry)
        self.drawing.chain(leave, self.drawing.end(f"{name}_end"))
        self.called[self.drawing.process] = self.drawing.xml()
        self.drawing = outer
        self.drawing.call(name, f"{name}_process")
        return name, name

    def draw_call_with_signal(self, body: Block) -> tuple[str, str]:
        name, _ = self.draw_call(body)
        # What waits inside for the signal that interrupts it from outside would never be reached.
        return self._halting(name, self.name("stop") if _hears(body) else SIGNAL)

    def draw_call_interrupted_alike(self, body: Block) -> tuple[str, str]:
        """Of no use in `blocks`: what waits inside for the signal that ends it from outside is refused."""
        name, _ = self.draw_call(body)
        return self._halting(name)

    def draw_sub_with_timer(self, body: Block) -> tuple[str, str]:
        name, _ = self.draw_sub(body)
        merge = self.drawing.xor(self.name("merge"))
        late = self.drawing.boundary(self.name("late"), name, self.drawing.timer("timeDuration", "P30D"))
        self.drawing.chain(name, merge)
        self.drawing.chain(late, self.drawing.task(self.name("escalated")), merge)
        return name, merge

    def draw_stoppable(self, body: Block) -> tuple[str, str]:
        """A sub-process that a message ends at once, whatever runs in it."""
        split = self.name("split")
        name = self.name("stop")

        def wrapped() -> None:
            self.drawing.catch(name, self.drawing.message(name))
            self.drawing.chain(name, self.drawing.end(f"{name}_end", terminate=True))

        sub = self.name("stoppable")
        outer = self.drawing
        self.drawing = Drawing()
        self.drawing.flows = 1_000 * self.count
        self.drawing.parallel(split)
        entry, leave = self.draw(body)
        self.drawing.chain(self.drawing.start(f"{sub}_start"), split, entry)
        wrapped()
        self.drawing.flow(split, name)
        self.drawing.chain(leave, self.drawing.end(f"{sub}_end", terminate=True))
        inside, self.drawing = self.drawing, outer
        self.drawing.sub(sub, inside)
        return sub, sub


def _hears(block: Block) -> bool:
    """Whether anything in it waits for `SIGNAL`."""
    kind, *parts = block
    return kind in HEARING or any(_hears(part) for part in parts)


def drawn(block: Block) -> bytes:
    """The BPMN file of a block between a start and an end."""
    return drawn_with_calls(block)[0]


def drawn_with_calls(block: Block) -> tuple[bytes, dict[str, bytes]]:
    """The file of a block, and the files of the processes that it calls."""
    draughtsman = Draughtsman()
    entry, leave = draughtsman.draw(block)
    drawing = draughtsman.drawing
    drawing.chain(drawing.start(), entry)
    drawing.chain(leave, drawing.end())
    return drawing.xml(), draughtsman.called


def compiled(block: Block) -> Definition:
    xml, called = drawn_with_calls(block)
    return compile_definition(xml, called)


def rules_of(definition: Definition) -> StepContext:
    outcome = RuleOutcome("yes", "theo quy tắc", {"given": "1"})
    return StepContext(
        NOON, rules={topic: lambda _facts, _variables: outcome for topic in definition.rule_topics}
    )


def _with_errors(
    records: list[Record], errors: Mapping[str, str], outside: tuple[str, ...]
) -> Iterator[tuple[Record, tuple[str, ...]]]:
    """Every record with the codes that are caught for it, by its own events or further out."""
    for record in records:
        caught = (*outside, *(errors[wait["e"]] for wait in record.get("w", ()) if wait["e"] in errors))
        yield record, caught
        yield from _with_errors(record.get("s", []), errors, caught)


def _asking(definition: Definition) -> set[str]:
    """The tasks whose answers an inclusive gateway turns on."""
    return {
        name.partition(".")[0]
        for gateway, choices in definition.program.choices.items()
        if definition.elements[gateway].type == "inclusiveGateway"
        for choice in choices
        for name in choice.names
    }


def possible(definition: Definition, live: Live) -> list[tuple[str, Action]]:
    """Everything somebody could do now, in an order that does not depend on the tree."""
    program = definition.program
    found: list[tuple[str, Action]] = []
    signals: dict[str, None] = {}
    asking = _asking(definition)
    for record, caught in _with_errors(live.state.tokens, program.errors, ()):
        element = record["e"]
        for occurrence in record.get("i", [record["n"]] if "n" in record else []):
            ref = f"{element}:{occurrence}"
            if element in program.topics:
                found.append((f"job {ref}", finishing(ref, {"ok": True})))
                if "broken" in caught:
                    found.append((f"fail {ref}", failing(ref, "broken")))
            elif element in definition.tasks:
                found.extend(
                    (f"task {ref} {name}", completing(ref, answers))
                    for name, answers in (SEVERAL if element in asking else ONE).items()
                )
        for wait in [record, *record.get("w", ())]:
            if "at" in wait:
                found.append((f"timer {wait['e']}", firing(f"{wait['e']}:{wait['n']}")))
            elif wait["e"] in program.messages:
                found.append((f"message {wait['e']}", catching(program.messages[wait["e"]], {"said": "yes"})))
            elif wait["e"] in program.signals:
                signals[program.signals[wait["e"]]] = None
    found.extend((f"signal {name}", signalling(name, {"said": "all"})) for name in signals)
    return found
