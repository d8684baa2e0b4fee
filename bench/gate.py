"""How long the gate takes for diagrams of people's size, and what hostile files cost until refused.

Each file is checked in a process of its own, from its bytes to the problems with their mends; time and
peak of memory are that process's; what Python and the gate's modules take is in the peak.

Run: ./dev bench gate
"""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

from bench.figures import Figure

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions'
    ' xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="bench">'
)
CODE = "__import__('os').system('true')"
# In the child: reads the file from its input, tells seconds, megabytes and the rules found.
CHILD = """
import json, resource, sys, time
from service.engine.check import check
xml = sys.stdin.buffer.read()
begun = time.perf_counter()
found = check(xml)
taken = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak /= 1024 * (1024 if sys.platform == "darwin" else 1)
errors = sorted({one.rule for one in found if one.severity == "error"})
print(json.dumps([taken, peak, errors]))
"""


def process(body: str) -> bytes:
    return f'{HEAD}<bpmn:process id="p" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def node(kind: str, identifier: str, inner: str = "", more: str = "") -> str:
    return f'<bpmn:{kind} id="{identifier}" name="{identifier}"{more}>{inner}</bpmn:{kind}>'


def flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    identifier = name or f"{source}-{target}"
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:sequenceFlow id="{identifier}" {ends}>{inner}</bpmn:sequenceFlow>'


def usual(elements: int) -> bytes:
    """Rounds of five: task, question with a way back, split, two tasks, join; nodes and flows."""
    body, last = [node("startEvent", "s")], "s"
    for n in range(elements // 14):  # 6 nodes and 8 flows in each
        body += [node("userTask", f"a{n}"), node("exclusiveGateway", f"q{n}", more=f' default="go{n}"')]
        body += [node("parallelGateway", f"f{n}"), node("userTask", f"b{n}"), node("userTask", f"c{n}")]
        body += [node("parallelGateway", f"j{n}"), flow(last, f"a{n}"), flow(f"a{n}", f"q{n}")]
        body += [
            flow(f"q{n}", f"a{n}", f"a{n}.again = true", f"back{n}"),
            flow(f"q{n}", f"f{n}", name=f"go{n}"),
        ]
        body += [
            flow(f"f{n}", f"b{n}"),
            flow(f"f{n}", f"c{n}"),
            flow(f"b{n}", f"j{n}"),
            flow(f"c{n}", f"j{n}"),
        ]
        last = f"j{n}"
    return process("".join([*body, node("endEvent", "e"), flow(last, "e")]))


def row(tasks: int, of: Callable[[int], str]) -> bytes:
    names = ["s", *(f"t{n}" for n in range(tasks)), "e"]
    body = [node("startEvent", "s"), *(of(n) for n in range(tasks)), node("endEvent", "e")]
    body += [flow(one, other) for one, other in pairwise(names)]
    return process("".join(body))


def coded(n: int) -> str:
    due = f' camunda:dueDate="{CODE}" camunda:followUpDate="{CODE}" camunda:expression="{CODE}"'
    timer = f"<bpmn:timerEventDefinition><bpmn:timeDate>{CODE}</bpmn:timeDate></bpmn:timerEventDefinition>"
    return node("intermediateCatchEvent", f"t{n}", timer) if n % 2 else node("userTask", f"t{n}", more=due)


def hostile() -> dict[str, bytes]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]><d>&l9;</d>'
    deep = "".join(f'<bpmn:subProcess id="s{n}">' for n in range(300)) + "</bpmn:subProcess>" * 300
    tricks = ("\u202e", "\u200b", "ａ", "а", "e\u0301")  # turned, invisible, wide, Cyrillic, combined
    return {
        "10 MB": b"<a>" + b"x" * 10_000_000 + b"</a>",
        "5,000 tasks without an end": row(5_000, lambda n: node("userTask", f"t{n}")).replace(
            b"endEvent", b"task"
        ),
        "300 levels deep": process(deep),
        "entity bomb": bomb.encode(),
        "code in 1,000 slots": row(500, coded),
        "1,000 ids with tricks": row(1_000, lambda n: node("userTask", f"t{n}{tricks[n % 5]}")),
        "not UTF-8": row(10, lambda n: node("userTask", f"t{n}")).decode().encode("utf-16"),
    }


def checked(xml: bytes) -> tuple[float, float, list[str]]:
    """Seconds, peak megabytes and the rules of the errors."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=xml, capture_output=True, check=True, timeout=100
    )
    taken, peak, rules = json.loads(done.stdout)
    return taken, peak, rules


def measure() -> list[Figure]:
    figures = []
    for elements, target in ((100, 1.0), (1_000, 10.0)):
        taken, _, rules = checked(usual(elements))
        figures.append(Figure(f"gate: {elements:,} elements, {len(rules)} errors", taken, "s", target))
    for name, xml in hostile().items():
        taken, peak, rules = checked(xml)
        figures.append(
            Figure(f"gate, hostile: {name}, refused for {', '.join(rules) or 'NOTHING'}", taken, "s", 5.0)
        )
        figures.append(Figure(f"gate, hostile: {name}, memory", peak, "MB", 500.0))
    return figures
