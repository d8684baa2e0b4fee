"""The commands of the witnessed log, with the scene in which each is tried (see tests.faults.commands)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

from service.audit.log_keys import ready_key, rotate_key
from service.audit.operations import SYSTEM
from service.audit.sequencing import Settling, keep_log, sequence_events, sign_checkpoint
from service.audit.witnessing import ask_witness
from service.exports.operations import export_case, export_cases
from tests.builders import NOON, an_open_case
from tests.integration.audit.logs import a_witness, keep_and_sign, settings

Act = Callable[[], object]
Scene = Callable[[], Act]


def _recorded() -> Act:
    an_open_case()
    return sequence_events


def _unsigned() -> Act:
    an_open_case()
    ready_key(settings(), NOON)
    sequence_events()
    return partial(sign_checkpoint, settings(), NOON)


def _signed() -> Act:
    an_open_case()
    keep_and_sign()
    return partial(ask_witness, settings(), a_witness(Path(mkdtemp())))


def _keeping() -> Act:
    an_open_case()
    return partial(keep_log, settings(), NOON, Settling())


def _exporting() -> Act:
    case_id = an_open_case()
    keep_and_sign()
    return partial(
        export_case,
        BytesIO(),
        case_id,
        "csv",
        viewer=None,
        minimised=False,
        witness=None,
        stored=Path(mkdtemp()),
        by=SYSTEM,
        now=NOON,
    )


def _exporting_all() -> Act:
    an_open_case()
    an_open_case("phuong-minh-hoa")
    everything = {"year": None, "procedure": None, "minimised": False}
    return lambda: export_cases(BytesIO(), "csv", **everything, by=SYSTEM, now=NOON)  # type: ignore[arg-type]


LOG_ATOMIC: dict[str, Scene] = {
    "audit.log_keys.ready_key": lambda: partial(ready_key, settings(), NOON),
    "audit.log_keys.rotate_key": lambda: partial(rotate_key, settings(), NOON),
    "audit.sequencing.sequence_events": _recorded,
    "audit.sequencing.sign_checkpoint": _unsigned,
    "audit.witnessing.ask_witness": _signed,
    "exports.operations.export_case": _exporting,
    "exports.operations.export_cases": _exporting_all,
}
LOG_STAGED: dict[str, Scene] = {
    # Leaves by the thousand, then the key where there is none yet, then the checkpoint.
    "audit.sequencing.keep_log": _keeping,
}
