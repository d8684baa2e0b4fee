"""Whom a step can be given to: the levels of a case, and the agencies that an administrator has entered."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from service.database import db
from service.engine.definition import Definition
from service.identity.viewer import FIXED_GROUPS
from service.models import Unit, UnitKind
from service.vietnamese import sort_key
from service.wording import Words, marked

# The levels in the order in which a dossier passes them.
LEVELS: Mapping[str, str] = Words(
    {
        "commune": marked("UBND cấp xã"),
        "district": marked("UBND cấp huyện"),
        "province_member": marked("Thành viên Ban Chỉ đạo tỉnh"),
        "department": marked("Sở TTTT"),
        "chairman": marked("Chủ tịch UBND tỉnh"),
    }
)
SIGNERS: Mapping[str, str] = Words(
    {
        "none": marked("Không ký"),
        "leader": marked("Lãnh đạo đơn vị"),
        "member": marked("Thành viên Ban Chỉ đạo"),
        "chairman": marked("Chủ tịch UBND tỉnh"),
    }
)
# Who can sign for a group (see identity.viewer); for every other one its leader.
SIGNER_OF = {"province_member": "member", "chairman": "chairman"}


@dataclass(frozen=True)
class Group:
    """`key` is what a diagram writes in camunda:candidateGroups, `signer` who can sign for it."""

    key: str
    name: str
    signer: str


def signer_of(group: str) -> str:
    return SIGNER_OF.get(group, "leader")


def groups_on(day: date) -> dict[str, Group]:
    """{key: group} of the levels and of the agencies in force on `day`, by name."""
    agencies = db.session.scalars(select(Unit).where(Unit.kind == UnitKind.AGENCY.value))
    named = {key: LEVELS[key] for key in LEVELS} | {
        unit.code: unit.name
        for unit in sorted(agencies, key=lambda unit: (sort_key(unit.name), unit.code))
        if unit.in_force_on(day)
    }
    return {key: Group(key, name, signer_of(key)) for key, name in named.items()}


def agency_names(groups: Collection[str]) -> dict[str, str]:
    """{group: name} of those among `groups` that are agencies, in force or not."""
    return {unit.code: unit.name for unit in _agencies(groups)}


def agency_units(groups: Collection[str]) -> dict[str, uuid.UUID]:
    """{group: unit} of those among `groups` that are agencies; asks nothing where there is none."""
    return {unit.code: unit.id for unit in _agencies(groups)}


def groups_named(definition: Definition) -> frozenset[str]:
    """Groups that tasks are given to, or that are told something."""
    told = {properties.get("group", "") for properties in definition.job_properties.values()}
    return frozenset(told | {group for task in definition.tasks.values() for group in task.groups})


def _agencies(groups: Collection[str]) -> list[Unit]:
    wanted = sorted(set(groups) - FIXED_GROUPS - {""})
    if not wanted:
        return []
    query = select(Unit).where(Unit.kind == UnitKind.AGENCY.value, Unit.code.in_(wanted))
    return list(db.session.scalars(query.order_by(Unit.code)))
