"""What one completion costs in the engine alone: restore, move, serialise. Flat to 1,000.

The loop is the one of the whole system's benchmark: a task with a boundary timer, then an exclusive
gateway that leads back. Measured at completions 1–20 and 991–1,010, alternately in one run.

Run: ./dev bench engine
"""

import statistics
import time
from datetime import UTC, datetime

from bench.figures import Figure
from service.engine.definition import Definition, compile_definition
from service.engine.runtime import complete, start
from service.engine.step import StepContext

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


def measure() -> list[Figure]:
    definition = compile_definition(LOOP)
    fresh, long_lived = after(definition, 0), after(definition, 990)
    early: list[float] = []
    late: list[float] = []
    for _ in range(ROUNDS):
        early += window_ms(definition, fresh, 1)
        late += window_ms(definition, long_lived, 991)
    at_10, at_1000 = statistics.median(early), statistics.median(late)
    return [
        Figure("engine alone: one completion", at_10),
        Figure("engine alone: completion 1,000 : completion 10", at_1000 / at_10, "×", TARGET_RATIO),
    ]
