"""Every command of the service that commits something, with the scene in which it is tried.

ATOMIC commands are one transaction. STAGED ones are several on purpose; whoever runs them repeats them until
all is done. WITHIN names functions that only ever run as a part of others.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from flask import current_app
from sqlalchemy import delete, insert, select, update

from service import clock
from service.audit.operations import SYSTEM
from service.calendars.operations import OwnDay, import_years, set_day, set_days, unset_day
from service.calendars.pending import forget_pending
from service.cases import operations as cases
from service.database import db, transaction
from service.deadlines.operations import checked_deadline, remove_deadline, set_deadlines
from service.deliveries import operations as deliveries
from service.demo.loader import evidence_page
from service.documents.operations import number_document
from service.dossiers.operations import add_evidence, record_download
from service.identity import operations as identity
from service.identity import revocation
from service.identity.viewer import Viewer
from service.jobs.abandoned import release_abandoned
from service.jobs.announcing import announce_due
from service.jobs.messages import sweep_messages
from service.jobs.outbox import claim, claim_many, deliver, drain, give_back
from service.jobs.stopwatch import Watch
from service.jobs.timers import fire_due
from service.messages.operations import send
from service.messages.posting import post_message
from service.models import Case, Document, EvidenceFile, Notification, OutboxRow, Quota, Timer
from service.notifications import operations as bell
from service.notifications import webhooks
from service.notifications.kinds import Kind, Preference
from service.notifications.webhooks import add_webhook, remove_webhook
from service.processes.packaged import packaged_diagram, packaged_forms
from service.processes.publishing import publish_version
from service.processes.recomputing import recompute
from service.rounds import decision, proposal
from service.rounds import operations as rounds
from service.rounds.delivery import deliver_round_act
from service.tasks import operations as tasks
from service.tasks.completion import Signature
from tests.builders import (
    NOON,
    a_case_at,
    an_open_case,
    hand_up,
    open_task,
    person,
    story_answers,
    unit_id,
)
from tests.faults.administration_commands import ADMINISTRATION_ATOMIC, ADMINISTRATION_WITHIN
from tests.faults.everyday_commands import EVERYDAY_ATOMIC, EVERYDAY_STAGED, EVERYDAY_WITHIN
from tests.faults.log_commands import LOG_ATOMIC, LOG_STAGED
from tests.faults.retention_commands import RETENTION_ATOMIC, RETENTION_STAGED
from tests.faults.studio_commands import STUDIO_ATOMIC, STUDIO_STAGED, STUDIO_WITHIN
from tests.integration.service.correspondence import (
    answering_procedure,
    asking_procedure,
    service_task,
    signal,
)
from tests.integration.service.scenes import a_case_of, looping_procedure, published
from tests.unit.engine.drawing import Drawing

Act = Callable[[], object]
Scene = Callable[[], Act]
OFFICER, LEADER = "xa-thidu-chuyenvien", "xa-thidu-lanhdao"
SO, DIRECTOR, CHAIRMAN = "so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich"
LATER = NOON + timedelta(days=40)
WEBHOOK = {"name": "thử", "url": "https://nhan.example.vn/vao", "kinds": ["case_finished"]}


def _on_task(act: Callable[..., object], **more: Any) -> Scene:
    return lambda: partial(
        act, task_id=open_task(an_open_case(), "self_assess"), by=person(OFFICER), now=NOON, **more
    )


def _handed_up() -> uuid.UUID:
    return hand_up(an_open_case(), "self_assess", OFFICER, story_answers("self_assess"))


def _claimed() -> uuid.UUID:
    task_id = open_task(an_open_case(), "self_assess")
    tasks.claim_task(task_id=task_id, by=person(OFFICER), now=NOON)
    return task_id


def _signed_by_leader(act: Callable[..., object], **more: Any) -> Scene:
    return lambda: partial(act, task_id=_handed_up(), by=person(LEADER), now=NOON, **more)


def _completion() -> Act:
    task_id = open_task(a_case_of(looping_procedure()), "work")
    return partial(
        tasks.complete_task, task_id=task_id, answers={"action": "again"}, by=person(OFFICER), now=NOON
    )


def _return() -> Act:
    task_id = open_task(a_case_at("district_appraise"), "district_appraise")
    answers = {"reason": "Thiếu minh chứng", "due_on": "2023-12-05"}
    return partial(
        tasks.return_case, task_id=task_id, answers=answers, by=person("huyen-bimson-lanhdao"), now=NOON
    )


def _opening() -> Act:
    by = person(SO)
    return partial(cases.open_case, commune_id=unit_id("xa-thi-du"), year=2023, by=by, now=NOON)


def _on_case(act: Callable[..., object], who: str, step: str, **more: Any) -> Scene:
    return lambda: partial(act, case_id=a_case_at(step), reason="Thử", by=person(who), now=NOON, **more)


def _round(until: str) -> uuid.UUID:
    """A round with one case, as far as `until`: open, added, text, submitted, signed."""
    case_id, officer = a_case_at("department_submit"), person(SO)
    asked: dict[str, Any] = {"by": officer, "now": NOON}
    round_id = rounds.open_round(year=2023, **asked)
    steps: dict[str, Act] = {
        "added": partial(rounds.add_cases, round_id=round_id, case_ids=[case_id], **asked),
        "text": partial(proposal.save_proposal, round_id=round_id, text="Kính trình", seen_rev=None, **asked),
        "submitted": partial(proposal.submit_round_for_signature, round_id=round_id, **asked),
        "signed": partial(proposal.sign_submission, round_id=round_id, by=person(DIRECTOR), now=NOON),
    }
    for name, step in steps.items():
        if until == "open":
            break
        step()
        if name == until:
            break
    return round_id


def _on_round(act: Callable[..., object], until: str, who: str, **more: Any) -> Scene:
    return lambda: partial(act, round_id=_round(until), by=person(who), now=NOON, **more)


def _adding() -> Act:
    round_id = _round("open")
    [case_id] = _case_ids()
    return partial(rounds.add_cases, round_id=round_id, case_ids=[case_id], by=person(SO), now=NOON)


def _removing() -> Act:
    round_id = _round("added")
    return partial(rounds.remove_case, round_id=round_id, case_id=_case_ids()[0], by=person(SO), now=NOON)


def _case_ids() -> list[uuid.UUID]:
    return list(db.session.scalars(select(Case.id).order_by(Case.code)))


def _deciding() -> Act:
    round_id = _round("signed")
    drain(NOON)
    outcomes = dict.fromkeys(_case_ids(), ("refuse", "Chưa đạt"))
    return partial(decision.decide_round, round_id=round_id, outcomes=outcomes, by=person(CHAIRMAN), now=NOON)


def _set_aside_untold() -> Act:
    """Sở hears of the Decision, and its commune of the case that is left for later."""
    round_id = _round("signed")
    drain(NOON)
    outcomes = dict.fromkeys(_case_ids(), ("set_aside", "Chờ xác minh"))
    decision.decide_round(round_id=round_id, outcomes=outcomes, by=person(CHAIRMAN), now=NOON)
    return partial(drain, NOON)


def _waiting_row() -> int:
    _round("signed")
    return db.session.scalars(select(OutboxRow.id).where(OutboxRow.kind == "round_act")).one()


def _delivery() -> Act:
    row = db.session.get_one(OutboxRow, _waiting_row())
    return partial(deliver_round_act, case_id=row.case_id, payload=dict(row.payload), now=NOON)


def _claimed_delivery() -> Act:
    outbox_id = _waiting_row()
    claim(NOON, outbox_id)
    return partial(deliver, outbox_id, NOON)


def _giving_back() -> Act:
    outbox_id = _waiting_row()
    claim(NOON, outbox_id)
    return partial(give_back, [outbox_id])


def _numbering() -> Act:
    unnumbered = Signature(number="")
    tasks.sign_task(task_id=_handed_up(), signature=unnumbered, by=person(LEADER), now=NOON)
    document_id = db.session.scalars(select(Document.id)).one()
    return partial(
        number_document,
        document_id=document_id,
        number="12/BC-UBND",
        issued_on=date(2023, 11, 20),
        by=person(OFFICER),
        now=NOON,
    )


def _uploading() -> Act:
    task_id, by = open_task(an_open_case(), "self_assess"), person(OFFICER)
    root = current_app.config["SETTINGS"].files_dir

    def act() -> object:
        return add_evidence(
            task_id=task_id,
            criterion="2.6",
            name="a.pdf",
            stream=BytesIO(evidence_page()),
            root=root,
            largest=5_000_000,
            by=by,
            now=NOON,
        )

    return act


def _downloading() -> Act:
    _uploading()()
    file, by = db.session.scalars(select(EvidenceFile)).one(), person("so-tttt-chuyenvien")
    db.session.expunge(file)
    return partial(record_download, file=file, by=by, now=NOON)


def _new_user() -> Act:
    return partial(
        identity.add_user,
        username="nguoi-moi",
        display_name="Người mới",
        password="du-dai-va-la",
        hashed="x",
        now=NOON,
    )


PASSWORD = "mot-mat-khau-nao-do"


def _cheaply_hashed() -> Viewer:
    """The officer, with a password hashed as the test's hasher does it."""
    identity.set_password(username=OFFICER, password=PASSWORD, now=NOON)
    return person(OFFICER)


