"""Reads the demo's YAML as the loader finds it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parents[3] / "service" / "demo" / "data"
MINH_HOA, THI_DU = "minh-hoa", "thi-du"


@functools.cache
def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


def case(name: str) -> dict[str, Any]:
    return read(f"cases/{name}")


def answers(of: dict[str, Any], task: str) -> dict[str, Any]:
    """What counts in the end: the task's last completed act."""
    done = [s["answers"] for s in of["steps"] if s["task"] == task and s["answers"]["action"] == "complete"]
    return done[-1]


def entries(of: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Every (step, criterion, entry) of a case."""
    for step in of["steps"]:
        for criterion, entry in step["answers"].get("criteria", {}).items():
            yield step, criterion, entry
