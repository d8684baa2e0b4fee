"""The commands of the witnessed log, with the scene in which each is tried (see tests.faults.commands)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from service.audit.bundles import export_bundle
from service.audit.log_keys import ready_key, rotate_key
from service.audit.operations import SYSTEM
from service.audit.sequencing import Settling, keep_log, sequence_events, sign_checkpoint
from service.audit.witnessing import ask_witness
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
    return partial(export_bundle, case_id, witness=None, by=SYSTEM, now=NOON)


LOG_ATOMIC: dict[str, Scene] = {
    "audit.bundles.export_bundle": _exporting,
    "audit.log_keys.ready_key": lambda: partial(ready_key, settings(), NOON),
    "audit.log_keys.rotate_key": lambda: partial(rotate_key, settings(), NOON),
    "audit.sequencing.sequence_events": _recorded,
    "audit.sequencing.sign_checkpoint": _unsigned,
    "audit.witnessing.ask_witness": _signed,
}
LOG_STAGED: dict[str, Scene] = {
    # Leaves by the thousand, then the key where there is none yet, then the checkpoint.
    "audit.sequencing.keep_log": _keeping,
}