def _logged_in() -> str:
    who = _cheaply_hashed().username
    return identity.log_in(username=who, password=PASSWORD, now=NOON, hours=1)[1]


def _webhook() -> None:
    add_webhook(**WEBHOOK, allowed_hosts=["nhan.example.vn"], now=NOON)


def _with_webhook(act: Callable[..., object], **more: Any) -> Scene:
    def scene() -> Act:
        _webhook()
        return partial(act, now=NOON, **more)

    return scene


def _switching_off() -> Act:
    _webhook()
    webhook = webhooks.webhook_named("thử")
    return partial(webhooks.switch_off, webhook_id=webhook.id, why="410", now=NOON)


def _notified() -> int:
    an_open_case()
    announce_due(NOON)
    return (
        db.session.scalars(select(Notification.id).where(Notification.user_id == person(OFFICER).id)).first()
        or 0
    )


def _imported() -> None:
    import_years(years=[2023], now=NOON)


OWN_DAY = OwnDay(date(2023, 11, 24), is_working=False, name="Nghỉ thử", source="QĐ thử")
CELLS = {
    "procedure": "recognition",
    "year": "2023",
    "district": "",
    "element": "self_assess",
    "wording": "chậm nhất ngày 20/12/2023",
    "last_day": "2023-12-20",
    "source": "thử",
}


