"""Two persons of xã Tân Thành, a commune for which the demo has no accounts."""

from service.demo.loader import PASSWORD
from service.identity.operations import add_user, give_role
from tests.builders import NOON


def appoint_commune_people() -> None:
    for username, role in (("tan-thanh-chuyenvien", "officer"), ("tan-thanh-lanhdao", "leader")):
        add_user(username=username, display_name=username, password=PASSWORD, now=NOON, must_change=False)
        give_role(username=username, role=role, unit_code="xa-tan-thanh", now=NOON)
