"""Rules about what the service can do: groups, forms, signers, jobs, times; checked beside the diagram."""

from __future__ import annotations

from service.engine.rules.rule import Rule

_OURS = "Quy định của hệ thống"
_SIGNING = "docs/domain.md: ai ký ở cấp nào"

SERVICE = (
    Rule(
        "known-group",
        "Mỗi bước giao cho đúng một nhóm có thật.",
        "Nhóm không có thì không ai thấy việc.",
        _OURS,
    ),
    Rule(
        "known-form",
        "Biểu mẫu của bước có trong bản thảo.",
        "Không có biểu mẫu thì người làm không có gì để điền.",
        _OURS,
    ),
    Rule(
        "readable-form",
        "Mỗi tệp .form đọc được và chỉ dùng thành phần được hỗ trợ.",
        "Biểu mẫu hỏng chỉ lộ ra khi người làm mở việc.",
        "docs/forms.md",
    ),
    Rule(
        "form-clash",
        "Biểu mẫu cùng tên ở nơi gọi và quy trình được gọi có cùng nội dung.",
        "Khác nội dung thì không biết bước nào dùng biểu mẫu nào.",
        _OURS,
    ),
    Rule(
        "known-signer",
        "Người ký là một chức vụ có thật, hoặc “none”.",
        "Không có chức vụ đó thì không ai ký được.",
        _SIGNING,
    ),
    Rule(
        "signer-of-group",
        "Người ký thuộc nhóm của bước.",
        "Ví dụ Chủ tịch tỉnh không có “lãnh đạo” riêng: việc sẽ không ai ký được.",
        _SIGNING,
    ),
    Rule(
        "known-job",
        "Topic của việc máy làm có trong hệ thống, đủ thuộc tính.",
        "Không dịch vụ nào nhận việc thì hồ sơ đứng lại.",
        _OURS,
    ),
    Rule(
        "known-rule",
        "Quy tắc “evaluation.…” có trong hệ thống.",
        "Không có quy tắc thì cổng phía sau không có kết quả để xét.",
        _OURS,
    ),
    Rule(
        "reserved-message",
        "Không gửi thông điệp trùng tên thao tác của lãnh đạo đơn vị.",
        "Sơ đồ khác có thể giả làm thao tác của lãnh đạo.",
        _OURS,
    ),
    Rule(
        "known-reminders",
        "Lịch nhắc của bước đọc được.",
        "Không đọc được thì không ai được nhắc.",
        "docs/time.md",
    ),
    Rule(
        "known-calendar",
        "Có lịch ngày làm việc của năm đang tính.",
        "Không biết ngày nghỉ thì không tính được hạn theo ngày làm việc.",
        "docs/time.md",
    ),
    Rule(
        "known-deadline",
        "Hàm deadline(…) hỏi thời hạn của một bước trong sơ đồ, và thời hạn đó đã được nhập.",
        "Không có thời hạn thì hạn của bước để trống, không ai được nhắc.",
        "docs/expressions.md",
    ),
    Rule(
        "known-field",
        "Biểu thức chỉ đọc những gì biểu mẫu của bước đưa ra sơ đồ.",
        "Trường không đưa ra sơ đồ luôn rỗng: điều kiện không bao giờ đúng.",
        "docs/forms.md",
    ),
    Rule(
        "known-choice",
        "Giá trị so sánh là một lựa chọn có trong biểu mẫu hoặc kết quả của quy tắc.",
        "So với giá trị không có thì nhánh đó không hồ sơ nào đi.",
        "docs/forms.md",
    ),
    Rule(
        "unasked-choice",
        "Điều biểu mẫu cho chọn thì sau bước đó có cổng hỏi.",
        "Bấm “Trả lại” mà không cổng nào hỏi thì hồ sơ vẫn đi tiếp như đã đồng ý.",
        "docs/forms.md",
    ),
    Rule(
        "value-kind",
        "So sánh giá trị cùng kiểu; số và ngày của biểu mẫu đọc bằng number(…), date(…).",
        "Khác kiểu thì so sánh không bao giờ đúng.",
        "docs/expressions.md",
    ),
    Rule(
        "read-too-early",
        "Giá trị được đọc sau khi có bước ghi nó.",
        "Không bước nào đứng trước ghi giá trị thì nó còn rỗng.",
        _OURS,
    ),
    Rule(
        "legal-duty",
        "Quy trình công nhận có đủ các việc pháp luật bắt buộc, không đường nào đi vòng qua.",
        "Quyết định công nhận thiếu một việc bắt buộc là trái trình tự.",
        "QĐ 1829/QĐ-UBND, Phụ lục 02",
    ),
    Rule(
        "legal-duty-of-another",
        "Việc bắt buộc giao cho đúng cấp có thẩm quyền.",
        "Cấp khác làm thay cần căn cứ mới, người phê duyệt phải biết.",
        "QĐ 1829/QĐ-UBND, Phụ lục 02",
    ),
    Rule(
        "nobody-left",
        "Ở mỗi bước, mỗi đơn vị còn người làm được sau khi tách bạch các cấp.",
        "Người duy nhất đã làm ở cấp khác thì việc đứng lại.",
        "docs/domain.md",
    ),
    Rule(
        "no-seat",
        "Mọi đơn vị được giao việc có ít nhất một người giữ vị trí.",
        "Xã chưa có ai thì hồ sơ của xã đó không ai nhận; các xã khác vẫn đi.",
        "docs/domain.md",
    ),
    Rule(
        "short-name",
        "Mã quy trình không quá 36 ký tự, tên không quá 200.",
        "Mã là tên dòng nhật ký của quy trình; dài hơn thì không ghi được.",
        _OURS,
    ),
    Rule(
        "same-procedure",
        "Mã quy trình giữ nguyên trong bản thảo.",
        "Đổi mã thì bản ban hành thành phiên bản của một quy trình khác.",
        _OURS,
    ),
)