def _after_import(act: Callable[..., object], **more: Any) -> Scene:
    def scene() -> Act:
        _imported()
        return partial(act, now=NOON, **more)

    return scene


def _unsetting() -> Act:
    _imported()
    set_day(decision=OWN_DAY, now=NOON)
    return partial(unset_day, day=OWN_DAY.day, now=NOON)


def _set_deadline() -> Any:
    row = checked_deadline(CELLS)
    set_deadlines(rows=[row], now=NOON)
    return row


def _recomputing() -> Act:
    an_open_case()
    cells = {
        **CELLS,
        "district": "thi-xa-bim-son",
        "last_day": "2023-12-08",
        "wording": "đến ngày 08/12/2023",
    }
    set_deadlines(rows=[checked_deadline(cells)], now=NOON)
    return partial(recompute, reason="Thử", now=NOON)


def _noted() -> Act:
    _imported()
    set_day(decision=OWN_DAY, now=NOON)
    return forget_pending


def _late_timer() -> Act:
    a_case_of(looping_procedure("P30D"))
    return partial(fire_due, LATER)


def _sent() -> Act:
    """A question to a case that waits for it, not yet posted."""
    asking_procedure()
    answering_procedure()
    a_case_of("answering")
    task_id = open_task(a_case_of("asking"), "write")
    tasks.complete_task(task_id=task_id, answers={"action": "hỏi"}, by=person(OFFICER), now=NOON)
    return partial(drain, NOON)


