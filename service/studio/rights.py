"""Who may draw, approve and publish; and what a new version changes of who acts, sees and is kept out."""

from __future__ import annotations

from service.errors import NotAllowed
from service.identity.viewer import Seat, Viewer
from service.models import Role
from service.wording import _


def owner_seat(viewer: Viewer) -> Seat:
    """The seat from which somebody owns procedures; raises NotAllowed."""
    seat = next((one for one in viewer.seats if one.role == Role.PROCESS_OWNER), None)
    if seat is None:
        raise NotAllowed(_("Chỉ người quản lý quy trình soạn, phê duyệt và ban hành quy trình."))
    return seat
