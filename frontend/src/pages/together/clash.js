// One field that two people wrote: both contents at the field, and a choice. Until then neither is replaced.

import { change } from '../cells.js';
import { _ } from '../../words.js';
import { controlsOf, put, snapshot } from './fields.js';

/** What stands in a field now, in words. */
export function contentOf(form, path) {
  const values = controlsOf(form, path).flatMap((field) => {
    if (field.type === 'radio' || field.type === 'checkbox') return field.checked ? [field.closest('label, li')?.textContent.trim() ?? field.value] : [];
    return [field instanceof HTMLSelectElement ? field.selectedOptions[0]?.textContent ?? '' : field.value];
  }).filter(Boolean);
  return values.join('; ').slice(0, 300) || _('(trống)');
}

/**
 * Shows it at the field; `decided(keepMine)` is called once somebody has chosen. The hidden input tells the
 * server of it, should the whole form be sent before.
 */
export function showClash(form, clash, decided) {
  dropClash(form, clash.path);
  const box = element('div', { className: 'clash' });
  box.dataset.clash = clash.path;
  box.setAttribute('role', 'alert');
  const said = element('p', {});
  said.append(element('strong', { textContent: clash.place }), ': ', _('bản đã lưu ({who}, {when}) là', { who: clash.who, when: clash.when }), ' ', element('q', { textContent: clash.theirs }), '; ', _('ở đây ghi'), ' ', element('q', { textContent: contentOf(form, clash.path) }), '. ', _('Nội dung ở đây chưa lưu: hãy chọn.'));
  const hidden = element('input', { type: 'hidden', name: 'undecided', value: clash.path });
  const buttons = element('p', { className: 'clash__buttons' });
  for (const [text, look, mine] of [[_('Giữ nội dung của tôi'), 'btn-primary', true], [_('Lấy nội dung kia'), 'btn-outline-secondary', false]]) {
    const button = element('button', { type: 'button', className: `btn btn-sm ${look}`, textContent: text });
    button.addEventListener('click', () => {
      const [field] = controlsOf(form, clash.path);
      box.remove();
      decided(mine);
      field?.focus?.();
    });
    buttons.append(button);
  }
  box.append(said, hidden, buttons);
  placeOf(form, clash.path).append(box);
}

export function dropClash(form, path) {
  form.querySelector(`[data-clash="${CSS.escape(path)}"]`)?.remove();
}

/** Their content in place of mine; mine can be taken back. False where only a fresh page can show it. */
export function takeTheirs(form, clash) {
  const [field] = controlsOf(form, clash.path);
  const plain = field && typeof clash.value === 'string' && field.name === clash.path && !['radio', 'checkbox', 'hidden'].includes(field.type);
  if (plain) {
    change(form, _('lấy nội dung của {who}', { who: clash.who }), [{ name: clash.path, after: clash.value }]);
    return snapshot(form).get(clash.path) !== undefined;
  }
  return put(form, clash.path, clash);
}

function placeOf(form, path) {
  const [field] = controlsOf(form, path);
  const table = field?.closest('td')?.querySelector('details.decision');
  if (table?.contains(field)) table.open = true;
  return field?.closest('td, fieldset, .mb-3') ?? form.querySelector(`[data-row="${CSS.escape(path.split('.').slice(1, 3).join('.'))}"] .criteria__evidence`) ?? form;
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
