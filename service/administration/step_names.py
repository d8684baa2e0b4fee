"""What procedures and their steps are called: as published, else as the documents call them."""

from __future__ import annotations

from collections.abc import Mapping

from service.processes.queries import Procedure, list_versions, procedure
from service.wording import Words, _, marked

# Of procedures that have deadlines already and no diagram yet.
PROCEDURES: Words[str] = Words(
    {
        "ranking": marked("Xếp hạng chuyển đổi số"),
        "district_support": marked("Huyện hướng dẫn, hỗ trợ xã"),
    }
)
STEPS: Words[str] = Words(
    {
        "self_assess": marked("Xã tự đánh giá"),
        "index_self_scoring": marked("Tự chấm điểm chỉ số"),
        "criteria_review": marked("Rà soát việc thực hiện tiêu chí"),
        "criterion_confirmation": marked("Xác nhận từng chỉ tiêu"),
        "district_appraise": marked("Huyện thẩm định"),
    }
)


def procedure_name(key: str, bundles: Mapping[str, Procedure]) -> str:
    bundle = bundles.get(key)
    if bundle is not None:
        return bundle.name
    return PROCEDURES.get(key) or _("Thủ tục chưa ban hành (mã %(key)s)", key=key)


def step_name(key: str, element: str, bundles: Mapping[str, Procedure]) -> str:
    bundle = bundles.get(key)
    if bundle is not None:
        return bundle.element_name(element)
    return STEPS.get(element) or _("Bước chưa có tên (mã %(element)s)", element=element)


def newest_procedures() -> dict[str, Procedure]:
    """{key: the version published last}"""
    newest = {version.key: version for version in reversed(list_versions())}
    return {key: procedure(version.id) for key, version in newest.items()}
