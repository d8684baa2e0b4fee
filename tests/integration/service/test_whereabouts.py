"""Where cases stand, counted by hand: who is told of which, how long steps took, which ways were gone."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask

from service.cases.queries import list_cases
from service.cases.whereabouts import Whereabouts, standing_at, whereabouts
from service.processes.queries import read_version
from tests.builders import NOON, a_case_at, an_open_case, do_step, person

DAY = timedelta(days=1)


TODAY = NOON.date()


def seen_by(username: str, *, year: int | None = None, today: date = TODAY) -> Whereabouts:
    return whereabouts(person(username), read_version("recognition", 1), year=year, today=today)


def test_cases_are_counted_where_they_stand(either_core: Flask) -> None:
    standing = a_case_at("district_appraise")
    assessing = an_open_case("xa-quang-trung")
    do_step(standing, "district_appraise", NOON + 3 * DAY, action="return", reason="Thiếu minh chứng.")
    do_step(standing, "self_assess", NOON + 5 * DAY)

    found = seen_by("quytrinh-so-tttt", today=date(2023, 12, 4))

    stops = {stop.element: stop for stop in found.stops}
    assert (found.cases, found.running, found.ended, found.read) == (2, 2, {}, 2)
    assert {name: stop.here for name, stop in stops.items() if stop.here} == {
        "self_assess": 1,
        "district_appraise": 1,
    }
    # Bỉm Sơn's communes have to file before 04/12/2023; the district has got its work back and has days left.
    assert (stops["self_assess"].late, stops["district_appraise"].late) == (1, 0)
    # Filed at once and again two days after it was sent back; appraised after three days.
    assert (stops["self_assess"].done, stops["district_appraise"].done) == (2, 1)
    assert (stops["self_assess"].typical, stops["self_assess"].longest) == (1 * DAY, 2 * DAY)
    assert stops["district_appraise"].longest == 3 * DAY
    # Sent back once; the second time the dossier still lies with the district.
    assert [(fork.lane, fork.passed) for fork in found.forks] == [("UBND cấp huyện", 1)]
    assert [(way.name, way.times) for way in found.forks[0].ways] == [("Không – trả lại xã", 1), ("Có", 0)]
    late = standing_at("self_assess", late_on=date(2023, 12, 4))
    for only, expected in (
        (standing_at("self_assess"), [assessing]),
        (late, [assessing]),
        (standing_at("self%"), []),
    ):
        assert [row.id for row in list_cases(person("kiemtra"), only=only).items] == expected


def test_numbers_tell_of_no_case_that_one_may_not_see(core: Flask) -> None:
    an_open_case("xa-thi-du")
    an_open_case("xa-quang-trung")

    assert seen_by("xa-thidu-chuyenvien").cases == 1
    assert seen_by("kiemtra").cases == 2
    assert seen_by("quantri").cases == 0
    assert seen_by("kiemtra", year=2022).cases == 0
