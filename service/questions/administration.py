"""Acts of administration with before and after, and who had been given which right before an act."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from service.administration.history import told
from service.administration.sentences import GROUPS, QUIET
from service.audit.queries import case_events
from service.database import db
from service.errors import NotFound
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Event
from service.questions import bodies
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked, wrong
from service.questions.kinds import moment
from service.questions.scope import in_span, people_named, the_case
from service.wording import Words, _, marked

COLUMNS = (
    marked("Lúc"),
    marked("Ai"),
    marked("Việc"),
    marked("Trước"),
    marked("Sau"),
    marked("Căn cứ, chi tiết"),
)
RIGHTS_COLUMNS = (
    marked("Lúc"),
    marked("Ai giao"),
    marked("Quyền"),
    marked("Trước"),
    marked("Sau"),
    marked("Căn cứ"),
)
# Groups of administration.sentences that are asked about: rights, deadlines, calendars, assignments.
ABOUT = (
    "Xử lý thay",
    "Người và vị trí",
    "Đơn vị",
    "Phân công",
    "Bộ chỉ số",
    "Lịch và thời hạn",
)
RIGHTS = (
    "user_added",
    "user_activated",
    "user_deactivated",
    "password_reset",
    "person_appointed",
    "appointment_ended",
    "appointment_cancelled",
    "appointment_prolonged",
    "substitution_arranged",
    "substitution_ended",
    "substitution_cancelled",
    "substitution_prolonged",
)
PROCESS: Mapping[str, str] = Words(
    {
        "process_published": marked("Ban hành quy trình"),
        "process_draft_submitted": marked("Trình phê duyệt quy trình"),
        "process_draft_approved": marked("Phê duyệt quy trình"),
        "process_draft_returned": marked("Trả lại quy trình"),
        "process_draft_published": marked("Ban hành bản thảo"),
        "process_draft_withdrawn": marked("Bỏ bản thảo"),
    }
)


def acts_of_administration(
    _viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    """The latest first: rights, units, assignments, deadlines, calendars, and versions of procedures."""
    kinds = [kind for group in ABOUT for kind in GROUPS[group] if kind not in QUIET]
    conditions = [
        (Event.stream == "administration") & Event.type.in_(kinds)
        | (Event.stream == "process") & Event.type.in_(list(PROCESS)),
        *in_span(asked),
    ]
    if asked.person:
        conditions.append(Event.actor_id.in_(people_named(asked.person)))
    found = list(db.session.scalars(select(Event.position).where(*conditions)))
    page, following = page_of(found, lambda one: (-one,), cursor, size)
    events = {one.position: one for one in db.session.scalars(select(Event).where(Event.position.in_(page)))}
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=_lines([events[one] for one in page]),
        total=len(found),
        summary=_("%(count)s việc quản trị trong phạm vi này.", count=len(found))
        if found
        else _("Không có việc quản trị nào trong phạm vi này."),
        next_cursor=following,
    )


def rights_before(
    viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    """What had been given to, or taken from, whoever did event `asked.event` of `asked.case`, until then."""
    case_id = the_case(viewer, asked.case)
    if asked.event is None:
        raise wrong("event", _("Ghi số thứ tự của sự kiện trong quá trình xử lý của hồ sơ, ví dụ 12."))
    done = next((one for one in case_events(case_id, after=asked.event - 1, limit=1)), None)
    if done is None or done.seq != asked.event:
        raise NotFound(_("Hồ sơ này không có sự kiện số %(seq)s.", seq=asked.event))
    columns = tuple(_(one) for one in RIGHTS_COLUMNS)
    if done.actor_id is None:
        return Answer(columns, (), 0, _("Sự kiện này do hệ thống ghi, không ai thực hiện."))
    who = names_of({done.actor_id}).get(done.actor_id, "")
    position = db.session.execute(
        select(Event.position).where(
            Event.stream == "case", Event.stream_id == str(case_id), Event.seq == done.seq
        )
    ).scalar_one()
    found = list(
        db.session.scalars(
            select(Event)
            .where(
                Event.stream == "administration",
                Event.type.in_(RIGHTS),
                Event.position < position,
                bodies.contains(Event.body, str(done.actor_id).encode()),
            )
            .order_by(Event.position.desc())
        )
    )
    mine = [one for one in found if _names(one, done.actor_id)]
    page, following = page_of(mine, lambda one: (-one.position,), cursor, size)
    return Answer(
        columns=columns,
        lines=_lines(page),
        total=len(mine),
        summary=_(
            "%(who)s thực hiện sự kiện số %(seq)s lúc %(at)s; trước đó có %(count)s lần giao, đổi quyền.",
            who=who,
            seq=done.seq,
            at=moment(done.at),
            count=len(mine),
        ),
        next_cursor=following,
    )


def _names(event: Event, user_id: uuid.UUID) -> bool:
    data = orjson.loads(event.body)["data"]
    return str(user_id) in (data.get("user"), data.get("substitute"), data.get("absent"))


def _lines(events: Sequence[Event]) -> list[Line]:
    of_administration = [event for event in events if event.stream == "administration"]
    changes = {
        event.position: change
        for event, change in zip(of_administration, told(of_administration), strict=True)
    }
    authors = names_of({event.actor_id for event in events if event.stream == "process" and event.actor_id})
    lines = []
    for event in events:
        data = orjson.loads(event.body)["data"]
        if (change := changes.get(event.position)) is not None:
            actor, sentence, details = change.actor, change.sentence, "; ".join(change.details)
            if change.acting_for:
                actor += _(" (xử lý thay %(absent)s)", absent=change.acting_for)
        else:
            actor = authors.get(event.actor_id, "") if event.actor_id else _("Hệ thống, dòng lệnh")
            sentence, details = _told_of_process(event.type, data), str(data.get("legal_basis") or "")
        before, after = before_after(event.type, data)
        lines.append(Line((moment(event.recorded_at), actor, sentence, before, after, details)))
    return lines


def _told_of_process(kind: str, data: Mapping[str, Any]) -> str:
    version = _(" phiên bản %(version)s", version=data["version"]) if data.get("version") else ""
    return f"{PROCESS[kind]} {data.get('key', '')}{version}"


def before_after(  # noqa: PLR0911 one way of telling for each kind of change
    kind: str, data: Mapping[str, Any]
) -> tuple[str, str]:
    """What the log says was before, and after: values where they changed, spans for what gives rights."""
    before, after = data.get("before"), data.get("after")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        changed = [key for key in after if before.get(key) != after.get(key)]
        return (
            "; ".join(f"{_field(key)}: {_shown(before.get(key))}" for key in changed),
            "; ".join(f"{_field(key)}: {_shown(after.get(key))}" for key in changed),
        )
    for many, name in (("deadlines", "wording"), ("days", "name")):
        if isinstance(data.get(many), list):
            return _many(data[many], name)
    if kind.endswith("_prolonged"):
        return _until(before), _until(data.get("to"))
    if kind.endswith(("_ended", "_cancelled", "_removed", "_deactivated")):
        return _("đang có"), _("không còn") + (f" ({_until(data['to'])})" if data.get("to") else "")
    if kind in ("person_appointed", "substitution_arranged", "member_assigned"):
        return _("chưa có"), _("từ %(day)s", day=_shown(data.get("from"))) + f", {_until(data.get('to'))}"
    if kind.endswith(("_added", "_imported", "_published")):
        return _("chưa có"), _("có")
    return "", ""


def _many(changes: Sequence[Mapping[str, Any]], name: str) -> tuple[str, str]:
    def said(one: Any) -> str:
        if not isinstance(one, Mapping):
            return _("không có")
        if "day" in one:
            return f"{_shown(one['day'])}: {one.get(name) or '–'} ({_shown(one.get('is_working'))})"
        return f"{one.get('element', '')}, {one.get('year', '')}: {one.get(name) or '–'}"

    return (
        "; ".join(said(one.get("before")) for one in changes),
        "; ".join(said(one.get("after")) for one in changes),
    )


def _until(day: Any) -> str:
    return _("đến hết %(day)s", day=_shown(day)) if day else _("chưa có ngày cuối")


def _field(key: str) -> str:
    names = {
        "name": _("Tên"),
        "title": _("Chức vụ"),
        "role": _("Vai trò"),
        "capacity": _("Tư cách ký"),
        "maximum": _("Tổng điểm"),
        "document": _("Văn bản"),
        "from": _("Từ ngày"),
        "to": _("Đến ngày"),
        "parent": _("Trực thuộc"),
        "source": _("Nguồn"),
        "code": _("Mã"),
    }
    return names.get(key, key)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("không có")
    if isinstance(value, bool):
        return _("làm việc") if value else _("nghỉ")
    text = str(value)
    if len(text) == 10 and text[4] == text[7] == "-":
        return f"{text[8:]}/{text[5:7]}/{text[:4]}"
    return text