def _posting() -> Act:
    _sent()
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "message")).one()
    return partial(post_message, case_id=row.case_id, payload=dict(row.payload), now=NOON, outbox_id=row.id)


def _published_anew() -> Act:
    drawing = Drawing("straight")
    drawing.chain(drawing.start(), drawing.task("work"), drawing.end())
    return partial(published, drawing)


def _two_assigned() -> Act:
    """Quotas of two communes only: every boundary of every case is tried."""
    with transaction() as session:
        kept = [unit_id("phuong-ngoc-trao"), unit_id("xa-quang-trung")]
        session.execute(delete(Quota).where(Quota.commune_id.not_in(kept)))
    return partial(cases.open_assigned_cases, year=2023, by=person(SO), now=NOON)


def _dead_row() -> int:
    outbox_id = _waiting_row()
    with transaction() as session:
        session.execute(update(OutboxRow).values(state="dead", attempts=12))
    return outbox_id


def _dead_mail() -> int:
    times = {"available_at": NOON, "created_at": NOON}
    row = {"kind": "email", "payload": {}, "state": "dead", "attempts": 12, "last_error": "hỏng", **times}
    with transaction() as session:
        return int(session.execute(insert(OutboxRow).values(row)).inserted_primary_key[0])


def _failed_timer() -> uuid.UUID:
    a_case_of(looping_procedure("P30D"))
    with transaction() as session:
        session.execute(update(Timer).values(attempts=3, retry_at=LATER, last_error="hỏng"))
    return db.session.scalars(select(Timer.id)).one()


def _abandoned() -> Act:
    outbox_id, watch = _waiting_row(), Watch[tuple[int, int]]()
    claim(NOON, outbox_id)
    watch._since = {(outbox_id, 1): float("-inf")}
    return partial(release_abandoned, watch, NOON)


def _job() -> Act:
    """A service task tells the district, in the case's own transaction."""
    drawing = Drawing("notifying")
    drawing.start()
    service_task(drawing, "tell", "notify", group="district", text="Hồ sơ đã sẵn sàng")
    drawing.task("follow")
    drawing.end()
    drawing.chain("opened", "tell", "follow", "done")
    a_case_of(published(drawing))
    return partial(drain, NOON)


def _finished() -> Act:
    task_id = open_task(a_case_of(looping_procedure()), "work")
    tasks.complete_task(task_id=task_id, answers={"action": "done"}, by=person(OFFICER), now=NOON)
    return partial(drain, NOON)


def listening_procedure() -> str:
    drawing = Drawing("listening")
    drawing.chain(drawing.start(), drawing.catch("called", signal(drawing, "alarm")), drawing.end())
    return published(drawing)


def _signal() -> Act:
    a_case_of(listening_procedure())
    a_case_of("listening", commune="xa-thi-du", year=2024)
    send(kind="signal", name="alarm", payload={}, by=None, now=NOON)
    return partial(drain, NOON)


def _early_message() -> Act:
    """A question sent before there is a case to receive it; the sweep finds the case that has come since."""
    act = _sent_too_early()
    a_case_of("answering")
    return lambda: (sweep_messages(NOON), act())


def _sent_too_early() -> Act:
    asking_procedure()
    answering_procedure()
    task_id = open_task(a_case_of("asking"), "write")
    tasks.complete_task(task_id=task_id, answers={"action": "hỏi"}, by=person(OFFICER), now=NOON)
    drain(NOON)
    return partial(drain, NOON)


