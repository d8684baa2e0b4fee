"""One-click mends of a draft's drawing: what the gate offered, done to what the modeler shows."""

from __future__ import annotations

from datetime import datetime

from service.engine.mending import NotMendable, mend
from service.errors import WrongState
from service.models import ProcessDraft
from service.studio.checking import problems_of
from service.wording import _


def mended(
    draft: ProcessDraft, *, diagram: bytes, wanted: tuple[object, ...], now: datetime
) -> tuple[str, bytes]:
    """(what was done, the drawing with it done) for the problem with this element, rule and message.

    Nothing is stored. Raises WrongState.
    The drawing is checked anew: only what the gate finds in it now, and offers to mend, is mended.
    """
    for problem in problems_of(draft, diagram=diagram, now=now):
        if problem.mend is not None and (problem.element, problem.rule, problem.message) == wanted:
            try:
                return problem.mend.label, mend(diagram, problem)
            except NotMendable:
                break
    raise WrongState(_("Vấn đề này không còn trong sơ đồ, hoặc không sửa giúp được. Hãy kiểm tra lại."))
