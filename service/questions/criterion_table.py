"""The answer about one criterion as a table: for files and the command line."""

from __future__ import annotations

from service.identity.viewer import Viewer
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.decided import DecidedCriterion, LevelAct, decided
from service.questions.kinds import moment, verdict
from service.questions.scope import the_case
from service.wording import _, marked

COLUMNS = (
    marked("Sự kiện"),
    marked("Bước"),
    marked("Giá trị"),
    marked("Kết luận"),
    marked("Người soạn"),
    marked("Người ký"),
    marked("Lúc"),
    marked("Lý do"),
    marked("Minh chứng"),
    marked("Còn hiệu lực"),
)


def decided_table(
    viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    found = decided(viewer, the_case(viewer, asked.case), asked.criterion)
    acts = [*found.acts, *([found.outcome] if found.outcome else [])]
    page, following = page_of(acts, lambda act: (act.seq,), cursor, size)
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=[Line(_cells(act), found.case.id, act.seq) for act in page],
        total=len(acts),
        summary=in_one_sentence(found),
        next_cursor=following,
        notes=tuple(one for one in (*found.differing, found.resolved, found.rule) if one),
    )


def in_one_sentence(found: DecidedCriterion) -> str:
    if not found.final:
        return _(
            "Chỉ tiêu %(id)s của %(commune)s chưa có kết luận cuối cùng: Sở chưa ghi kết quả thẩm tra.",
            id=found.criterion.id,
            commune=found.case.commune.name,
        )
    return _(
        "Chỉ tiêu %(id)s của %(commune)s: giá trị được tính là “%(raw)s”, %(verdict)s.",
        id=found.criterion.id,
        commune=found.case.commune.name,
        raw=found.final_raw or "–",
        verdict=verdict(found.final),
    )


def _cells(act: LevelAct) -> tuple[str, ...]:
    return (
        str(act.seq),
        act.name,
        act.raw,
        said(act),
        ", ".join((act.prepared_by, *act.helped_by)) if act.prepared_by else "",
        signer(act),
        moment(act.signed_at),
        act.reason,
        "; ".join(
            _(
                "%(name)s (bản %(version)s/%(versions)s, SHA-256 %(sha256)s)",
                name=one.name,
                version=one.version,
                versions=one.versions,
                sha256=one.sha256,
            )
            for one in act.evidence
        ),
        _("có") if act.counts else _("không"),
    )


def said(act: LevelAct) -> str:
    if act.returned:
        return _("trả lại")
    if act.agreed is False:
        return _("còn ý kiến khác nhau")
    if not act.verdict:
        return {"recognise": _("công nhận"), "refuse": _("không công nhận")}.get(act.decision, "")
    return verdict(act.verdict)


def signer(act: LevelAct) -> str:
    if not act.acting_for:
        return act.signed_by
    return _("%(who)s (xử lý thay %(absent)s)", who=act.signed_by, absent=act.acting_for)
