"""What a procedure calls is settled when it is published, by hash, and stays so for its cases."""

from __future__ import annotations

import json
import uuid
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.deadlines.operations import checked_deadline
from service.errors import BadDefinition, BadInput
from service.models import ProcessVersion
from service.processes import queries
from service.processes.publishing import publish_version
from service.tasks.operations import complete_task
from tests.builders import NOON, open_task, person
from tests.integration.service.correspondence import do, throw
from tests.integration.service.scenes import a_case_of, nothing_is_wrong, open_tasks, status_of
from tests.unit.engine.drawing import Drawing

THEN = date(2022, 1, 1)


def form(label: str) -> bytes:
    """A form of one text field with this label."""
    field = {"type": "textfield", "key": "remark", "label": label, "id": "remark"}
    properties = {"actions": "complete", "action.complete": "Hoàn thành"}
    return json.dumps(
        {"type": "default", "id": "look", "schemaVersion": 16}
        | {"components": [field], "properties": properties}
    ).encode()


def helping(*tasks: str, **attributes: str) -> Drawing:
    """The called procedure: these tasks of the commune one after the other."""
    drawing = Drawing("helping")
    drawing.flows = 100  # ids must differ from the caller's
    drawing.start("help_asked")
    drawing.end("helped")
    drawing.chain("help_asked", *(drawing.task(task, **attributes) for task in tasks), "helped")
    return drawing


def calling(key: str = "calling", called: str = "helping") -> Drawing:
    """A task, the called procedure, another task."""
    drawing = Drawing(key)
    drawing.flows = 200 if key == "middle" else 0
    drawing.start(f"{key}_opened")
    drawing.task(f"{key}_before")
    drawing.node("callActivity", f"{key}_help", calledElement=called)
    drawing.task(f"{key}_after")
    drawing.end(f"{key}_done")
    drawing.chain(f"{key}_opened", f"{key}_before", f"{key}_help", f"{key}_after", f"{key}_done")
    return drawing


def publish(drawing: Drawing, effective_on: date = THEN, **forms: bytes) -> uuid.UUID:
    return publish_version(
        diagram=drawing.xml(),
        forms=forms,
        catalogue="qd-1829",
        legal_basis="thử nghiệm",
        effective_on=effective_on,
        now=NOON,
    )


def stored(version_id: uuid.UUID) -> ProcessVersion:
    db.session.rollback()
    return db.session.get_one(ProcessVersion, version_id, populate_existing=True)


