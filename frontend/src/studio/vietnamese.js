import { _ } from '../words.js';

// What bpmn-js and diagram-js say by themselves, as far as our palette and menus let it be heard.
const sentences = {
  'Activate create/remove space tool': _('Thêm hoặc bớt khoảng trống'),
  'Activate global connect tool': _('Nối hai phần tử'),
  'Activate hand tool': _('Kéo sơ đồ'),
  'Activate lasso tool': _('Chọn nhiều phần tử'),
  'Add lane above': _('Thêm làn phía trên'),
  'Add lane below': _('Thêm làn phía dưới'),
  'Add text annotation': _('Thêm chú thích'),
  'Append end event': _('Thêm kết thúc'),
  'Append gateway': _('Thêm cổng'),
  'Append message intermediate catch event': _('Thêm chỗ chờ thông điệp'),
  'Append receive task': _('Thêm việc nhận thông điệp'),
  'Append signal intermediate catch event': _('Thêm chỗ chờ tín hiệu'),
  'Append timer intermediate catch event': _('Thêm chỗ chờ đến hạn'),
  'Change element': _('Đổi loại phần tử'),
  'Close minimap': _('Đóng bản đồ nhỏ'),
  'Collection': _('Nhiều dữ liệu'),
  'Conditional flow': _('Luồng có điều kiện'),
  'Connect to other element': _('Nối tới phần tử khác'),
  'Connect using association': _('Nối chú thích'),
  'Connect using data input association': _('Nối dữ liệu'),
  'Data object must be placed within a pool/participant.': _('Đặt dữ liệu bên trong vùng.'),
  'Default flow': _('Luồng mặc định'),
  'Delete': _('Xóa'),
  'Divide into three lanes': _('Chia thành ba làn'),
  'Divide into two lanes': _('Chia thành hai làn'),
  'Open minimap': _('Mở bản đồ nhỏ'),
  'Open {element}': _('Mở {element}'),
  'Parallel multi-instance': _('Nhiều lần, cùng lúc'),
  'Search in diagram': _('Tìm trong sơ đồ'),
  'Sequence flow': _('Luồng thường'),
  'Sequential multi-instance': _('Nhiều lần, lần lượt'),
  'Toggle non-interrupting': _('Bật, tắt: không ngắt việc'),
  'flow elements must be children of pools/participants': _('Đặt phần tử bên trong vùng.'),
};

function translate(template, values = {}) {
  return (sentences[template] ?? template).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export default { translate: ['value', translate] };
