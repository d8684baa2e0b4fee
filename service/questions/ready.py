"""The ready questions: what each asks, how it is computed, what it is for, and who may ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.errors import NotAllowed, NotFound
from service.identity.viewer import Viewer
from service.models import Role
from service.questions import kinds
from service.questions.accesses import accesses
from service.questions.administration import acts_of_administration, rights_before
from service.questions.answers import PAGE, Answer
from service.questions.asked import Asked
from service.questions.criterion_table import decided_table
from service.questions.disagreements import disagreements
from service.questions.hurried import hurried
from service.questions.late import late_steps
from service.questions.returned import returned_often
from service.questions.searching import search
from service.questions.separation import breaches
from service.questions.substituted import done_by_substitutes
from service.wording import _, marked

SEARCH, DECIDED = "tim", "ai-quyet-dinh"
_OF_CASES = ("year", "unit", "case", "status", "outcome", "version")
_SPAN = ("since", "until")
AUDITORS = (Role.AUDITOR, Role.CHAIRMAN)
ADMINISTRATION = (Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Question:
    """`fields`: the filters of Asked that it takes; `roles`: who may ask, () for whoever sees cases.

    `needs`: filters without which there is nothing to answer.
    """

    key: str
    title: str
    computed: str
    meaning: str
    fields: tuple[str, ...]
    answer: Callable[..., Answer]
    roles: tuple[Role, ...] = ()
    needs: tuple[str, ...] = ()
    asks_time: bool = False

    def may_ask(self, viewer: Viewer) -> bool:
        return viewer.has(*self.roles) if self.roles else sees_cases(viewer)

    def ask(
        self,
        viewer: Viewer,
        asked: Asked,
        *,
        now: datetime,
        cursor: str | None = None,
        size: int | None = PAGE,
    ) -> Answer:
        """Raises NotAllowed where this person may not ask it, BadInput for filters that cannot be."""
        if not self.may_ask(viewer):
            raise NotAllowed(_("Câu hỏi này dành cho người có quyền kiểm tra."))
        more: dict[str, Any] = {"now": now} if self.asks_time else {}
        return self.answer(viewer, self.only_its_own(asked), cursor=cursor, size=size, **more)

    def only_its_own(self, asked: Asked) -> Asked:
        """Without filters that it does not take."""
        return Asked(**{name: getattr(asked, name) for name in self.fields})

    def is_complete(self, asked: Asked) -> bool:
        """Whether all that it needs is said."""
        return all(getattr(asked, name) not in ("", None) for name in self.needs)


def sees_cases(viewer: Viewer) -> bool:
    return bool(
        viewer.sees_all_cases
        or viewer.communes
        or viewer.own_districts
        or viewer.districts
        or viewer.agencies
    )


def may_ask_anything(viewer: Viewer) -> bool:
    return any(one.may_ask(viewer) for one in QUESTIONS.values())


def is_overseeing(viewer: Viewer) -> bool:
    """For whom asking about many cases is daily work: they find the room in the navigation."""
    return viewer.sees_all_cases or viewer.has(Role.LEADER, Role.MEMBER, Role.ADMINISTRATOR)


def question(key: str) -> Question:
    """Raises NotFound."""
    if key not in QUESTIONS:
        raise NotFound(_("Không có câu hỏi này."))
    return QUESTIONS[key]


_ALL = (
    Question(
        SEARCH,
        marked("Tìm trong mọi hồ sơ"),
        marked(
            "Đọc nhật ký của mọi hồ sơ ông/bà được xem; mỗi dòng là một sự kiện và dẫn thẳng tới sự kiện đó. "
            "Tên người và đơn vị tìm không cần dấu."
        ),
        marked("Truy vết ai đã làm gì, lúc nào, ở hồ sơ nào."),
        (*_OF_CASES, *_SPAN, "person", "part", "criterion", "level", "verdict", "kind", "step"),
        search,
    ),
    Question(
        DECIDED,
        marked("Ai đã quyết định một chỉ tiêu, dựa trên minh chứng nào, trái với ý kiến của ai?"),
        marked(
            "Đọc mọi bản đã ký của hồ sơ có ghi chỉ tiêu đó: giá trị, kết luận, người soạn, người ký, tệp "
            "kèm theo mã băm lúc ký. Giá trị cuối cùng tính lại theo đúng quy tắc mà quy trình dùng."
        ),
        marked(
            "Trả lời khiếu nại, kiến nghị về một chỉ tiêu cụ thể. Căn cứ: Phụ lục 02, mục 2.1 đến 2.3, "
            "Quyết định 1829/QĐ-UBND."
        ),
        ("case", "criterion"),
        decided_table,
        needs=("case", "criterion"),
    ),
    Question(
        "bat-dong",
        marked("Các cấp kết luận khác nhau ở đâu, giải quyết thế nào?"),
        marked(
            "So kết luận của từng cấp về từng chỉ tiêu trong các bản đang có hiệu lực, thêm chỗ mà quy tắc "
            "đối chiếu Sở với Thành viên đã ghi vào nhật ký. Số liệu khác nhau mà cùng kết luận thì không "
            "tính."
        ),
        marked(
            "Sở và Thành viên chưa thống nhất thì phải có Hội nghị trao đổi, làm rõ (Phụ lục 02, mục 2.3); "
            "Sở khác cấp huyện chỉ là cảnh báo."
        ),
        (*_OF_CASES, "criterion"),
        disagreements,
    ),
    Question(
        "cham-han",
        marked("Bước nào chậm hạn, chậm bao nhiêu ngày làm việc?"),
        marked(
            "Lấy hạn của từng việc (đã kể các lần tính lại) so với ngày xong, hoặc với hôm nay nếu chưa "
            "xong; đếm ngày làm việc từ sau ngày hạn theo lịch làm việc của tỉnh."
        ),
        marked("Trách nhiệm về thời hạn theo Phụ lục 02 và Quyết định của từng đợt."),
        (*_OF_CASES, *_SPAN, "step"),
        late_steps,
        asks_time=True,
    ),
    Question(
        "tra-lai",
        marked("Hồ sơ nào bị trả lại nhiều lần?"),
        marked("Đếm các lần “Trả lại bổ sung”, “Chuyển lại Sở” đã ký của mỗi hồ sơ trong khoảng thời gian."),
        marked("Trả lại nhiều lần cho thấy hướng dẫn chưa rõ, hồ sơ làm chưa kỹ, hoặc gây khó cho cấp dưới."),
        (*_OF_CASES, *_SPAN, "returns"),
        returned_often,
    ),
    Question(
        "ky-nhanh",
        marked("Việc nào được ký chỉ trong vài phút?"),
        marked(
            "Số phút từ lúc người ký có hồ sơ trước mặt đến lúc ký: từ lúc trình ký, từ lúc hồ sơ đến bước "
            "nếu không qua trình ký, từ lúc ký Tờ trình nếu là Quyết định của đợt."
        ),
        marked("Ký quá nhanh có thể là ký mà không xem; ngưỡng do người hỏi chọn, không phải vi phạm tự nó."),
        (*_OF_CASES, *_SPAN, "minutes"),
        hurried,
    ),
    Question(
        "xu-ly-thay",
        marked("Việc nào do người xử lý thay làm, theo căn cứ nào?"),
        marked(
            "Đọc nhật ký: mỗi việc làm thay ghi tên người vắng mặt; căn cứ là ủy quyền có hiệu lực đúng ngày "
            "đó ở đúng vị trí đó."
        ),
        marked("Ủy quyền phải bằng văn bản, có thời hạn; làm thay ngoài thời hạn là sai thẩm quyền."),
        (*_OF_CASES, *_SPAN),
        done_by_substitutes,
    ),
    Question(
        "tach-bach",
        marked("Có ai vi phạm tách bạch nhiệm vụ không?"),
        marked(
            "Đọc lại từng lần ký, soạn, cùng ghi trong nhật ký và trong các bản đã nộp, không dùng phần mã "
            "ngăn chặn: một người ở hai cấp của một hồ sơ; người soạn tự ký; ký cả Tờ trình lẫn Quyết định; "
            "tự phê duyệt quy trình mình vẽ."
        ),
        marked(
            "Mỗi cấp đánh giá độc lập (Phụ lục 02); người soạn không tự ký; quy trình do người này vẽ, người "
            "đơn vị khác phê duyệt. Kết quả mong đợi: không có."
        ),
        _OF_CASES,
        breaches,
    ),
    Question(
        "quan-tri",
        marked("Quyền, thời hạn, lịch, quy trình đã bị đổi thế nào?"),
        marked("Đọc nhật ký quản trị và nhật ký quy trình: ai đổi, lúc nào, trước và sau, theo căn cứ nào."),
        marked("Đổi thời hạn hay quyền ngay trước một việc có thể làm thay đổi kết quả của việc đó."),
        (*_SPAN, "person"),
        acts_of_administration,
        roles=ADMINISTRATION,
    ),
    Question(
        "quyen-truoc-viec",
        marked("Ai đã giao quyền gì cho người thực hiện một việc, trước việc đó?"),
        marked(
            "Lấy sự kiện của hồ sơ, rồi đọc ngược nhật ký quản trị mọi lần tài khoản, vị trí, xử lý thay của "
            "người đó được giao hoặc đổi trước thời điểm ấy."
        ),
        marked("Chứng minh người ký có thẩm quyền lúc ký, và ai chịu trách nhiệm đã giao thẩm quyền đó."),
        ("case", "event"),
        rights_before,
        roles=(Role.AUDITOR,),
        needs=("case", "event"),
    ),
    Question(
        "truy-cap",
        marked("Ai đã xem, tải, xuất hồ sơ nào?"),
        marked("Đọc nhật ký truy cập của từng hồ sơ, kể cả của kiểm tra viên và của chính câu hỏi này."),
        marked("Bảo vệ thông tin trong hồ sơ; tra khi có nghi ngờ lộ, lọt tài liệu."),
        (*_OF_CASES, *_SPAN, "person"),
        accesses,
        roles=AUDITORS,
    ),
)
QUESTIONS: Mapping[str, Question] = {one.key: one for one in _ALL}
KNOWN = {
    "part": kinds.PARTS,
    "level": kinds.LEVELS,
    "verdict": kinds.VERDICTS,
    "outcome": kinds.ENDINGS,
    "status": kinds.STATUSES,
    "kind": kinds.KINDS,
}
