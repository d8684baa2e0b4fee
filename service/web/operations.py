"""*Vận hành*: what waits and what failed, for administrators; auditors look on."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.audit.alarms import stuck_cases
from service.audit.operations import Actor
from service.deliveries import kinds, queries
from service.deliveries.operations import drop_delivery, retry_all, retry_delivery, retry_timer
from service.errors import BadInput, NotFound, WrongState
from service.http.access import current_viewer, now, policy
from service.models import Role
from service.web import pages
from service.wording import Words, marked

ADMINISTRATOR, AUDITOR = f"role:{Role.ADMINISTRATOR}", f"role:{Role.AUDITOR}"
ROLE_WORDS = Words(
    {"web": marked("Máy chủ web"), "worker": marked("Xử lý việc chờ"), "scheduler": marked("Trông thời hạn")}
)


@pages.get("/van-hanh")
@policy(ADMINISTRATOR, AUDITOR)
def operations_page() -> Any:
    return _page()


@pages.post("/van-hanh/chay-lai-tat-ca")
@policy(ADMINISTRATOR)
def retry_all_deliveries() -> Any:
    count = retry_all(by=_actor(), now=now())
    flash(
        _("Đã cho chạy lại %(count)s việc.", count=count) if count else _("Không có việc nào đã dừng hẳn."),
        "success" if count else "info",
    )
    return _back()


@pages.post("/van-hanh/viec/<int:outbox_id>/chay-lai")
@policy(ADMINISTRATOR)
def retry_one_delivery(outbox_id: int) -> Any:
    retry_delivery(outbox_id=outbox_id, by=_actor(), now=now())
    flash(_("Việc số %(outbox_id)s sẽ được chạy lại ngay.", outbox_id=outbox_id), "success")
    return _back()


@pages.get("/van-hanh/viec/<int:outbox_id>/bo")
@policy(ADMINISTRATOR)
def ask_why_dropped(outbox_id: int) -> Any:
    one = _delivery(outbox_id)
    if (instead := kinds.NEVER_DROPPED.get(one.kind)) is not None:
        raise WrongState(instead)
    return render_template("operations/drop.html", one=one, kinds=kinds, errors={})


@pages.post("/van-hanh/viec/<int:outbox_id>/bo")
@policy(ADMINISTRATOR)
def drop_one_delivery(outbox_id: int) -> Any:
    one = _delivery(outbox_id)
    try:
        drop_delivery(outbox_id=outbox_id, reason=request.form.get("reason", ""), by=_actor(), now=now())
    except BadInput as error:
        return render_template("operations/drop.html", one=one, kinds=kinds, errors=error.fields), 422
    flash(
        _("Đã bỏ việc số %(outbox_id)s; các việc sau nó của hồ sơ được làm tiếp.", outbox_id=outbox_id),
        "success",
    )
    return _back()


@pages.post("/van-hanh/thoi-han/<uuid:timer_id>/thu-lai")
@policy(ADMINISTRATOR)
def retry_one_timer(timer_id: uuid.UUID) -> Any:
    retry_timer(timer_id=timer_id, by=_actor(), now=now())
    flash(_("Thời hạn này sẽ được thử lại ngay."), "success")
    return _back()


def _page() -> Any:
    after = request.args.get("sau", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    failed = queries.failed_deliveries(after=start, limit=queries.PAGE + 1)
    counts = queries.counts_by_kind()
    return render_template(
        "operations/page.html",
        counts=counts,
        dead=sum(one.dead for one in counts),
        failed=failed[: queries.PAGE],
        following=failed[queries.PAGE - 1].id if len(failed) > queries.PAGE else None,
        is_later_page=start > 0,
        timers=queries.failing_timers(),
        stuck=stuck_cases(now()),
        processes=queries.processes(now()),
        messages_waiting=queries.messages_waiting(),
        last_backup=queries.last_backup_at(),
        may_act=current_viewer().has(Role.ADMINISTRATOR),
        kinds=kinds,
        role_words=ROLE_WORDS,
    )


def _delivery(outbox_id: int) -> queries.Delivery:
    one = queries.read_delivery(outbox_id)
    if one is None:
        raise NotFound(_("Việc này không còn trong danh sách lỗi: đã được làm xong, hoặc đã bỏ."))
    return one


def _actor() -> Actor:
    return Actor(current_viewer().id)


def _back() -> Any:
    return redirect(url_for("pages.operations_page"), 303)
