"""Rules about the file, the process, its ids and flows."""

from __future__ import annotations

from service.engine.rules.rule import Rule

_OURS = "Quy định của hệ thống"
_MEASURED = "Đo trên SpiffWorkflow 3.2.0"
_FLOWS = "BPMN 2.0.2, mục 7.6.1 (bảng nối luồng)"

FILE = (
    Rule(
        "xml",
        "Tệp là XML đọc được trọn vẹn.",
        "Tệp bị cắt hay hỏng thì phần thiếu sẽ không ai thực hiện.",
        "XML 1.0, mục 2.1",
    ),
    Rule(
        "encoding",
        "Tệp dùng bảng mã UTF-8.",
        "Đọc sai bảng mã thì tên bước, điều kiện có dấu biến thành chữ khác mà không ai báo.",
        _OURS,
    ),
    Rule(
        "doctype",
        "Tệp không khai báo DOCTYPE hay ENTITY.",
        "Vài dòng ENTITY có thể nở ra hàng tỷ ký tự, hoặc đọc tệp khác trên máy chủ.",
        "Đo: lxml vẫn mở rộng ENTITY nội bộ",
    ),
    Rule(
        "not-bpmn",
        "Phần tử gốc là definitions của BPMN 2.0.",
        "XML khác vẫn đọc được, nhưng không có quy trình nào trong đó.",
        f"BPMN 2.0.2, mục 8.2.1; {_MEASURED}: nhận tệp với 0 quy trình",
    ),
    Rule(
        "too-many",
        "Tệp có không quá 60.000 phần tử XML.",
        "Tệp lớn hơn làm đầy bộ nhớ của máy chủ trước khi có câu trả lời.",
        _OURS,
    ),
    Rule(
        "too-large",
        "Tệp không quá 5 MB, mỗi mô tả không quá 10.000 ký tự.",
        "Mô tả đi theo từng phiên bản và hiện trên màn hình của mọi người; dài quá thì không đọc được.",
        _OURS,
    ),
    Rule(
        "bpmn-schema",
        "Tệp theo đúng lược đồ XML của BPMN 2.0.",
        "Công cụ khác có thể không mở được, hoặc bỏ qua phần sai mà không báo. Chỉ sai thứ tự thì ở đây "
        "là lưu ý.",
        "BPMN 2.0.2, mục 15 (BPMN20.xsd)",
    ),
)
SHAPE = (
    Rule(
        "one-process",
        "Một tệp có đúng một quy trình, nhiều nhất một vùng (pool).",
        "Vùng thứ hai không được chạy; ai vẽ bước ở đó sẽ chờ mãi.",
        f"{_MEASURED}: vùng thứ hai bị bỏ qua, không báo lỗi",
    ),
    Rule(
        "not-executable",
        "Quy trình được đánh dấu là chạy được (isExecutable).",
        "Theo chuẩn, quy trình không đánh dấu chỉ để xem, không phải để chạy.",
        "BPMN 2.0.2, mục 10.2",
    ),
    Rule(
        "empty",
        "Quy trình và mỗi tiến trình con có phần tử bên trong.",
        "Không có gì bên trong thì không có gì kết thúc.",
        "BPMN 2.0.2, mục 13.3.4",
    ),
    Rule(
        "missing-id",
        "Mỗi phần tử và mỗi luồng có mã (id).",
        "Không có mã thì nhật ký không nói được hồ sơ đã đi qua đâu.",
        "BPMN 2.0.2, mục 8.3.1",
    ),
    Rule(
        "duplicate-id",
        "Mỗi mã chỉ dùng cho một phần tử.",
        "Phần tử đọc sau bị bỏ, các luồng tới nó đi sang phần tử trước.",
        f"XML: kiểu xsd:ID; {_MEASURED}: phần tử thứ hai bị bỏ",
    ),
    Rule(
        "reserved-id",
        "Không dùng mã nội bộ của bộ máy: Start, End và các đuôi như .EndJoin.",
        "Một nhiệm vụ có mã “End” bị bỏ qua và hồ sơ kết thúc ngay.",
        _MEASURED,
    ),
    Rule(
        "invalid-id",
        "Mã chỉ gồm chữ không dấu, chữ số, “_”, “-”; bắt đầu bằng chữ hoặc “_”.",
        "Mã là tên biến trong điều kiện và địa chỉ; chữ giống nhau về hình có thể là hai mã khác nhau.",
        f"XML: kiểu NCName; {_OURS}",
    ),
    Rule(
        "dangling-flow",
        "Luồng nối từ một phần tử tới một phần tử.",
        "Luồng hở một đầu bị bỏ qua: nhánh đó không ai đi.",
        f"BPMN 2.0.2, mục 8.4.13; {_MEASURED}: bị bỏ qua",
    ),
    Rule(
        "crossing-flow",
        "Luồng không đi xuyên biên của tiến trình con.",
        "Bước bên trong chạy như ở ngoài: tiến trình con không bao giờ biết là nó đã xong.",
        f"BPMN 2.0.2, mục 10.3.5; {_MEASURED}: chạy ở cấp ngoài",
    ),
    Rule(
        "flow-target",
        "Không có luồng nào đi vào sự kiện bắt đầu hay sự kiện biên.",
        "Hai loại này do việc khác kích hoạt; luồng đi vào không có nghĩa.",
        "BPMN 2.0.2, mục 10.5.2 và 10.5.4",
    ),
    Rule(
        "condition-place",
        "Điều kiện chỉ đặt trên luồng ra của cổng XOR hoặc OR.",
        "Điều kiện ở chỗ khác bị bỏ qua: luồng luôn được đi, dù điều kiện sai.",
        f"{_MEASURED}: đi vô điều kiện",
    ),
    Rule(
        "no-incoming",
        "Mỗi phần tử, trừ bắt đầu và sự kiện biên, có luồng đi vào.",
        "Không có luồng vào thì không bao giờ tới lượt.",
        _FLOWS,
    ),
    Rule(
        "no-outgoing",
        "Mỗi phần tử, trừ kết thúc, có luồng đi ra.",
        "Chuẩn đòi rằng khi đã vẽ sự kiện kết thúc thì mọi đường đều tới một sự kiện kết thúc; máy sẽ "
        "dừng ở đây mà không kết thúc.",
        f"BPMN 2.0.2, mục 10.5.3; {_MEASURED}: hồ sơ không bao giờ xong",
    ),
    Rule(
        "end-outgoing",
        "Sự kiện kết thúc không có luồng đi ra.",
        "Kết thúc là hết đường; bước vẽ phía sau không chạy.",
        "BPMN 2.0.2, mục 10.5.3",
    ),
    Rule(
        "several-outgoing",
        "Chỉ cổng có nhiều luồng đi ra.",
        "Theo chuẩn, mọi luồng cùng đi; người vẽ thường muốn chọn một. Vẽ cổng thì ai cũng thấy.",
        "BPMN 2.0.2, mục 13.3.1",
    ),
    Rule(
        "default-place",
        "Nhánh mặc định chỉ có ở cổng XOR và cổng OR.",
        "Ở chỗ khác nó không có tác dụng, trong khi hình vẽ hứa một nhánh.",
        _OURS,
    ),
    Rule(
        "default-flow",
        "Cổng XOR, OR có nhiều luồng ra phải có nhánh mặc định.",
        "Khi không điều kiện nào đúng (ví dụ ô bị bỏ trống), hồ sơ sẽ dừng giữa chừng.",
        f"BPMN 2.0.2, mục 13.4.2: lỗi khi chạy; {_MEASURED}: hồ sơ treo, không báo",
    ),
    Rule(
        "condition-ignored",
        "Nhánh mặc định và luồng ra duy nhất không có điều kiện.",
        "Điều kiện ở đó không ai xét: luồng vẫn được đi khi nó sai.",
        "BPMN 2.0.2, mục 8.4.13",
    ),
    Rule(
        "missing-condition",
        "Mỗi luồng ra của cổng, trừ nhánh mặc định, có điều kiện.",
        "Không có điều kiện thì không biết khi nào đi luồng này.",
        "BPMN 2.0.2, mục 10.6.2",
    ),
    Rule(
        "inclusive-flows",
        "Cổng OR có không quá 8 luồng ra.",
        "Mỗi tập con các luồng là một cách đi: 9 luồng là 511 cách, không chứng minh hết được.",
        _OURS,
    ),
    Rule(
        "event-gateway",
        "Sau cổng chờ sự kiện là từ hai sự kiện trở lên, mỗi thứ một luồng, chờ những thứ khác nhau.",
        "Với một sự kiện thì không có gì để chọn; cùng chờ một thứ thì không biết đi nhánh nào.",
        "BPMN 2.0.2, mục 10.6.6",
    ),
    Rule(
        "one-start",
        "Quy trình và mỗi tiến trình con có đúng một sự kiện bắt đầu.",
        "Hồ sơ được mở một lần, ở một chỗ; bắt đầu thứ hai không bao giờ chạy, hoặc chạy cùng lúc.",
        "BPMN 2.0.2, mục 10.5.2",
    ),
    Rule(
        "no-end",
        "Có ít nhất một sự kiện kết thúc.",
        "Không có kết thúc thì hồ sơ không bao giờ xong.",
        "BPMN 2.0.2, mục 10.5.3",
    ),
    Rule(
        "too-deep",
        "Tiến trình con, quy trình gọi nhau lồng không quá 8 cấp.",
        "Sâu hơn thì không ai đọc được, và mỗi cấp nhân thêm việc kiểm tra.",
        _OURS,
    ),
    Rule(
        "unreachable",
        "Mọi phần tử đều có đường đi tới từ bắt đầu.",
        "Bước không tới được là việc ai đó tưởng sẽ có người làm.",
        "BPMN 2.0.2, mục 13.2",
    ),
    Rule(
        "cannot-end",
        "Từ mọi phần tử đều đi tới được một kết thúc.",
        "Hồ sơ vào tới đó thì không ra được nữa.",
        "BPMN 2.0.2, mục 13.2",
    ),
)
