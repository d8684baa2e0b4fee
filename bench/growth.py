"""Whether a case stays quick and small however often it comes back, and what the usual way does meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.figures import Figure, milliseconds, paired_ratio, seconds_of
from bench.ground import LoopCase, ground
from bench.usual_way import UsualCase
from service.database import db
from service.engine.definition import compile_definition
from service.engine.runtime import start
from service.engine.step import StepContext
from service.models import Case

FEW, MANY, RETURNS = 10, 1000, 3000
PAIRS = 80
# The usual way would need minutes for more: each completion costs more than the last.
USUAL_COMPLETIONS = 50


def measure() -> list[Figure]:
    with ground():
        long_lived, seconds = LoopCase(0), 0.0
        for _ in range(MANY - PAIRS // 2):
            seconds += completed(long_lived)
        few, many = pairs(long_lived)
        seconds += sum(many)
        while long_lived.completions < RETURNS:
            seconds += completed(long_lived)
        completed(long_lived, "complete")
        case = db.session.get_one(Case, long_lived.case_id)
        finished, largest = case.status == "finished", long_lived.largest_state
        usual = UsualCase(db.engine, LoopCase(11))
        for _ in range(USUAL_COMPLETIONS):
            last = seconds_of(usual.complete)
            usual.look()
        usual_size = usual.state_size()
    return [
        Figure(f"completion {FEW:,} of a case", milliseconds(few)),
        Figure(f"completion {MANY:,} of a case", milliseconds(many)),
        Figure(f"completion {MANY:,} : completion {FEW}", paired_ratio(many, few), "×", 1.3),
        Figure(f"completion {USUAL_COMPLETIONS} of a case on the usual way", last * 1000),
        Figure(f"a case of {RETURNS:,} returns left unfinished", 0 if finished else 1, "", 0),
        Figure(f"the {RETURNS:,} returns took", seconds, "s"),
        Figure("state of a case with one open task, at most", largest / 1024, "KB", 4),
        Figure("state per further open task with a timer", state_per_token(), "B", 400),
        Figure(f"state on the usual way after {USUAL_COMPLETIONS}", usual_size / 1024, "KB"),
    ]


def pairs(long_lived: LoopCase) -> tuple[list[float], list[float]]:
    """Alternately: young cases around their 10th completion and the old one around its 1,000th."""
    few, many, number, young = [], [], 0, None
    for _ in range(PAIRS):
        if young is None or young.completions >= FEW + 5:
            number += 1
            young = LoopCase(number)
            while young.completions < FEW - 5:
                completed(young)
        few.append(completed(young))
        many.append(completed(long_lived))
    return few, many


def completed(case: LoopCase, action: str = "return") -> float:
    seconds = seconds_of(lambda: case.complete(action))
    case.look()
    return seconds


def state_per_token() -> float:
    context = StepContext(datetime(2023, 11, 20, 5, tzinfo=UTC))
    one, nine = (len(start(compile_definition(fan(branches)), context).state) for branches in (2, 10))
    return (nine - one) / 8


def fan(branches: int) -> bytes:
    """That many tasks open at once, each with its own boundary timer."""
    flows, elements = [], []
    for number in range(branches):
        work, late = f"verify_step_{number}", f"step_{number}_late"
        elements.append(
            f'<bpmn:userTask id="{work}" name="Thẩm tra" camunda:candidateGroups="commune"/>'
            f'<bpmn:boundaryEvent id="{late}" attachedToRef="{work}" cancelActivity="false">'
            f"<bpmn:timerEventDefinition><bpmn:timeDuration>P30D</bpmn:timeDuration></bpmn:timerEventDefinition>"
            f'</bpmn:boundaryEvent><bpmn:endEvent id="reminded_{number}"/>'
        )
        flows += [("split", work), (work, "join"), (late, f"reminded_{number}")]
    lines = [
        f'<bpmn:sequenceFlow id="f{place}" sourceRef="{source}" targetRef="{target}"/>'
        for place, (source, target) in enumerate([("opened", "split"), *flows, ("join", "done")])
    ]
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="urn:cong-nhan:bench">'
        '<bpmn:process id="bench_fan" isExecutable="true"><bpmn:startEvent id="opened"/>'
        '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/><bpmn:endEvent id="done"/>'
        f"{''.join(elements)}{''.join(lines)}</bpmn:process></bpmn:definitions>"
    ).encode()
