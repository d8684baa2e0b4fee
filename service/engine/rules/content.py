"""Rules about what an element says."""

from __future__ import annotations

from service.engine.rules.rule import Rule

_OURS = "Quy định của hệ thống"
_MEASURED = "Đo trên SpiffWorkflow 3.2.0"

CONTENT = (
    Rule(
        "unsupported-element",
        "Chỉ vẽ những phần tử mà hệ thống thực hiện.",
        "Phần tử khác sẽ được vẽ, được ban hành, rồi lặng lẽ không xảy ra.",
        f"Bảng trong docs/bpmn.md; {_MEASURED}",
    ),
    Rule(
        "unsupported-attribute",
        "Không có thuộc tính làm thay đổi cách chạy mà hệ thống không thực hiện.",
        "Người vẽ tin vào một thuộc tính không có tác dụng, ví dụ giao việc cho một người có tên.",
        _MEASURED,
    ),
    Rule(
        "no-code",
        "Sơ đồ không chứa mã chương trình.",
        "Mã trong sơ đồ chạy với quyền của máy chủ; ai vẽ được sơ đồ sẽ làm được mọi thứ.",
        f"{_MEASURED}: os.system trong điều kiện được chạy thật",
    ),
    Rule(
        "without-effect",
        "Bỏ những thuộc tính không có tác dụng.",
        "Không sai, nhưng ai đọc sẽ tưởng là có tác dụng.",
        _OURS,
    ),
    Rule(
        "one-event",
        "Một sự kiện chờ hay gửi đúng một thứ.",
        "Không chọn gì thì sự kiện qua ngay; chọn hai thì chỉ một có tác dụng.",
        "BPMN 2.0.2, mục 10.5.1",
    ),
    Rule(
        "property-twice",
        "Mỗi thuộc tính mở rộng ghi một lần.",
        "Ghi hai lần thì chỉ giá trị sau có tác dụng, giá trị trước đánh lừa người đọc.",
        _OURS,
    ),
    Rule(
        "boundary-host",
        "Sự kiện biên gắn vào một bước có chờ đợi.",
        "Bước xong ngay trong một lượt thì không có lúc nào để ngắt.",
        "BPMN 2.0.2, mục 13.5.3",
    ),
    Rule(
        "boundary-error",
        "Sự kiện biên Error chỉ gắn ở việc của máy, tiến trình con, Call Activity, và luôn ngắt.",
        "Lỗi luôn chấm dứt việc gây ra nó; nhiệm vụ của người không báo lỗi.",
        "BPMN 2.0.2, mục 10.5.4",
    ),
    Rule(
        "boundary-twice",
        "Trên một bước, mỗi thứ chỉ được chờ ở một sự kiện biên.",
        "Cùng một thông điệp tới thì không biết sự kiện nào nhận.",
        "BPMN 2.0.2, mục 10.5.6",
    ),
    Rule(
        "error-uncaught",
        "Kết thúc Error có sự kiện biên bắt đúng mã lỗi ở ngoài.",
        "Không ai bắt thì cả hồ sơ chấm dứt như bị hỏng.",
        "BPMN 2.0.2, mục 10.5.7",
    ),
    Rule(
        "condition",
        "Điều kiện viết bằng FEEL và cho kết quả đúng hoặc sai.",
        "Điều kiện không đọc được chỉ lộ ra khi hồ sơ thật đi tới cổng, và dừng ở đó.",
        f"docs/expressions.md; {_MEASURED}: lỗi cú pháp được nhận lúc ban hành",
    ),
    Rule(
        "unknown-variable",
        "Biến trong điều kiện do một bước trước tạo ra.",
        "Sai một chữ thì giá trị luôn là không có, và cổng luôn đi nhánh mặc định.",
        "docs/expressions.md",
    ),
    Rule(
        "missing-name",
        "Nhiệm vụ của người có tên.",
        "Người nhận việc chỉ thấy mã, không biết phải làm gì.",
        _OURS,
    ),
    Rule(
        "group",
        "Nhóm làm việc là mã nhóm, không phải biểu thức.",
        "Biểu thức không được tính: việc sẽ không tới ai.",
        _OURS,
    ),
    Rule(
        "due-date",
        "Hạn xử lý là ngày, hoặc biểu thức cho ra ngày.",
        "05/12 là ngày 5 tháng 12 hay 12 tháng 5? Viết 2023-12-05 thì không ai hiểu khác.",
        "ISO 8601; docs/time.md",
    ),
    Rule(
        "timer",
        "Timer ghi thời gian ISO 8601 hoặc biểu thức.",
        "Chữ không đọc được thì không bao giờ tới hạn; chu kỳ dưới một phút làm ngập hệ thống sau một "
        "lần mất điện.",
        f"BPMN 2.0.2, mục 10.5.5; {_MEASURED}: chữ được tính như biểu thức Python",
    ),
    Rule(
        "topic",
        "Việc của máy khai báo type “external” và topic.",
        "Không có topic thì không ai nhận việc, hồ sơ đứng ở đó.",
        f"{_MEASURED}: việc ở trạng thái chờ, không có cách làm tiếp",
    ),
    Rule(
        "result-variable",
        "Business Rule Task ghi biến kết quả, khác mã của mọi phần tử.",
        "Không ghi thì kết quả của quy tắc mất đi, cổng phía sau không có gì để xét.",
        _OURS,
    ),
    Rule(
        "message",
        "Sự kiện Message chọn một thông điệp có tên.",
        "Không tên thì không ai gửi tới được.",
        f"BPMN 2.0.2, mục 10.5.5; {_MEASURED}: đi qua ngay, không chờ",
    ),
    Rule(
        "signal",
        "Sự kiện Signal chọn một tín hiệu có tên.",
        "Không tên thì không ai phát tới được.",
        "BPMN 2.0.2, mục 10.5.5",
    ),
    Rule(
        "instances",
        "Nhiệm vụ nhiều người ghi số lần cố định, từ 1 đến 100.",
        "Số âm hay bằng 0 làm bước đứng mãi; biểu thức có thể sinh hàng triệu việc.",
        f"BPMN 2.0.2, mục 13.3.7; {_MEASURED}: số âm bị bỏ qua hoặc kẹt",
    ),
    Rule(
        "throw",
        "Sự kiện gửi nói rõ gửi gì, cho ai, bằng những thuộc tính được biết.",
        "Thông điệp không có nơi nhận thì không tới đâu; thuộc tính sai tên thì không được gửi.",
        "docs/engine.md, Sending",
    ),
)
