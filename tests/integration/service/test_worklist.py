"""The worklist: filters, search, orders with paging; and the filters that people keep."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, update

from service.cases.operations import open_assigned_cases, open_case
from service.database import db, transaction
from service.errors import BadInput, NotFound
from service.models import Case, Task, Unit
from service.tasks import worklist
from service.tasks.facets import Facets, choices
from service.tasks.filters import delete_filter, rename_filter, save_filter, saved_filters
from service.tasks.operations import claim_task, save_draft
from service.tasks.pressing import set_follow_up, set_priority
from service.tasks.wanted import SORTS, Wanted
from service.tasks.worklist import count_tabs, list_tasks
from tests.builders import NOON, an_open_case, open_task, person, unit_id

DAY = NOON.date()
SO = "so-tttt-chuyenvien"
# In the order of a Vietnamese dictionary, whatever kind of commune each is.
COMMUNES = [
    "Luận Khê",
    "Lương Sơn",
    "Minh Họa",
    "Ngọc Trạo",
    "Quang Trung",
    "Tân Thành",
    "Thí Dụ",
    "Thọ Thanh",
]
COMMUNES.append("Xuân Cao")


def many_tasks() -> dict[str, uuid.UUID]:
    """{commune: task}: the year's cases, as if all were Sở's; the first by name is due last."""
    open_assigned_cases(year=2023, by=person(SO), now=NOON)
    with transaction() as session:
        rows = session.execute(
            select(Task.id, Unit.name)
            .join(Case, Case.id == Task.case_id)
            .join(Unit, Unit.id == Case.commune_id)
        ).all()
        found = {name: row.id for row in rows for name in COMMUNES if row.name.endswith(name)}
        for number, name in enumerate(COMMUNES):
            session.execute(
                update(Task)
                .where(Task.id == found[name])
                .values(
                    group="department",
                    unit_id=unit_id("so-tttt"),
                    due_on=DAY + timedelta(days=10 - number),
                    received_at=NOON + timedelta(minutes=number % 3),
                )
            )
    return found


def names(wanted: Wanted, *, size: int = 50, who: str = SO, known: bool = False) -> list[str]:
    """The communes listed, page by page; with `known`, as where the whole list has been counted."""
    found: list[str] = []
    cursor = None
    while True:
        facets = Facets(person(who)) if known else None
        page = list_tasks(person(who), wanted, day=DAY, cursor=cursor, size=size, facets=facets)
        found += [next(name for name in COMMUNES if row.commune.endswith(name)) for row in page.items]
        if (cursor := page.next_cursor) is None:
            return found


def test_each_order_pages_through_every_task_once(either_core: Flask) -> None:
    tasks = many_tasks()
    for name in ("Thí Dụ", "Luận Khê"):
        set_priority(task_id=tasks[name], priority=2, by=person(SO), now=NOON)

    assert names(Wanted(sort="commune"), size=2) == COMMUNES
    assert names(Wanted(), size=2) == COMMUNES[::-1]
    assert names(Wanted(sort="priority"), size=2)[:3] == ["Thí Dụ", "Luận Khê", "Xuân Cao"]
    newest = names(Wanted(sort="received"), size=2)
    assert {*newest[:3]} == {COMMUNES[2], COMMUNES[5], COMMUNES[8]}
    for sort in SORTS:
        assert sorted(names(Wanted(sort=sort), size=4)) == sorted(COMMUNES), sort
    cursor = list_tasks(person(SO), Wanted(), day=DAY, size=2).next_cursor
    with pytest.raises(BadInput):
        list_tasks(person(SO), Wanted(sort="commune"), day=DAY, cursor=cursor)
    # Moments for which UTC has no day any more.
    for moment in ("0001-01-01T00:00:00+07:00", "9999-12-31T23:00:00-07:00"):
        far = base64.urlsafe_b64encode(orjson.dumps(["received", moment, str(uuid.UUID(int=0))])).decode()
        with pytest.raises(BadInput):
            list_tasks(person(SO), Wanted(sort="received"), day=DAY, cursor=far)


def test_a_long_list_is_read_along_its_indexes_and_stands_in_the_same_order(
    either_core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "LONG_LIST", 0)
    tasks = many_tasks()
    undated, ended = ("Thí Dụ", "Minh Họa"), ("Luận Khê", "Tân Thành", "Quang Trung")
    answers = {"action": "complete", "report_summary": "Còn chập chờn."}
    for name in ("Minh Họa", "Xuân Cao"):
        save_draft(task_id=tasks[name], answers=answers, seen_rev=0, by=person(SO), now=NOON)
    with transaction() as session:
        for name in undated:
            session.execute(update(Task).where(Task.id == tasks[name]).values(due_on=None))
        for number, name in enumerate(ended):
            at = NOON + timedelta(hours=number)
            session.execute(
                update(Task).where(Task.id == tasks[name]).values(state="completed", completed_at=at)
            )

    left = [name for name in COMMUNES[::-1] if name not in (*undated, *ended)]
    for size in (1, 2, 5, 50):
        listed = names(Wanted(), size=size, known=True)
        assert (listed[:4], {*listed[4:]}, len(listed)) == (left, {*undated}, 6)
        for sort in SORTS:
            assert names(Wanted(sort=sort), size=size, known=True) == names(Wanted(sort=sort), size=size)
        assert names(Wanted("done"), size=size, known=True) == [*ended[::-1]]
        assert names(Wanted(search="chap chon"), size=size, known=True) == ["Xuân Cao", "Minh Họa"]
        assert names(Wanted(search="CN-2023 xuan"), size=size, known=True) == ["Xuân Cao"]
    assert names(Wanted(search="khong co gi"), known=True) == []

    # A done task that does not say when it was completed stands where it was received, on either way.
    with transaction() as session:
        received = {"completed_at": None, "received_at": NOON + timedelta(hours=1, minutes=30)}
        session.execute(update(Task).where(Task.id == tasks["Luận Khê"]).values(received))
    for size in (1, 50):
        assert names(Wanted("done"), size=size, known=True) == ["Quang Trung", "Luận Khê", "Tân Thành"]


def test_filters_narrow_the_list_and_the_tabs_still_count_all(core: Flask) -> None:
    tasks, officer = many_tasks(), person(SO)
    claim_task(task_id=tasks["Thí Dụ"], by=officer, now=NOON)
    set_priority(task_id=tasks["Minh Họa"], priority=2, by=officer, now=NOON)
    set_follow_up(task_id=tasks["Ngọc Trạo"], day=DAY, by=officer, now=NOON)
    set_follow_up(task_id=tasks["Xuân Cao"], day=DAY + timedelta(days=1), by=officer, now=NOON)
    with transaction() as session:
        session.execute(
            update(Task).where(Task.id == tasks["Tân Thành"]).values(stage="signing", note="Bảng kê")
        )

    assert names(Wanted(holder="mine")) == ["Thí Dụ"]
    assert names(Wanted(holder="handed")) == []
    assert "Thí Dụ" not in names(Wanted(holder="unassigned"))
    assert names(Wanted(flags=frozenset({"urgent"}))) == ["Minh Họa"]
    assert names(Wanted(flags=frozenset({"signing"}))) == ["Tân Thành"]
    assert names(Wanted(flags=frozenset({"signing", "urgent"}))) == []
    assert names(Wanted("follow_up")) == names(Wanted(flags=frozenset({"follow_up"}))) == ["Ngọc Trạo"]
    assert names(Wanted(year=2022)) == []
    assert len(names(Wanted(year=2023, element="self_assess"))) == 9
    offered = choices(officer)
    by_district = [len(names(Wanted(district_id=district))) for district, _ in offered.districts]
    assert (offered.years, sum(by_district)) == ((2023,), 9)
    assert count_tabs(officer, DAY) == {
        "open": 9,
        "due_soon": 6,  # due in 2 to 7 days; three are due later
        "overdue": 0,
        "returned": 0,
        "follow_up": 1,
        "done": 0,
    }


def test_what_the_filters_offer_is_exact_though_it_is_remembered(either_core: Flask) -> None:
    officer = person("xa-thidu-chuyenvien")
    assert (choices(officer).years, choices(officer).steps) == ((), {})
    an_open_case()
    first = choices(officer)
    assert (first.years, [*first.steps]) == ((2023,), ["self_assess"])
    assert len(first.districts) == 1

    later = open_case(commune_id=unit_id("xa-thi-du"), year=2024, by=officer, now=NOON + timedelta(hours=1))
    assert choices(officer).years == (2024, 2023)

    with transaction() as session:
        session.execute(update(Task).where(Task.case_id == later).values(state="exited"))
    assert choices(officer).years == (2023,)
    assert choices(person("xa-minhhoa-chuyenvien")).years == ()


def test_words_are_found_without_diacritics_in_names_and_in_what_one_may_read(core: Flask) -> None:
    task_id = open_task(an_open_case(), "self_assess")
    officer = person("xa-thidu-chuyenvien")
    answers = {"action": "complete", "report_summary": "Đường truyền ở thôn Đồng Lèn còn chập chờn."}
    save_draft(task_id=task_id, answers=answers, seen_rev=0, by=officer, now=NOON)

    def found(search: str, who: str = "xa-thidu-chuyenvien") -> bool:
        return bool(list_tasks(person(who), Wanted(search=search), day=DAY).items)

    for words in ("thi du", "tu danh gia THÍ DỤ", "cn-2023", "dong len", "Đồng  Lèn còn", "thon dong"):
        assert found(words), words
    for words in ("minh hoa", "dong thon", "thi du khac"):
        assert not found(words), words
    assert found("dong len", "xa-thidu-lanhdao")


@pytest.mark.parametrize("wrong", [{"tab": "x"}, {"holder": "x"}, {"flags": frozenset({"x"})}, {"sort": "x"}])
def test_what_is_not_known_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        Wanted(**wrong)  # type: ignore[arg-type]


def test_a_kept_filter_is_its_owners_alone(either_core: Flask) -> None:
    officer, other = person(SO), person("so-tttt-giamdoc")
    kept = save_filter(name="  Khẩn   của tôi ", query="nguoi=mine", by=officer, now=NOON)
    save_filter(name="Ánh", query="dau-hieu=urgent", by=officer, now=NOON)
    save_filter(name="Khẩn của tôi", query="", by=other, now=NOON)

    with pytest.raises(BadInput, match="đã có bộ lọc tên"):
        save_filter(name="Khẩn của tôi", query="", by=officer, now=NOON)
    with pytest.raises(BadInput):
        save_filter(name=" ", query="", by=officer, now=NOON)
    with pytest.raises(BadInput, match="đã có bộ lọc tên"):
        rename_filter(filter_id=kept, name="Ánh", by=officer, now=NOON)
    for act in (delete_filter, lambda **given: rename_filter(name="Của ai", **given)):
        with pytest.raises(NotFound):
            act(filter_id=kept, by=other, now=NOON)

    rename_filter(filter_id=kept, name="Việc của tôi", by=officer, now=NOON)
    db.session.rollback()
    assert [(one.name, one.query) for one in saved_filters(officer)] == [
        ("Ánh", "dau-hieu=urgent"),
        ("Việc của tôi", "nguoi=mine"),
    ]
    delete_filter(filter_id=kept, by=officer, now=NOON)
    assert [one.name for one in saved_filters(officer)] == ["Ánh"]
