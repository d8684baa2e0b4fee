"""`congnhan process test`: scenarios of a procedure or beside a file, told in sentences and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import congnhan
from service.cli.within import application
from service.config import from_environment
from service.errors import BadInput
from service.processes.packaged import packaged_diagram, packaged_forms
from service.processes.queries import read_version
from service.studio.play.acts import Act
from service.studio.scenario_files import scenario_from
from service.studio.scenarios import save_scenario
from tests.builders import NOON, person

WITHDRAWN = (Act("start", day=date(2023, 11, 20), year=2023), Act("message", "withdrawal_requested"))
# The two messages lead to each other's ends.
SWAPPED = {
    b'sourceRef="withdrawal_requested" targetRef="dossier_withdrawn"': (
        b'sourceRef="withdrawal_requested" targetRef="unit_dissolved"'
    ),
    b'sourceRef="commune_dissolved" targetRef="unit_dissolved"': (
        b'sourceRef="commune_dissolved" targetRef="dossier_withdrawn"'
    ),
}
OTHERWISE = (
    "KHÁC  Xã rút hồ sơ: Sau bước 2 (“Nhận văn bản xin rút hồ sơ”): "
    "mong đợi tới “Xã rút hồ sơ”, nay tới “Đơn vị chấm dứt hoạt động”."
)
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    return lambda *words: CliRunner().invoke(congnhan, ["process", "test", *words])


def test_kept_scenarios_are_played_saved_and_played_again_beside_another_drawing(
    run: Run, tmp_path: Path
) -> None:
    assert isinstance(run("recognition").exception, BadInput)  # nothing to play is no success
    with application(from_environment()):
        source = read_version("recognition", 1)
        by = person("quytrinh-so-tttt")
        save_scenario(source=source, name="Xã rút hồ sơ", acts=WITHDRAWN, by=by, now=NOON)

    kept = run("recognition", "--save", str(tmp_path / "git"))

    assert kept.exit_code == 0
    # Start, the fork, the gateway that waits, the message, the end; the commune's step is opened, not passed.
    assert kept.output.splitlines()[:2] == [
        "Đúng  Xã rút hồ sơ",
        "1/1 tình huống đúng; đi qua 5/36 luồng, 5/28 phần tử.",
    ]
    assert "Chưa thử: Có" in kept.output
    assert isinstance(run("recognition", "--save", str(tmp_path / "git")).exception, BadInput)

    otherwise = packaged_diagram()
    for to, elsewhere in SWAPPED.items():
        otherwise = otherwise.replace(to, elsewhere)
    (tmp_path / "git" / "quy-trinh.bpmn").write_bytes(otherwise)
    for name, text in packaged_forms().items():
        (tmp_path / "git" / f"{name}.form").write_bytes(text)
    beside = run(str(tmp_path / "git" / "quy-trinh.bpmn"))
    as_json = json.loads(run(str(tmp_path / "git" / "quy-trinh.bpmn"), "--json").output)

    assert (beside.exit_code, beside.output.splitlines()[0]) == (1, OTHERWISE)
    assert [(one["right"], one["at_act"]) for one in as_json["scenarios"]] == [(False, 2)]
    (tmp_path / "git" / "quy-trinh.bpmn").write_bytes(b"<x/>")
    broken = run(str(tmp_path / "git" / "quy-trinh.bpmn"))
    assert (broken.exit_code, "không phải là sơ đồ" in broken.output) == (2, True)


def test_what_is_nowhere_is_said(run: Run, tmp_path: Path) -> None:
    for target in ("khong-co", str(tmp_path / "khong-co.bpmn")):
        assert isinstance(run(target).exception, BadInput)
    assert isinstance(run("recognition", "--draft").exception, BadInput)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"{", b'{"course": []}x', b'{"course": 1}', b'{"course": [{"act": "fly"}]}'),
        b'{"course": [], "expected": {"moves": [{"path": "x", "active": []}]}}',
        b'{"course": [], "expected": 1}',
    ],
)
def test_a_file_that_is_no_scenario_is_named(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"a\.scenario\.json"):
        scenario_from("a.scenario.json", content)


def test_a_course_without_an_expectation_only_has_to_be_done() -> None:
    one = scenario_from(
        "rut.scenario.json", b'{"course": [{"act": "start", "day": "2023-11-20", "year": 2023}]}'
    )

    assert (one.name, one.expected) == ("rut", {"moves": [], "outcome": None})