ATOMIC: dict[str, Scene] = {
    "tasks.operations.claim_task": _on_task(tasks.claim_task),
    "tasks.operations.release_task": lambda: partial(
        tasks.release_task, task_id=_claimed(), by=person(OFFICER), now=NOON
    ),
    "tasks.operations.save_draft": _on_task(
        tasks.save_draft, answers=story_answers("self_assess"), seen_rev=0
    ),
    "tasks.operations.submit_for_signature": _on_task(
        tasks.submit_for_signature, answers=story_answers("self_assess")
    ),
    "tasks.operations.send_back_to_officer": _signed_by_leader(
        tasks.send_back_to_officer, reason="Thiếu số liệu"
    ),
    "tasks.operations.sign_task": _signed_by_leader(tasks.sign_task),
    "tasks.operations.complete_task": _completion,
    "tasks.operations.return_case": _return,
    "cases.operations.open_case": _opening,
    "cases.operations.withdraw_case": _on_case(cases.withdraw_case, LEADER, "district_appraise"),
    "cases.operations.dissolve_commune": _on_case(cases.dissolve_commune, DIRECTOR, "district_appraise"),
    "cases.operations.go_on_without_opinion": _on_case(
        cases.go_on_without_opinion,
        DIRECTOR,
        "member_opinion",
        consent=cases.Consent("12/CT", date(2023, 11, 1)),
    ),
    "rounds.operations.open_round": lambda: partial(rounds.open_round, year=2023, by=person(SO), now=NOON),
    "rounds.operations.delete_round": _on_round(rounds.delete_round, "open", SO),
    "rounds.operations.add_cases": _adding,
    "rounds.operations.remove_case": _removing,
    "rounds.proposal.save_proposal": _on_round(
        proposal.save_proposal, "added", SO, text="Kính trình", seen_rev=None
    ),
    "rounds.proposal.restore_standard_text": _on_round(
        proposal.restore_standard_text, "text", SO, seen_rev=None
    ),
    "rounds.proposal.submit_round_for_signature": _on_round(proposal.submit_round_for_signature, "text", SO),
    "rounds.proposal.send_round_back": _on_round(
        proposal.send_round_back, "submitted", DIRECTOR, reason="Sửa"
    ),
    "rounds.proposal.sign_submission": _on_round(proposal.sign_submission, "submitted", DIRECTOR),
    "rounds.decision.decide_round": _deciding,
    "rounds.delivery.deliver_round_act": _delivery,
    "documents.operations.number_document": _numbering,
    "dossiers.operations.add_evidence": _uploading,
    "dossiers.operations.record_download": _downloading,
    "identity.operations.add_user": _new_user,
    "identity.operations.appoint": lambda: partial(
        identity.appoint,
        username=OFFICER,
        position_code="xa-thi-du/xa-thidu-lanhdao",
        valid_from=date(2024, 1, 1),
        now=NOON,
    ),
    "identity.operations.change_password": lambda: partial(
        identity.change_password,
        user_id=_cheaply_hashed().id,
        current=PASSWORD,
        new="mot-mat-khau-khac",
        now=NOON,
    ),
    "identity.operations.set_password": lambda: partial(
        identity.set_password, username=OFFICER, password="mot-mat-khau-khac", now=NOON
    ),
    "identity.operations.give_role": lambda: partial(
        identity.give_role, username=OFFICER, role="clerk", unit_code="xa-thi-du", now=NOON
    ),
    "identity.operations.log_in": lambda: partial(
        identity.log_in, username=_cheaply_hashed().username, password=PASSWORD, now=NOON, hours=1, former="x"
    ),
    "identity.operations.log_out": lambda: partial(identity.log_out, secret=_logged_in(), now=NOON),
    "identity.operations.issue_token": lambda: partial(identity.issue_token, username=OFFICER, now=NOON),
    "identity.revocation.activate": lambda: partial(revocation.activate, username=OFFICER, now=NOON),
    "identity.revocation.deactivate": lambda: partial(revocation.deactivate, username=OFFICER, now=NOON),
    "identity.revocation.end_role": lambda: partial(
        revocation.end_role, username=OFFICER, role="officer", unit_code="xa-thi-du", now=NOON
    ),
    "identity.revocation.revoke_tokens": lambda: partial(
        revocation.revoke_tokens, username=OFFICER, now=NOON
    ),
    "processes.publishing.publish_version": lambda: partial(
        publish_version,
        diagram=packaged_diagram(),
        forms={key: form + b"\n" for key, form in packaged_forms().items()},
        catalogue="qd-1829",
        legal_basis="thử",
        effective_on=date(2024, 1, 1),
        now=NOON,
    ),
    "calendars.operations.import_years": lambda: partial(import_years, years=[2023, 2024], now=NOON),
    "calendars.operations.set_day": _after_import(set_day, decision=OWN_DAY),
    "calendars.operations.set_days": _after_import(set_days, decisions=[OWN_DAY]),
    "calendars.operations.unset_day": _unsetting,
    "calendars.pending.forget_pending": _noted,
    "deadlines.operations.set_deadlines": lambda: partial(
        set_deadlines, rows=[checked_deadline(CELLS)], now=NOON
    ),
    "deadlines.operations.remove_deadline": lambda: partial(
        remove_deadline, key=_set_deadline().key, now=NOON
    ),
    "notifications.operations.mark_read": lambda: partial(
        bell.mark_read, notification_id=_notified(), by=person(OFFICER), now=NOON
    ),
    "notifications.operations.mark_all_read": lambda: (
        _notified(),
        partial(bell.mark_all_read, by=person(OFFICER), now=NOON),
    )[1],
    "notifications.operations.save_preferences": lambda: partial(
        bell.save_preferences,
        email="a@example.vn",
        kinds=[Preference(next(iter(Kind)), bell=True, email=True)],
        by=person(OFFICER),
        now=NOON,
    ),
    "notifications.webhooks.add_webhook": lambda: partial(
        add_webhook, **WEBHOOK, allowed_hosts=["nhan.example.vn"], now=NOON
    ),
    "notifications.webhooks.remove_webhook": _with_webhook(remove_webhook, name="thử"),
    "notifications.webhooks.rotate_secret": _with_webhook(webhooks.rotate_secret, name="thử"),
    "notifications.webhooks.finish_rotation": lambda: (
        _webhook(),
        webhooks.rotate_secret(name="thử", now=NOON),
        partial(webhooks.finish_rotation, name="thử", now=NOON),
    )[2],
    "notifications.webhooks.switch_off": _switching_off,
    "notifications.webhooks.switch_on": lambda: (
        _switching_off()(),
        partial(webhooks.switch_on, name="thử", now=NOON),
    )[1],
    "clock.set_demo_clock": lambda: partial(clock.set_demo_clock, NOON),
    "jobs.outbox.claim": lambda: partial(claim, NOON, _waiting_row()),
    "jobs.outbox.claim_many": lambda: (_waiting_row(), partial(claim_many, NOON, 5))[1],
    "jobs.outbox.give_back": _giving_back,
    "messages.posting.post_message": _posting,
    "messages.operations.send": lambda: (
        listening_procedure(),
        partial(send, kind="signal", name="alarm", payload={}, by=None, now=NOON),
    )[1],
    "jobs.abandoned.release_abandoned": _abandoned,
    "deliveries.operations.retry_delivery": lambda: partial(
        deliveries.retry_delivery, outbox_id=_dead_row(), by=SYSTEM, now=NOON
    ),
    "deliveries.operations.retry_all": lambda: (
        _dead_row(),
        partial(deliveries.retry_all, by=SYSTEM, now=NOON),
    )[1],
    "deliveries.operations.drop_delivery": lambda: partial(
        deliveries.drop_delivery, outbox_id=_dead_mail(), reason="Thử", by=SYSTEM, now=NOON
    ),
    "deliveries.operations.retry_timer": lambda: partial(
        deliveries.retry_timer, timer_id=_failed_timer(), by=SYSTEM, now=NOON
    ),
    **EVERYDAY_ATOMIC,
    **ADMINISTRATION_ATOMIC,
    **LOG_ATOMIC,
    **RETENTION_ATOMIC,
    **STUDIO_ATOMIC,
}

