"""Playing a course from its beginning: what live cases do, on a state that is forgotten afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from service.models import ProcessDraft
from service.studio.play.acts import Act, CourseRefused
from service.studio.play.ground import Ground, compiled, ground_for
from service.studio.play.played import Played
from service.studio.play.player import Player


def play_draft(
    draft: ProcessDraft, acts: Sequence[Act], *, day: date, diagram: bytes | None = None
) -> Played:
    """The course played on the draft, or on `diagram` in its place; `day` is today. Writes nothing.

    Raises CourseRefused naming the act, BadDefinition where the draft cannot be run yet.
    """
    return replay(ground_for(compiled(draft, day, diagram), acts[0]), acts)


def replay(ground: Ground, acts: Sequence[Act]) -> Played:
    """Raises CourseRefused naming the act."""
    played, refused = play_on(ground, acts)
    if refused is not None:
        raise refused
    return played


def play_on(ground: Ground, acts: Sequence[Act]) -> tuple[Played, CourseRefused | None]:
    """As far as the course goes, and why it goes no further."""
    player = Player(ground)
    for number, act in enumerate(acts, 1):
        try:
            player.do(number, act)
        except CourseRefused as refused:
            return player.told(), refused
    return player.told(), None
