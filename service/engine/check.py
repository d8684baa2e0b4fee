"""The gate (being built)."""
from __future__ import annotations
from service.engine.diagram import Diagram, read_diagram
from service.engine.errors import InvalidDiagram, Problem

def problems_of(diagram: Diagram) -> list[Problem]:
    return []

def check(xml: bytes) -> list[Problem]:
    try:
        return problems_of(read_diagram(xml))
    except InvalidDiagram as refused:
        return list(refused.problems)
