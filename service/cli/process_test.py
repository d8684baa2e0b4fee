"""`congnhan process test`: all scenarios of a procedure, or those beside a diagram, played and compared."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from service import clock
from service.cli.within import within_application
from service.engine.diagram import Diagram
from service.engine.errors import InvalidDiagram
from service.engine.reading import read_diagram
from service.errors import BadInput
from service.models import ProcessDraft, ProcessScenario
from service.processes.packaged import CATALOGUE
from service.studio.play.coverage import Report, run_scenarios
from service.studio.play.ground import Source
from service.studio.queries import list_drafts, newest_version, read_draft
from service.studio.scenario_files import ENDING, as_file, scenario_from
from service.studio.scenarios import list_scenarios


@click.command("test")
@click.argument("target", metavar="KEY|FILE")
@click.option(
    "--draft", is_flag=True, help="Bản thảo đang soạn của quy trình, thay vì bản ban hành mới nhất."
)
@click.option("--forms", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--save", "into", type=click.Path(file_okay=False, path_type=Path), help="Ghi tình huống ra tệp."
)
@click.option("--json", "as_json", is_flag=True)
@within_application
def process_test(target: str, draft: bool, folder: Path | None, into: Path | None, as_json: bool) -> None:
    """Chạy mọi tình huống. Thoát 0: đúng cả, 1: có tình huống khác mong đợi, 2: không chạy được.

    KEY là mã quy trình: chạy các tình huống đã lưu. FILE là sơ đồ .bpmn: chạy các tệp *.scenario.json cạnh
    sơ đồ, với biểu mẫu *.form cùng thư mục hoặc ở --forms. Không ghi gì vào cơ sở dữ liệu.
    """
    file = Path(target)
    source: Source
    scenarios: Sequence[ProcessScenario]
    if file.suffix == ".bpmn":
        source, scenarios = _beside(file, folder or file.parent)
    else:
        source, scenarios = _kept(target, draft)
    if not scenarios:
        raise BadInput(f"Chưa có tình huống nào để chạy cho {target!r}.")
    if into is not None:
        _save(scenarios, into)
    report = run_scenarios(source, scenarios, day=clock.local_day(clock.now()))
    told = _told(source, report)
    click.echo(json.dumps(told, ensure_ascii=False, indent=2) if as_json else "\n".join(_lines(told)))
    if report.problem:
        raise SystemExit(2)
    raise SystemExit(0 if report.right == len(report.runs) else 1)


def _kept(key: str, draft: bool) -> tuple[Source, Sequence[ProcessScenario]]:
    if draft:
        drafts = list_drafts(key, most=1)
        if not drafts:
            raise BadInput(f"Quy trình {key!r} không có bản thảo đang soạn.")
        return read_draft(drafts[0].id), list_scenarios(key)
    version = newest_version(key)
    if version is None:
        raise BadInput(f"Không có tệp hay quy trình {key!r}. Xem: congnhan process list")
    return version, list_scenarios(key)


def _beside(file: Path, folder: Path) -> tuple[Source, list[ProcessScenario]]:
    """The diagram as a draft that is stored nowhere, and the scenarios that lie beside it."""
    try:
        diagram = file.read_bytes()
        texts = {one.stem: one.read_bytes() for one in sorted(folder.glob("*.form"))}
        found = sorted(file.parent.glob(f"*{ENDING}"))
        scenarios = [scenario_from(one.name, one.read_bytes()) for one in found]
    except OSError as error:
        raise BadInput(f"Không đọc được {error.filename}; hãy kiểm tra đường dẫn và quyền đọc.") from error
    drawn = _drawn(diagram)
    key, name = (drawn.process, drawn.name) if drawn else (file.stem, file.stem)
    source = ProcessDraft(
        id=uuid.uuid4(),
        key=key,
        name=name,
        diagram=diagram,
        forms={key: text.decode("utf-8", "replace") for key, text in texts.items()},
        catalogue=CATALOGUE,
        effective_on=None,
    )
    return source, scenarios


def _save(scenarios: Sequence[ProcessScenario], into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for name, content in map(as_file, scenarios):
        if (into / name).exists():
            raise BadInput(f"{into} đã có {name}. Hãy chọn thư mục khác hoặc xóa tệp cũ trước.")
        (into / name).write_bytes(content)


def _told(source: Source, report: Report) -> dict[str, Any]:
    """As JSON: each scenario with what is otherwise, and which flows none of them passes, by their ends."""
    drawn = _drawn(source.diagram)
    return {
        "key": source.key,
        "problem": report.problem,
        "scenarios": [
            {
                "name": run.scenario.name,
                "right": run.differs is None,
                "differs": run.differs.sentence if run.differs else "",
                "at_act": run.differs.number if run.differs else None,
            }
            for run in report.runs
        ],
        "coverage": {
            "flows": len(report.flows),
            "flows_passed": report.flows_passed,
            "elements": len(report.elements),
            "elements_passed": report.elements_passed,
            "flows_never_passed": [
                {"id": flow, "name": drawn.label(flow) if drawn else flow}
                for flow in report.flows
                if flow not in report.passed
            ],
        },
    }


def _lines(told: dict[str, Any]) -> list[str]:
    if told["problem"]:
        return [f"Chưa chạy được tình huống nào: {told['problem']}"]
    scenarios, coverage = told["scenarios"], told["coverage"]
    lines = [
        f"Đúng  {one['name']}" if one["right"] else f"KHÁC  {one['name']}: {one['differs']}"
        for one in scenarios
    ]
    right = sum(one["right"] for one in scenarios)
    lines.append(
        f"{right}/{len(scenarios)} tình huống đúng; "
        f"đi qua {coverage['flows_passed']}/{coverage['flows']} luồng, "
        f"{coverage['elements_passed']}/{coverage['elements']} phần tử."
    )
    return lines + [f"Chưa thử: {one['name']}" for one in coverage["flows_never_passed"]]


def _drawn(diagram: bytes) -> Diagram | None:
    try:
        return read_diagram(diagram)
    except InvalidDiagram:
        return None
