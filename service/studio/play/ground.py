"""What a course is played on: the draft compiled as a case would have it, deadlines and holidays as they are.

All of it is read once, before anything is played; playing itself asks no table.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from evaluation.catalogue import load_catalogue
from evaluation.errors import EvaluationError
from forms import Form, parse_form
from forms.errors import InvalidForm
from service.calendars.queries import load_calendar
from service.calendars.working_days import WorkingCalendar
from service.database import db
from service.deadlines.queries import StepDeadline, deadlines_for, districts_by_code
from service.engine.definition import compile_definition
from service.engine.errors import InvalidDiagram
from service.errors import BadDefinition
from service.models import ProcessDraft, ProcessVersion
from service.processes.pins import pin
from service.processes.publishing import read_texts
from service.processes.queries import Procedure
from service.studio.checking import as_bytes
from service.studio.play.acts import Act, CourseRefused
from service.wording import _

Source: TypeAlias = ProcessDraft | ProcessVersion


@dataclass(frozen=True)
class Ground:
    """`bundle` is the draft as version 0 of its procedure."""

    bundle: Procedure
    year: int
    deadlines: Mapping[str, StepDeadline]
    calendar: WorkingCalendar

    @property
    def stamp(self) -> str:
        """The same as long as every course on this ground comes out the same."""
        calendar = sorted(self.calendar.years), sorted(self.calendar.rules.items())
        whole = self.bundle.content_hash, self.year, sorted(self.deadlines.items()), calendar
        return hashlib.sha256(repr(whole).encode()).hexdigest()


def compiled(draft: Source, day: date, diagram: bytes | None = None) -> Procedure:
    """The draft, or `diagram` in place of what it has stored, as it would run from `day` on.

    Raises BadDefinition where that is not to be run, its `details["problems"]` as in publication.
    """
    drawn = draft.diagram if diagram is None else diagram
    try:
        pins = pin(drawn, draft.effective_on or day)
        definition = compile_definition(drawn, pins.diagrams)
    except InvalidDiagram as refused:
        raise BadDefinition(
            _("Sơ đồ còn lỗi nên chưa chạy thử được. %(first)s", first=str(refused)),
            problems=[problem.as_json() for problem in refused.problems],
        ) from refused
    texts, _unreadable = read_texts(as_bytes(draft.forms))
    texts, _clashes = pins.merged(texts)
    used = sorted({task.form_key for task in definition.tasks.values() if task.form_key})
    forms = {key: _form(key, texts.get(key)) for key in used}
    catalogue = load_catalogue(draft.catalogue)
    parts = [definition.content_hash, *(f"{key} {forms[key].content_hash}" for key in used)]
    return Procedure(
        id=uuid.UUID(int=0),
        key=draft.key,
        version=0,
        name=draft.name,
        content_hash=hashlib.sha256("\n".join([*parts, catalogue.content_hash]).encode()).hexdigest(),
        definition=definition,
        forms=forms,
        catalogue=catalogue,
    )


def ground_for(bundle: Procedure, start: Act) -> Ground:
    """What holds for a case of that year and district; raises CourseRefused naming the first act."""
    try:
        bundle.catalogue.year(start.year)
    except EvaluationError as error:
        raise CourseRefused(1, str(error), fields={"year": [str(error)]}) from error
    connection = db.session.connection()
    district: uuid.UUID | None = None
    if start.district:
        district = districts_by_code(connection, [start.district]).get(start.district)
        if district is None:
            raise CourseRefused(1, _("Không có đơn vị cấp huyện này."), fields={"district": []})
    laid_down = deadlines_for(connection, bundle.key, start.year, district)
    return Ground(bundle, start.year, laid_down, load_calendar(connection))


def _form(key: str, text: str | None) -> Form:
    if text is None:
        raise BadDefinition(
            _("Bản thảo chưa có biểu mẫu %(key)s mà sơ đồ dùng. Hãy thêm biểu mẫu rồi chạy thử lại.", key=key)
        )
    try:
        return _parsed(key, text)
    except InvalidForm as refused:
        raise BadDefinition(
            _("Biểu mẫu %(key)s còn lỗi nên chưa chạy thử được: %(why)s", key=key, why=str(refused))
        ) from refused


@lru_cache(maxsize=256)
def _parsed(key: str, text: str) -> Form:
    return parse_form(text.encode(), f"{key}.form")
