"""The command line, called as an administrator would, against a database of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import congnhan, main, within
from service.errors import BadConfiguration
from tests.unit.engine.drawing import Drawing

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))

    def invoke(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(congnhan, words, input=typed)

    return invoke


def test_a_new_person_is_added_given_a_role_and_a_token(run: Run) -> None:
    added = run("user", "add", "nguoi-moi", "--name", "Người mới", "--password", "mat-khau-rat-dai")
    given = run("user", "role", "nguoi-moi", "officer", "phuong-ngoc-trao")
    token = run("token", "--user", "nguoi-moi", "--scopes", "read")

    assert (added.exit_code, given.exit_code, token.exit_code) == (0, 0, 0)
    assert given.output == "nguoi-moi: Chuyên viên tại phuong-ngoc-trao.\n"
    assert token.output.startswith("cn_")


def test_a_person_is_taken_out_again_role_tokens_and_account(run: Run) -> None:
    run("user", "add", "nguoi-moi", "--name", "Người mới", "--password", "mat-khau-rat-dai")
    run("user", "role", "nguoi-moi", "officer", "phuong-ngoc-trao")
    run("token", "--user", "nguoi-moi")

    done = [
        run("user", "end-role", "nguoi-moi", "officer", "phuong-ngoc-trao"),
        run("token", "--user", "nguoi-moi", "--revoke-all"),
        run("user", "deactivate", "nguoi-moi"),
        run("user", "activate", "nguoi-moi"),
    ]

    assert [result.output for result in done] == [
        "nguoi-moi: thôi Chuyên viên tại phuong-ngoc-trao từ ngày mai.\n",
        "Đã thu hồi 1 mã của nguoi-moi.\n",
        "Đã khóa nguoi-moi.\n",
        "Đã mở lại nguoi-moi.\n",
    ]


def test_the_password_is_asked_for_twice_when_not_given(run: Run) -> None:
    result = run("user", "add", "nguoi-moi", "--name", "N", typed="mat-khau-rat-dai\nmat-khau-rat-dai\n")

    assert result.exit_code == 0
    assert "mat-khau-rat-dai" not in result.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("user", "add", "kiemtra", "--name", "N", "--password", "mat-khau-rat-dai"), "đã có người dùng"),
        (("user", "add", "Có Dấu", "--name", "N", "--password", "mat-khau-rat-dai"), "chữ thường không dấu"),
        (("user", "add", "moi", "--name", "N", "--password", "ngan"), "từ 10 đến 200 ký tự"),
        (("user", "password", "khong-co", "--password", "mat-khau-rat-dai"), "Không có tài khoản"),
        (("user", "role", "kiemtra", "auditor", "khong-co"), "Không có đơn vị"),
        (("token", "--user", "kiemtra", "--scopes", "admin"), "Phạm vi chỉ gồm"),
        (("demo", "clock", "hôm qua"), "viết như 2023-12-01"),
    ],
)
def test_a_refusal_is_one_sentence(
    run: Run,
    words: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["congnhan", *words])

    with pytest.raises(SystemExit) as stop:
        main()

    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_demo_clock_is_set_and_shown(run: Run) -> None:
    run("demo", "clock", "2023-12-01T09:30")

    shown = run("demo", "clock")

    assert shown.output == "01/12/2023 09:30\n"


def test_the_real_time_comes_back(run: Run) -> None:
    run("demo", "clock", "2023-12-01T09:30")

    shown = run("demo", "clock", "--real")

    assert "01/12/2023" not in shown.output


def test_the_packaged_diagram_may_be_published_and_says_so(run: Run) -> None:
    result = run("process", "check", "workflows/bpmn/recognition.bpmn", "--json")

    assert json.loads(result.output) == {"publishable": True, "problems": []}
    assert result.exit_code == 0


def test_a_diagram_with_a_script_is_refused_with_the_element_named(run: Run, tmp_path: Path) -> None:
    diagram = Path("workflows/bpmn/recognition.bpmn").read_text(encoding="utf-8")
    file = tmp_path / "bad.bpmn"
    file.write_text(
        diagram.replace("<bpmn:process ", "<bpmn:process ", 1).replace(
            "</bpmn:process>", '<bpmn:scriptTask id="run_code" name="Chạy mã" /></bpmn:process>', 1
        ),
        encoding="utf-8",
    )

    result = run("process", "check", str(file), "--json")

    report = json.loads(result.output)
    assert result.exit_code == 1
    assert report["publishable"] is False
    assert "run_code" in {problem["element"] for problem in report["problems"]}


def test_a_diagram_that_calls_another_is_checked_together_with_it(run: Run, tmp_path: Path) -> None:
    inner, outer = Drawing("support"), Drawing("caller")
    inner.flows = 100
    inner.chain(inner.start("s_opened"), inner.task("s_help"), inner.end("s_done"))
    outer.chain(outer.start(), outer.call("get_help", "support"), outer.end())
    caller, called = tmp_path / "caller.bpmn", tmp_path / "support.bpmn"
    caller.write_bytes(outer.xml())
    called.write_bytes(inner.xml())

    alone = run("process", "check", str(caller))
    together = run("process", "check", str(caller), str(called), "--json")

    assert alone.exit_code == 1
    assert "Lỗi [unknown-called-process] get_help: Không có quy trình “support” để gọi." in alone.output
    assert json.loads(together.output) == {"publishable": True, "problems": []}


def test_forms_given_with_a_diagram_are_checked_with_it(run: Run, tmp_path: Path) -> None:
    diagram = "workflows/bpmn/recognition.bpmn"
    forms = sorted(map(str, Path("forms/definitions").glob("*.form")))
    broken, idle = tmp_path / "self_assess.form", tmp_path / "idle.form"
    broken.write_text('{"type": "default", "type": "default"}', encoding="utf-8")
    idle.write_bytes(Path("forms/definitions/department_submit.form").read_bytes())

    whole = run("process", "check", diagram, *forms, "--json")
    lacking = run("process", "check", diagram, str(broken), str(idle), *forms[2:-1], "--json")

    assert (whole.exit_code, json.loads(whole.output)) == (0, {"publishable": True, "problems": []})
    report = json.loads(lacking.output)
    assert (lacking.exit_code, report["publishable"]) == (1, False)
    found = {(Path(one["file"]).name, one["element"], one["rule"]) for one in report["problems"]}
    assert found == {
        ("self_assess.form", "", "readable-form"),
        ("recognition.bpmn", "chairman_decide", "known-form"),
        ("recognition.bpmn", "department_submit", "known-form"),
        ("idle.form", "", "unused-form"),
    }
    assert run("process", "check", "nowhere.form").exit_code == 2


def test_a_second_version_stands_beside_the_first(run: Run, tmp_path: Path) -> None:
    diagram = Path("workflows/bpmn/recognition.bpmn").read_text(encoding="utf-8")
    file = tmp_path / "changed.bpmn"
    file.write_text(diagram.replace('name="Đã công nhận"', 'name="Đã được công nhận"'), encoding="utf-8")

    published = run(
        "process", "publish", str(file), "--legal-basis", "Thử nghiệm", "--effective", "2024-01-01"
    )
    listed = run("process", "list")
    exported = [run("process", "export", "recognition", str(tmp_path / "git")) for _ in range(2)]

    assert (tmp_path / "git" / "recognition.bpmn").read_bytes() == file.read_bytes()
    assert len(list((tmp_path / "git").glob("*.form"))) == 8
    # The second time would write over what somebody may have changed.
    assert [one.exit_code for one in exported] == [0, 1]
    assert published.exit_code == 0, published.output
    assert [line.split()[:4] for line in listed.output.splitlines()] == [
        ["recognition", "2", "hiệu", "lực"],
        ["recognition", "1", "hiệu", "lực"],
    ]


def test_a_whole_database_checks_clean(run: Run) -> None:
    result = run("db", "check")

    assert (result.exit_code, result.output) == (0, "Không có vấn đề.\n")


def play_demo(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "demo"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_demo_plays_both_cases_to_the_decision_in_a_database_of_its_own() -> None:
    result = play_demo(PYTHONHASHSEED="7", TZ="America/New_York")

    assert result.returncode == 0, result.stderr
    assert "Kết quả: Đã công nhận (phuong-minh-hoa)" in result.stdout
    assert "Kết quả: Không công nhận (xa-thi-du)" in result.stdout
    assert "Chỉ tiêu 2.6: Sở chưa đạt, Thành viên đạt" in result.stdout
    assert "Đủ điều kiện: không" in result.stdout


@pytest.mark.soak
def test_the_demo_plays_on_an_empty_postgresql_and_refuses_a_full_one(postgres_url: str) -> None:
    first = play_demo(DATABASE_URL=postgres_url)
    second = play_demo(DATABASE_URL=postgres_url)

    assert first.returncode == 0, first.stderr
    assert second.returncode == 2
    assert "đã có dữ liệu" in second.stderr


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_no_background_process_works_on_a_schema_it_does_not_know(
    command: str, run: Run, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It waits for a database that is away; what it then finds there may be too new for it."""
    path, away = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "away" / "congnhan.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as stored:
        stored.execute("UPDATE alembic_version SET version_num = '9998'")
        stored.execute("UPDATE setting SET value = '9998' WHERE name = 'schema_serves_since'")
    said: list[str] = []

    def tell(event: str, **_details: str) -> None:
        said.append(event)
        away.parent.mkdir()
        shutil.copy(path, away)

    monkeypatch.setattr(within.log, "warning", tell)
    monkeypatch.setattr(within, "PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{away}")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    refused = run(command)

    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert isinstance(refused.exception, BadConfiguration)
    assert "đang ở lược đồ 9998, mới hơn chương trình này" in str(refused.exception)
    assert said == ["waiting for the database"]
