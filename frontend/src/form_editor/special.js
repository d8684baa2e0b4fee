import { _ } from '../words.js';
import { choose, group, text, tick } from './controls.js';
import { numberText, typedNumber } from './exact.js';
import { get } from './tree.js';

/** Limits of a text's length or of a number. */
export function limits(component, write) {
  const whole = component.type !== 'number';
  const one = (label, name) => text(label, numberText(get(component, 'validate', name)), (value) => {
    const number = typedNumber(value);
    if (number === null || (whole && number !== undefined && !(Number.isInteger(number) && number >= 0 && number <= 100_000))) return whole ? _('Ghi một số nguyên từ 0 đến 100000. Chưa đổi.') : _('Ghi một số, ví dụ 12,5. Chưa đổi.');
    write(['validate', name], number);
    return undefined;
  }, { inputMode: whole ? 'numeric' : 'decimal' });
  return whole ? group(_('Giới hạn số ký tự'), one(_('Ít nhất'), 'minLength'), one(_('Nhiều nhất'), 'maxLength'), component.type === 'textfield' ? documentPart(component, write, 'number', _('Là số của văn bản ký ở bước này')) : '') : group(_('Giới hạn'), one(_('Từ'), 'min'), one(_('Đến'), 'max'));
}

export function ofDates(component, write, inTable) {
  const time = component.subtype === 'time';
  const parts = [choose(_('Hỏi'), time ? 'time' : 'date', [['date', _('Ngày')], ['time', _('Giờ')]], (to) => {
    write(['subtype'], to, { shape: true });
  })];
  if (!time && !inTable) {
    parts.push(tick(_('Của việc đã diễn ra: không nhận ngày chưa đến'), get(component, 'properties', 'not_after_today') === 'true', (on) => write(['properties', 'not_after_today'], on ? 'true' : undefined)));
    parts.push(documentPart(component, write, 'date', _('Là ngày của văn bản ký ở bước này')));
  }
  return group(_('Ngày, giờ'), ...parts);
}

function documentPart(component, write, part, label) {
  return tick(label, get(component, 'properties', 'of_document') === part, (on) => write(['properties', 'of_document'], on ? part : undefined));
}

/** Whose assessment a criteria table records, and what it asks. */
export function ofCriteria(component, write) {
  const levels = [['commune', _('UBND cấp xã')], ['district', _('UBND cấp huyện')], ['member', _('Thành viên')], ['department', _('Sở TTTT')], ['meeting', _('Hội nghị')], ['chairman', _('Chủ tịch UBND tỉnh')]];
  const ticks = (name, all) => all.map(([value, label]) => {
    const chosen = () => String(get(component, 'properties', name) ?? '').split(',').filter(Boolean);
    return tick(label, chosen().includes(value), (on) => write(['properties', name], all.map(([one]) => one).filter((one) => (one === value ? on : chosen().includes(one))).join(',') || undefined));
  });
  return group(
    _('Bảng chỉ tiêu'),
    choose(_('Đánh giá của'), get(component, 'properties', 'level') ?? '', [['', _('– Chọn –')], ...levels], (level) => write(['properties', 'level'], level)),
    ...ticks('columns', [['difficulty', _('Cột Khó khăn')], ['evidence', _('Cột Minh chứng')], ['agreed', _('Cột Thống nhất (hội nghị)')]]),
    ...ticks('decisions', [['met', _('Được tự kết luận: đạt')], ['not_met', _('Được tự kết luận: chưa đạt')], ['not_applicable', _('Được tự kết luận: không áp dụng')]]),
  );
}
