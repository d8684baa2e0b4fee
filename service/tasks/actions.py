"""What a person may do with a task now: the rules of `tasks.operations`, told before the button is pressed.

The operations decide; this only spares people buttons that would be refused.
"""

from __future__ import annotations

from forms.schema import Form
from service.identity.viewer import Viewer
from service.models import Role, Task

# In the order in which a page shows them.
ACTIONS = (
    "claim",
    "release",
    "save_draft",
    "add_file",
    "submit_for_signature",
    "sign",
    "send_back",
    "complete",
    "return",
)


def allowed_actions(task: Task, viewer: Viewer, form: Form | None) -> tuple[str, ...]:
    """The actions open to `viewer`, in the order of ACTIONS; none on a closed task or a round's."""
    if not task.is_open or task.completed_by_round:
        return ()
    prepares = viewer.seat_for_preparing(task.group, task.unit_id) is not None
    signer = viewer.seat_for_signing(task.group, task.unit_id, task.signer)
    signing = task.stage == "signing"
    mine = task.owner_id in (None, viewer.id)
    handles = signer is not None if signing else prepares or signer is not None
    writes = prepares and not signing and mine
    may = {
        "claim": handles and task.owner_id is None,
        "release": handles
        and task.owner_id is not None
        and (task.owner_id == viewer.id or (signer is not None and signer.role == Role.LEADER)),
        "save_draft": writes and form is not None,
        "add_file": prepares,
        "submit_for_signature": writes and task.signer == "leader",
        "sign": signer is not None and signing and task.prepared_by != viewer.id,
        "send_back": signer is not None and signing,
        "complete": signer is not None and task.signer != "leader" and mine,
        "return": signer is not None
        and form is not None
        and any(action.name == "return" for action in form.actions),
    }
    return tuple(action for action in ACTIONS if may[action])
