"""The first version of a procedure: the files that the project itself carries."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from importlib import resources
from pathlib import Path

from service.audit.operations import SYSTEM, Actor
from service.processes.publishing import publish_version

CATALOGUE = "qd-1829"
FIRST_DAY = date(2022, 1, 1)


def packaged_diagram(name: str = "recognition") -> bytes:
    return resources.files("workflows.bpmn").joinpath(f"{name}.bpmn").read_bytes()


def packaged_forms() -> dict[str, bytes]:
    folder = resources.files("forms").joinpath("definitions")
    return {
        Path(str(entry)).stem: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.name.endswith(".form")
    }


def publish_packaged(
    *, legal_basis: str, effective_on: date = FIRST_DAY, by: Actor = SYSTEM, now: datetime
) -> uuid.UUID:
    """Publish the packaged recognition procedure; the same content again is the same version."""
    return publish_version(
        diagram=packaged_diagram(),
        forms=packaged_forms(),
        catalogue=CATALOGUE,
        legal_basis=legal_basis,
        effective_on=effective_on,
        by=by,
        now=now,
    )