# Whoever runs these runs them again and again: what a crash leaves undone, the next one does.
STAGED: dict[str, Scene] = {
    "cases.operations.open_assigned_cases": _two_assigned,
    "jobs.outbox.drain": lambda: (_waiting_row(), partial(drain, NOON))[1],
    "jobs.outbox.deliver": _claimed_delivery,
    "jobs.timers.fire_due": _late_timer,
    "jobs.announcing.announce_due": lambda: (an_open_case(), partial(announce_due, NOON))[1],
    "processes.recomputing.recompute": _recomputing,
    "a message on its way": _sent,
    "a signal on its way": _signal,
    "a message sent too early": _early_message,
    "a case that has ended": _finished,
    "a job of a service task": _job,
    "a round of which people are told": _set_aside_untold,
    **EVERYDAY_STAGED,
    **STUDIO_STAGED,
    **LOG_STAGED,
    **RETENTION_STAGED,
}

WITHIN: dict[str, str] = {
    "tasks.completion.complete": "tasks.operations.sign_task",
    "tasks.completion.compute": "tasks.operations.sign_task",
    "processes.packaged.publish_packaged": "processes.publishing.publish_version",
    "notifications.announcements.announce_tasks": "jobs.announcing.announce_due",
    "jobs.worker.handle_outbox": "jobs.outbox.deliver",
    "jobs.housekeeping.tidy": "processes.recomputing.recompute",
    "jobs.housekeeping.resume_recomputing": "processes.recomputing.recompute",
    "jobs.service_tasks.handle_job": "a job of a service task",
    "jobs.messages.handle_message": "a message on its way",
    "jobs.messages.handle_delivery": "a message on its way",
    "messages.delivery.deliver_message": "a message on its way",
    "jobs.messages.handle_signal": "a signal on its way",
    "messages.posting.broadcast": "a signal on its way",
    "jobs.messages.sweep_messages": "a message sent too early",
    "messages.waiting.sweep": "a message sent too early",
    "jobs.announcing.deliver_case_finished": "a case that has ended",
    "notifications.finishing.announce_finished": "a case that has ended",
    "jobs.announcing.deliver_round_told": "a round of which people are told",
    "notifications.rounds.announce_round": "a round of which people are told",
    # They commit where the other side has said that it is gone, and nowhere else.
    "jobs.announcing.deliver_webhook": "notifications.webhooks.switch_off",
    "notifications.delivering.send_webhook": "notifications.webhooks.switch_off",
    "http.idempotency.idempotent": "tasks.operations.complete_task",
    **EVERYDAY_WITHIN,
    **STUDIO_WITHIN,
    **ADMINISTRATION_WITHIN,
}
# They write nothing (a transaction only to read one state), or only drop what is out of date.
HARMLESS = {
    "deadlines.operations.checked_deadline",
    "deadlines.operations.check_known",
    "deadlines.operations.trial_of",
    "http.idempotency.forget_old_answers",
    "jobs.heartbeat.forget_old_beats",
}
# Commands about a whole database, whose own tests kill them.
ELSEWHERE = {
    "backup.operations.back_up": "tests/integration/test_backup.py",
    "backup.restoring.restore": "tests/integration/test_backup.py",
}