def forget_compiled_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just started."""
    monkeypatch.setattr(queries, "_cache", {})


def test_a_case_runs_the_steps_of_the_called_procedure(either_core: Flask):
    publish(helping("look", "advise"))
    publish(calling())
    case_id = a_case_of("calling")

    for step in ("calling_before", "look", "advise", "calling_after"):
        assert list(open_tasks(case_id)) == [step]
        do(case_id, step)

    assert status_of(case_id) == ("finished", "calling_done")
    assert nothing_is_wrong()


def test_a_newer_version_of_the_called_procedure_changes_nothing_for_what_was_published(
    either_core: Flask, monkeypatch: pytest.MonkeyPatch
):
    first = stored(publish(helping("look")))
    caller = publish(calling())
    running = a_case_of("calling")
    second = stored(publish(helping("look_twice")))
    forget_compiled_versions(monkeypatch)
    opened_later = a_case_of("calling", year=2024)

    for case_id in (running, opened_later):
        do(case_id, "calling_before")
        assert list(open_tasks(case_id)) == ["look"]
    again = publish(calling())
    case_id = a_case_of("calling", year=2025)
    do(case_id, "calling_before")

    assert list(open_tasks(case_id)) == ["look_twice"]
    assert again != caller
    assert [stored(version).calls["helping"] for version in (caller, again)] == [
        {"version": found.version, "content_hash": found.content_hash, "diagram_hash": found.diagram_hash}
        for found in (first, second)
    ]
    assert nothing_is_wrong()


def test_publishing_the_same_again_is_the_same_version(core: Flask):
    publish(helping("look"))

    assert publish(calling()) == publish(calling())


def test_the_version_in_force_on_the_effective_date_is_called_before_a_newer_one(core: Flask):
    publish(helping("look"))
    publish(helping("look_twice"), effective_on=date(2024, 6, 1))

    now, later = stored(publish(calling())), stored(publish(calling(), effective_on=date(2024, 6, 1)))

    assert (now.calls["helping"]["version"], later.calls["helping"]["version"]) == (1, 2)


def test_one_that_comes_into_force_later_is_called_where_there_is_no_other(core: Flask):
    publish(helping("look"), effective_on=date(2024, 6, 1))

    assert stored(publish(calling())).calls["helping"]["version"] == 1


def test_what_a_called_procedure_calls_stays_as_it_was_settled_there(
    core: Flask, monkeypatch: pytest.MonkeyPatch
):
    innermost = stored(publish(helping("look")))
    publish(calling("middle"))
    publish(helping("look_twice"))
    outer = stored(publish(calling("outer", called="middle")))
    forget_compiled_versions(monkeypatch)
    case_id = a_case_of("outer")

    do(case_id, "outer_before")
    do(case_id, "middle_before")

    assert outer.calls["helping"]["content_hash"] == innermost.content_hash
    assert sorted(outer.calls) == ["helping", "middle"]
    assert list(open_tasks(case_id)) == ["look"]


def test_the_forms_of_the_called_procedure_come_with_it(core: Flask):
    publish(helping("look", camunda_formKey="look"), look=form("Nhận xét"))
    publish(calling())
    case_id = a_case_of("calling")
    do(case_id, "calling_before")

    complete_task(
        task_id=open_task(case_id, "look"),
        answers={"action": "complete", "remark": "Đã xem"},
        by=person("xa-thidu-chuyenvien"),
        now=NOON,
    )

    assert list(open_tasks(case_id)) == ["calling_after"]


def refused(drawing: Drawing, **forms: bytes) -> list[str]:
    """The rules that a publication broke."""
    with pytest.raises(BadDefinition) as error:
        publish(drawing, **forms)
    return [problem["rule"] for problem in error.value.details["problems"] if problem["severity"] == "error"]


def test_a_form_of_the_same_name_with_other_content_is_refused(core: Flask):
    publish(helping("look", camunda_formKey="look"), look=form("Nhận xét"))

    assert refused(calling(), look=form("Nhận xét khác")) == ["form-clash"]
    assert publish(calling(), look=form("Nhận xét"))


def test_a_procedure_that_nobody_has_published_cannot_be_called(core: Flask):
    assert refused(calling()) == ["unknown-called-process"]


def test_a_procedure_that_calls_itself_through_another_is_refused(core: Flask):
    publish(helping("look"))
    publish(calling())
    drawing = Drawing("helping")
    drawing.flows = 100
    drawing.start("help_asked")
    drawing.node("callActivity", "round_about", calledElement="calling")
    drawing.end("helped")
    drawing.chain("help_asked", "round_about", "helped")

    assert "recursive-call" in refused(drawing)


def test_no_diagram_throws_what_is_a_leaders_act(core: Flask):
    drawing = Drawing("grasping")
    drawing.start()
    drawing.task("work")
    throw(drawing, "take", drawing.message("withdrawal_requested"), toProcedure="recognition")
    drawing.end()
    drawing.chain("opened", "work", "take", "done")

    assert refused(drawing) == ["reserved-message"]


def test_a_form_that_is_no_text_is_refused(core: Flask):
    assert refused(helping("look"), look=b"\xff\xfe") == ["readable-form"]


def test_versions_that_call_nothing_keep_the_hash_that_they_have_always_had(core: Flask):
    """The packaged procedure as issue 2 published it: worked out by its rule, with nothing about calls."""
    import hashlib

    from evaluation.catalogue import load_catalogue
    from service.audit.canonical import canonical

    row = db.session.scalars(select(ProcessVersion).where(ProcessVersion.key == "recognition")).one()

    assert row.calls == {}
    assert (
        row.content_hash
        == hashlib.sha256(
            canonical(
                {
                    "diagram": hashlib.sha256(row.diagram).hexdigest(),
                    "forms": {
                        key: hashlib.sha256(text.encode()).hexdigest() for key, text in row.forms.items()
                    },
                    "catalogue": load_catalogue(row.catalogue).content_hash,
                }
            )
        ).hexdigest()
    )


def test_a_step_of_the_called_procedure_may_have_a_deadline(core: Flask):
    publish(helping("look"))
    publish(calling())

    cells = {
        "procedure": "calling",
        "year": "2023",
        "district": "",
        "wording": "chậm nhất ngày 20/12/2023",
        "last_day": "2023-12-20",
        "source": "thử",
    }

    checked_deadline({**cells, "element": "look"})
    with pytest.raises(BadInput) as refused_step:
        checked_deadline({**cells, "element": "dance"})
    assert "không có bước 'dance'" in str(refused_step.value.fields)
