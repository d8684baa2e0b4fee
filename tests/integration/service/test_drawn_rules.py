"""The drawings on the pages of rules that need forms, people and the law: the gate of publication says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert

from forms import InvalidForm, parse_form
from service.database import transaction
from service.engine.rules import drawing_of
from service.engine.rules.described import DESCRIBED
from service.engine.rules.service import SERVICE
from service.models import Deadline, ProcessDraft
from service.processes.packaged import CATALOGUE, packaged_forms
from service.processes.pins import Pins
from service.processes.publishing import examine
from service.studio.checking import other_procedure
from tests.builders import NOON

DAY = date(2023, 11, 20)
DRAWN = [rule.id for rule in SERVICE if drawing_of(rule.id, "wrong")]
# A year of which nobody knows the holidays yet.
UNKNOWN_YEAR = datetime(2055, 3, 1, 5, tzinfo=UTC)


def found(rule: str, way: str) -> set[str]:
    diagram = drawing_of(rule, way)
    assert diagram is not None
    if rule == "same-procedure":  # said of a draft: publication alone knows of no former id
        return {problem.rule for problem in other_procedure(ProcessDraft(key="drawing_process"), diagram)}
    examined = examine(
        diagram=diagram,
        forms=packaged_forms(),
        catalogue=CATALOGUE,
        effective_on=DAY,
        now=UNKNOWN_YEAR if rule == "known-calendar" else NOON,
    )
    # Most communes of the province have nobody yet, whatever is drawn: tests/…/test_fitting_drawings.py.
    return {problem.rule for problem in examined.problems} - {"no-seat"}


def test_each_wrong_drawing_breaks_its_rule_and_no_other_and_the_right_one_none(core: Flask) -> None:
    with transaction() as session:
        session.execute(
            insert(Deadline).values(
                id=uuid4(),
                procedure="drawing_process",
                year=2023,
                element="prepare",
                last_day=date(2023, 12, 3),
                wording="trước ngày 03/12",
                source="thử",
            )
        )

    told = {rule: (found(rule, "wrong"), found(rule, "right")) for rule in DRAWN}

    assert len(told) == len(SERVICE) - 4 == 19  # all but those of forms and of people
    assert {rule: both for rule, both in told.items() if both != ({rule}, set())} == {}


def test_the_forms_shown_as_examples_are_what_the_gate_says_they_are() -> None:
    unreadable, clash = DESCRIBED["readable-form"], DESCRIBED["form-clash"]

    with pytest.raises(InvalidForm, match="không nhận HTML"):
        parse_form(unreadable.wrong_file.encode(), "appraise.form")
    for text in (unreadable.right_file, clash.wrong_file, clash.right_file):
        parse_form(text.encode(), "appraise.form")

    called = Pins(forms={"support": {"appraise": clash.right_file}})
    _, told = called.merged({"appraise": clash.wrong_file})
    assert [problem.rule for problem in told] == ["form-clash"]
    assert called.merged({"appraise": clash.right_file})[1] == []
    assert called.merged({"appraise_again": clash.wrong_file})[1] == []
