"""What must hold before a draft is submitted, decided about or published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from service.clock import local_day
from service.errors import BadDefinition, BadInput, SeparationOfDuties, WrongState
from service.identity.viewer import Seat, Viewer
from service.models import ProcessDraft
from service.processes.groups import agency_names, groups_named
from service.processes.publishing import Examined
from service.studio.checking import examined_draft, other_procedure
from service.studio.form_texts import title_of
from service.studio.queries import version_replaced
from service.studio.rights import RightsChange, rights_changes
from service.wording import _, recorded

LONGEST_NUMBER, LONGEST_NOTE = 100, 2000


@dataclass(frozen=True)
class LegalBasis:
    """By which paper a version is issued, from which day it holds, and what is to be said of it."""

    number: str
    issued_on: date
    effective_on: date
    note: str = ""

    def as_text(self) -> str:
        return recorded(f"{self.number} ngày {self.issued_on:%d/%m/%Y}")


def why_not_own(draft: ProcessDraft, viewer: Viewer, seat: Seat) -> str | None:
    """Why this person cannot decide on the draft: it is theirs, or their unit's; None where they may."""
    people = {str(viewer.id), str(seat.substitutes)}
    if people & {*draft.editors, str(draft.submitted_by)}:
        return _("Ông/bà đã soạn hoặc trình bản thảo này nên không phê duyệt được; cần một người khác.")
    if seat.unit_id == draft.submitted_unit:
        return _(
            "Bản thảo do chính đơn vị của ông/bà (%(unit)s) trình; người phê duyệt phải thuộc đơn vị khác.",
            unit=seat.unit_name,
        )
    return None


def refuse_own(draft: ProcessDraft, viewer: Viewer, seat: Seat) -> None:
    """Raises SeparationOfDuties."""
    if (why := why_not_own(draft, viewer, seat)) is not None:
        raise SeparationOfDuties(why)


def rights_of(draft: ProcessDraft, examined: Examined) -> list[RightsChange]:
    """What the draft gives and takes beside the version that it would take over from."""
    if examined.definition is None:
        return []
    replaced = version_replaced(draft.key, draft.effective_on)
    before = replaced.definition if replaced else None
    named = groups_named(examined.definition) | (groups_named(before) if before else frozenset())
    titles = {key: form.title for key, form in replaced.forms.items()} if replaced else {}
    titles |= {key: title_of(text) for key, text in examined.texts.items()}
    return rights_changes(before, examined.definition, agency_names(named), titles)


def basis_of(draft: ProcessDraft) -> LegalBasis:
    """What was submitted with the draft; raises WrongState before that."""
    if draft.legal_date is None or draft.effective_on is None:
        raise WrongState(_("Bản thảo chưa được trình."))
    return LegalBasis(draft.legal_number, draft.legal_date, draft.effective_on, draft.note)


def without_errors(draft: ProcessDraft, effective_on: date, now: datetime) -> Examined:
    examined = examined_draft(draft, effective_on=effective_on, now=now)
    errors = [*other_procedure(draft, draft.diagram), *examined.errors]
    if errors:
        raise BadDefinition(
            _(
                "Sơ đồ còn %(count)s lỗi. Hãy sửa hết các lỗi trong mục Kiểm tra rồi trình lại.",
                count=len(errors),
            ),
            problems=[problem.as_json() for problem in errors],
        )
    return examined


def same_as_submitted(draft: ProcessDraft, content_hash: str, now: datetime) -> Examined:
    """What is decided about is what was submitted, down to the procedures that it calls."""
    assert draft.effective_on is not None
    examined = without_errors(draft, draft.effective_on, now)
    if not content_hash or not content_hash == draft.content_hash == examined.content_hash:
        raise WrongState(
            _(
                "Nội dung không còn đúng như khi trình (quy trình được gọi đã có phiên bản khác). Hãy trả "
                "lại hoặc lấy lại bản thảo rồi trình lại."
            )
        )
    return examined


def refuse_incomplete(basis: LegalBasis, now: datetime) -> None:
    fields: dict[str, list[str]] = {}
    if not basis.number or len(basis.number) > LONGEST_NUMBER:
        fields["legal_number"] = [
            _("Ghi số, ký hiệu văn bản ban hành, không quá %(most)s ký tự.", most=LONGEST_NUMBER)
        ]
    if basis.issued_on > local_day(now):
        fields["legal_date"] = [_("Ngày văn bản không thể ở tương lai.")]
    if basis.effective_on < local_day(now):
        fields["effective_on"] = [
            _("Ngày hiệu lực phải từ hôm nay trở đi: hồ sơ đã mở vẫn theo phiên bản cũ.")
        ]
    if len(basis.note) > LONGEST_NOTE:
        fields["note"] = [_("Ghi chú dài quá %(most)s ký tự.", most=LONGEST_NOTE)]
    if fields:
        raise BadInput(fields=fields)


def refuse_long(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        sentence = _("Ý kiến dài quá %(most)s ký tự.", most=LONGEST_NOTE)
        raise BadInput(sentence, fields={"note": [sentence]})
