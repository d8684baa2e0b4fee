"""What a verification of the log asks whom to trust, and what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from witness.notes import Note, PublicKey

# Of what kind it is, where, and what is wrong.
Found: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class Finding:
    """The first bad place of its kind; `kind` is stable, `times` how many of it there are."""

    kind: str
    place: str
    sentence: str
    times: int = 1

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "place": self.place, "sentence": self.sentence, "times": self.times}


@dataclass
class Trust:
    """Whose signatures count. `log_keys` empty: those of the installation's own table.

    `current` is the public half of the key file of this machine, where there is one; `kept` are notes that
    others kept (the witness, an auditor, a bundle), with signatures of the log or of the witness.
    """

    log_keys: Sequence[PublicKey] = ()
    witness: PublicKey | None = None
    current: PublicKey | None = None
    kept: Sequence[Note] = ()


@dataclass
class Report:
    """What was looked at, how far a witness has signed, and what is wrong."""

    events: int = 0
    leaves: int = 0
    checkpoints: int = 0
    # Recorded after the last checkpoint, so not yet in the tree.
    pending: int = 0
    # (size, seconds since 1970) of the largest checkpoint that a witness has signed and that holds.
    cosigned: tuple[int, int] | None = None
    _first: dict[str, Found] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)

    def add(self, found: Iterable[Found]) -> None:
        for one in found:
            self._times[one[0]] += 1
            self._first.setdefault(one[0], one)

    @property
    def findings(self) -> list[Finding]:
        return [Finding(*one, times=self._times[kind]) for kind, one in self._first.items()]

    def as_json(self) -> dict[str, Any]:
        return {
            "whole": not self._first,
            "events": self.events,
            "leaves": self.leaves,
            "checkpoints": self.checkpoints,
            "pending": self.pending,
            "cosigned_size": self.cosigned[0] if self.cosigned else None,
            "cosigned_at": self.cosigned[1] if self.cosigned else None,
            "findings": [finding.as_json() for finding in self.findings],
        }
