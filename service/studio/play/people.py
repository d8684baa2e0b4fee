"""Who acts in a played case: as in real life, nobody at two levels, and nobody signs what they prepared."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from service.errors import BadInput
from service.processes.queries import Procedure
from service.processes.separation import step_at_another_level
from service.studio.play.acts import LONGEST_PERSON, Act, person_of
from service.studio.play.played import OpenTask
from service.wording import _

WHO, SIGNER = "play-who", "play-signer"
# Names of people who are played become ids, so that the rule of live cases judges them.
_PLAYED = uuid.UUID("6f0f2d0e-58a8-4f0c-9b3e-7f3c6c1d2a10")
# {step: ids of those who acted there}, as a case's row keeps it.
Acts = Mapping[str, Sequence[str]]


def played_person(name: str) -> uuid.UUID:
    return uuid.uuid5(_PLAYED, name.casefold())


def refuse_people(acts: Acts, bundle: Procedure, task: OpenTask, act: Act) -> None:
    """Raises BadInput naming the field; people who were given no name have done nothing else."""
    fields: dict[str, list[str]] = {}
    for field, name in ((WHO, act.who), (SIGNER, act.signer)):
        if person_of(name) is None:
            fields[field] = [_("Tên không quá %(most)s ký tự.", most=LONGEST_PERSON)]
            continue
        before = _elsewhere(acts, bundle, task, name) if name else None
        if before is not None:
            fields[field] = [
                _(
                    "%(name)s đã xử lý bước “%(step)s” ở cấp khác; một người không xử lý ở hai cấp.",
                    name=name,
                    step=bundle.element_name(before),
                )
            ]
    if act.signer and task.signer == "none":
        fields.setdefault(SIGNER, []).append(_("Bước này không có người ký."))
    elif act.signer and played_person(act.signer) == played_person(act.who):
        fields.setdefault(SIGNER, []).append(_("Người soạn không tự ký; hãy chọn một người khác."))
    if fields:
        raise BadInput(" ".join(said for messages in fields.values() for said in messages), fields=fields)


def acts_with(acts: Acts, act: Act) -> dict[str, list[str]]:
    """`acts` once this step is done."""
    named = {str(played_person(name)) for name in (act.who, act.signer) if name}
    return {key: list(users) for key, users in acts.items()} | {
        act.what: sorted(named.union(acts.get(act.what, ())))
    }


def _elsewhere(acts: Acts, bundle: Procedure, task: OpenTask, name: str) -> str | None:
    level = task.groups[0] if task.groups else ""
    return step_at_another_level(acts, bundle, level, played_person(name))
