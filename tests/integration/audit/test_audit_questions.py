"""`congnhan audit ask …` as somebody at the server calls it."""

from __future__ import annotations

import json
from pathlib import Path

from service.app import create_core
from service.errors import BadInput, NotFound
from tests.builders import a_case_at, case_of
from tests.integration.audit.test_audit_commands import Run, run  # noqa: F401 a fixture
from tests.integration.conftest import settings_for, within


def test_ready_questions_are_listed_answered_and_refused(
    run: Run,  # noqa: F811
    sqlite_url: str,
    tmp_path: Path,
):
    for _core in within(create_core(settings_for(sqlite_url, tmp_path))):
        code = case_of(a_case_at("department_submit")).code

    assert "tach-bach\tCó ai vi phạm tách bạch nhiệm vụ không?" in run("audit", "ask").output
    separation = run("audit", "ask", "tach-bach", "--year", "2023")
    assert separation.exit_code == 0
    assert "Không có trường hợp nào vi phạm tách bạch nhiệm vụ." in separation.output
    asked = run("audit", "ask", "ai-quyet-dinh", "--case", code, "--criterion", "2.6", "--json")
    told = json.loads(asked.output)
    assert told["summary"] == "Chỉ tiêu 2.6 của UBND xã Thí Dụ: giá trị được tính là “54,4%”, chưa đạt."
    assert [one["cells"]["Giá trị"] for one in told["lines"]] == ["54,4%", "54,4%", "56,3%", "54,4%", "54,4%"]
    assert isinstance(run("audit", "ask", "ai-quyet-dinh").exception, BadInput)
    assert isinstance(run("audit", "ask", "khong-co").exception, NotFound)
