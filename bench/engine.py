"""What one completion costs in the engine alone: restore, move, serialise. Target 0.4 ms, flat to 1,000.

The loop is the one of the whole system's benchmark: a task with a boundary timer, then an exclusive
gateway that leads back. Measured at completions 1–20 and 991–1,010, alternately in one run.

Run: python bench/engine.py
"""

import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from service.engine.definition import Definition, compile_definition
from service.engine.runtime import complete, start
from service.engine.step import StepContext

TARGET_MS = 0.4
TARGET_RATIO = 1.3
WINDOW = 20
ROUNDS = 30
CONTEXT = StepContext(datetime(2023, 11, 20, 5, tzinfo=UTC))
LOOP = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="bench" targetNamespace="bench">
 <bpmn:process id="loop" isExecutable="true">
  <bpmn:startEvent id="opened"/>
  <bpmn:userTask id="prepare" name="Prepare" camunda:candidateGroups="commune" camunda:formKey="prepare"/>
  <bpmn:boundaryEvent id="late" attachedToRef="prepare" cancelActivity="false">
   <bpmn:timerEventDefinition><bpmn:timeDuration>P5D</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:endEvent id="reminded"/>
  <bpmn:exclusiveGateway id="complete_question" default="yes"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="begin" sourceRef="opened" targetRef="prepare"/>
  <bpmn:sequenceFlow id="remind" sourceRef="late" targetRef="reminded"/>
  <bpmn:sequenceFlow id="ask" sourceRef="prepare" targetRef="complete_question"/>
  <bpmn:sequenceFlow id="no" sourceRef="complete_question" targetRef="prepare">
   <bpmn:conditionExpression>prepare.action = "return"</bpmn:conditionExpression>
  </bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="yes" sourceRef="complete_question" targetRef="done"/>
 </bpmn:process>
</bpmn:definitions>"""


def after(definition: Definition, completions: int) -> bytes:
    """The state of a case that was returned so many times."""
    state = start(definition, CONTEXT).state
    for occurrence in range(1, completions + 1):
        state = complete(definition, state, f"prepare:{occurrence}", {"action": "return"}, CONTEXT).state
    return state


def window_ms(definition: Definition, state: bytes, first: int) -> list[float]:
    """Times of the completions from number `first`, starting from `state`."""
    times = []
    for occurrence in range(first, first + WINDOW):
        begun = time.perf_counter()
        state = complete(definition, state, f"prepare:{occurrence}", {"action": "return"}, CONTEXT).state
        times.append((time.perf_counter() - begun) * 1000)
    return times


def main() -> int:
    definition = compile_definition(LOOP)
    fresh, long_lived = after(definition, 0), after(definition, 990)
    early: list[float] = []
    late: list[float] = []
    for _ in range(ROUNDS):
        early += window_ms(definition, fresh, 1)
        late += window_ms(definition, long_lived, 991)
    at_10, at_1000 = statistics.median(early), statistics.median(late)
    ratio = at_1000 / at_10
    print(f"completion 10:    {at_10:.3f} ms (median of {len(early)}; target {TARGET_MS} ms)")
    print(f"completion 1,000: {at_1000:.3f} ms, {ratio:.2f} × (target {TARGET_RATIO} ×)")
    print(f"state:            {len(fresh)} bytes, after 990 returns {len(long_lived)} bytes")
    return 0 if at_10 <= TARGET_MS and ratio <= TARGET_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
