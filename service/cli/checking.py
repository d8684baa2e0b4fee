"""`congnhan process check`: diagrams by the gate, and the forms given with them, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from forms import InvalidForm, parse_form
from service.engine.calls import by_key, link
from service.engine.check import check
from service.engine.errors import InvalidDiagram, Problem
from service.engine.outline import Outline, outline_of
from service.engine.reading import read_diagram
from service.processes.beside import follows
from service.processes.groups import LEVELS
from service.processes.publishing import read_texts
from service.processes.unserved import unserved
from service.studio.form_uses import uses_of_forms

FORM = ".form"


def checked(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Every problem of the files, with the file that it is in.

    Forms (.form, their keys are the files' names) are read for themselves; a diagram given with forms is
    asked as well whether the service has what its steps name: these forms, groups, jobs, rules.
    """
    diagrams = {file: file.read_bytes() for file in files if file.suffix != FORM}
    forms = [file for file in files if file.suffix == FORM]
    texts, found = _forms(forms)
    called = by_key(diagrams.values())
    for file, diagram in diagrams.items():
        problems = check(diagram, called=called)
        outline = _outline(diagram, called) if forms else None
        if outline is not None:
            named = {group for task in outline.tasks.values() for group in task.groups}
            asked = unserved(outline, texts, {key: key for key in sorted(named)} | dict(LEVELS))
            asked = (one for one in asked if not follows(one, problems))
            # What is wrong within a form is told of its own file.
            problems += [one for one in asked if one.rule != "readable-form"]
            problems += [_elsewhere(group) for group in sorted(named - LEVELS.keys())]
        found += [_told(file, problem) for problem in problems]
    return found + (_unused(forms, diagrams) if diagrams else [])


def _outline(diagram: bytes, called: Mapping[str, bytes]) -> Outline | None:
    """None for what is no diagram, as the gate says."""
    try:
        return outline_of(link(read_diagram(diagram), called).diagram)
    except InvalidDiagram:
        return None


def _forms(files: Sequence[Path]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """{key: text} of the forms, and what is wrong with each."""
    found: list[dict[str, Any]] = []
    texts: dict[str, str] = {}
    for file in files:
        if file.stem in texts:
            twice = _problem(file, "form-twice", "Hai tệp có cùng mã biểu mẫu.", "Đổi tên một tệp.")
            found.append(_told(file, twice))
            continue
        read, unreadable = read_texts({file.stem: file.read_bytes()})
        found += [_told(file, problem) for problem in unreadable]
        texts[file.stem] = read.get(file.stem, "")
        if file.stem not in read:
            continue
        try:
            parse_form(texts[file.stem].encode(), file.name)
        except InvalidForm as error:
            found += [
                _told(file, _problem(file, "readable-form", one.sentence, one.remedy or "Sửa biểu mẫu."))
                for one in error.found
            ]
    return texts, found


def _elsewhere(group: str) -> Problem:
    """Agencies are entered by an administrator: which there are, only the installation knows."""
    said = f"Nhóm {group!r} không phải một cấp của hồ sơ; ban hành được khi hệ thống có cơ quan mang mã đó."
    return Problem("", group, "agency-group", "warning", said, "So mã với trang Đơn vị của Quản trị.")


def _unused(forms: Sequence[Path], diagrams: Mapping[Path, bytes]) -> list[dict[str, Any]]:
    used = {use.form for diagram in diagrams.values() for use in uses_of_forms(diagram)}
    said = "Không bước nào dùng biểu mẫu này."
    remedy = "Chọn biểu mẫu ở một bước, hoặc bỏ tệp."
    return [
        _told(file, _problem(file, "unused-form", said, remedy, "warning"))
        for file in forms
        if file.stem not in used
    ]


def _problem(
    file: Path, rule: str, message: str, remedy: str, severity: Literal["error", "warning"] = "error"
) -> Problem:
    return Problem("", file.stem, rule, severity, message, remedy)


def _told(file: Path, problem: Problem) -> dict[str, Any]:
    return {"file": str(file), **problem.as_json()}
