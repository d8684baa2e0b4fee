"""Rules about how a case goes: loops, splits and joins, calls."""

from __future__ import annotations

from service.engine.rules.rule import Rule

_OURS = "Quy định của hệ thống"
_MEASURED = "Đo trên SpiffWorkflow 3.2.0"
_CALLS = "docs/decisions/0011: quy trình được gọi được vẽ vào nơi gọi"

BEHAVIOUR = (
    Rule(
        "called-element",
        "Call Activity ghi mã của quy trình được gọi.",
        "Biểu thức thì phải đợi tới lúc chạy mới biết gọi gì, không chứng minh được gì.",
        _CALLS,
    ),
    Rule(
        "unknown-called-process",
        "Quy trình được gọi đã được ban hành.",
        "Không có thì hồ sơ dừng ở Call Activity.",
        _CALLS,
    ),
    Rule(
        "recursive-call",
        "Quy trình không gọi lại chính nó.",
        "Mỗi lần gọi lại mở thêm một lần nữa, không bao giờ hết.",
        f"{_MEASURED}: treo",
    ),
    Rule(
        "called-twice",
        "Mỗi quy trình được gọi từ một chỗ.",
        "Mỗi bước của nó chỉ có một mã và một bộ biến; hai lần gọi sẽ ghi đè lẫn nhau.",
        _CALLS,
    ),
    Rule(
        "called-id-clash",
        "Mã ở nơi gọi và ở quy trình được gọi khác nhau.",
        "Cả hai cùng thấy mọi biến <mã bước>.<trường>; trùng mã thì lẫn biến.",
        _CALLS,
    ),
    Rule(
        "automatic-loop",
        "Trong mỗi vòng lặp có một bước chờ.",
        "Không chờ ai thì máy quay mãi trong một lượt.",
        f"{_MEASURED}: RecursionError hoặc treo",
    ),
    Rule(
        "never-completes",
        "Cổng AND chỉ gộp những nhánh chắc chắn đều tới.",
        "Cổng XOR chỉ đi một nhánh; cổng AND phía sau chờ nhánh kia mãi mãi.",
        f"BPMN 2.0.2, mục 13.4.1; {_MEASURED}: chờ mãi, không báo",
    ),
    Rule(
        "never-ends",
        "Hồ sơ luôn còn cách đi tới kết thúc.",
        "Hồ sơ vẫn chạy, vẫn sinh việc, nhưng không bao giờ xong.",
        "BPMN 2.0.2, mục 13.2: quy trình xong khi không còn thẻ nào",
    ),
    Rule(
        "dead",
        "Mọi phần tử đều có lúc được chạy.",
        "Bước không bao giờ tới là việc ai đó tưởng có người làm.",
        "Tính đúng của mạng luồng việc (không có hoạt động chết)",
    ),
    Rule(
        "twice-at-once",
        "Một nhiệm vụ không mở hai lần cùng lúc.",
        "Cổng XOR gộp hai nhánh song song cho qua từng nhánh một: bước phía sau làm hai lần.",
        "BPMN 2.0.2, mục 13.4.2",
    ),
    Rule(
        "parallel-writers",
        "Hai nhánh song song không ghi cùng một biến.",
        "Nhánh xong sau ghi đè nhánh xong trước; kết quả tùy vào ai nhanh hơn.",
        f"{_MEASURED}: cùng thao tác, khi ra a, khi ra b",
    ),
    Rule(
        "too-complex",
        "Sơ đồ đủ nhỏ để chứng minh (20.000 trạng thái).",
        "Không sai, nhưng chưa ai biết là hồ sơ luôn kết thúc.",
        _OURS,
    ),
)
