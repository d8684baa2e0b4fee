"""Scenarios of the recognition procedure for the demo: what a process owner would try first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from service.clock import local_day
from service.identity.viewer import Viewer
from service.processes.queries import read_version
from service.studio.play.acts import Act
from service.studio.play.ground import Ground, compiled, ground_for
from service.studio.play.player import Player
from service.studio.play.samples import ALL_MET, ONE_NOT_MET, sample_answers
from service.studio.scenarios import save_scenario
from service.wording import recorded

START = Act("start", day=date(2023, 11, 20), year=2023, district="thi-xa-bim-son")
# Each step: who acts, by which button, and how the criteria stand then.
_TO_MEMBER = (("self_assess", "complete", ALL_MET), ("district_appraise", "complete", ALL_MET))
_TO_DEPARTMENT = (
    *_TO_MEMBER,
    ("member_opinion", "complete", ALL_MET),
    ("district_consolidate", "complete", ALL_MET),
)
COURSES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    recorded("Huyện trả lại một lần, sau đó được công nhận"): (
        ("self_assess", "complete", ALL_MET),
        ("district_appraise", "return", ALL_MET),
        *_TO_DEPARTMENT,
        ("department_verify", "complete", ALL_MET),
        ("department_submit", "complete", ALL_MET),
        ("chairman_decide", "recognise", ALL_MET),
    ),
    recorded("Sở và Thành viên khác nhau: qua Hội nghị, không công nhận"): (
        *_TO_DEPARTMENT,
        ("department_verify", "complete", ONE_NOT_MET),
        ("reconciliation_meeting", "complete", ONE_NOT_MET),
        ("department_submit", "complete", ALL_MET),
        ("chairman_decide", "refuse", ALL_MET),
    ),
}
WITHDRAWN = recorded("Quá hạn tự đánh giá, xã xin rút hồ sơ")


def keep_demo_scenarios(by: Viewer, now: datetime) -> None:
    """Keep them for the packaged version, played on it."""
    version = read_version("recognition", 1)
    ground = ground_for(compiled(version, local_day(now)), START)
    for name, steps in COURSES.items():
        save_scenario(source=version, name=name, acts=tuple(_acts(ground, steps)), by=by, now=now)
    withdrawn = (START, Act("wait", day=date(2023, 12, 4)), Act("message", "withdrawal_requested"))
    save_scenario(source=version, name=WITHDRAWN, acts=withdrawn, by=by, now=now)


def _acts(ground: Ground, steps: tuple[tuple[str, str, str], ...]) -> Iterator[Act]:
    player = Player(ground)
    player.do(1, START)
    yield START
    for number, (element, action, kind) in enumerate(steps, 2):
        played = player.told()
        task = next(one for one in played.tasks if one.element == element)
        answers = sample_answers(ground, played, task, action, kind, local_day(played.now))
        act = Act("complete", element, answers)
        player.do(number, act)
        yield act
