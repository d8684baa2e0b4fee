import { _ } from '../words.js';
import { button, el } from './markup.js';

const LARGEST = 10 * 1024 * 1024;

/** Buttons that bring a file into the draft, and the draft into a file. `imported(text)` is told once one is drawn. */
export function fileButtons(modeler, read, imported, state) {
  const chooser = el('input', { type: 'file', accept: '.bpmn,.xml', hidden: true });
  chooser.setAttribute('aria-label', _('Chọn tệp .bpmn'));
  chooser.addEventListener('change', async () => {
    const [file] = chooser.files;
    chooser.value = '';
    if (file) await bringIn(file, modeler, read, imported, state);
  });
  return [button(_('Nhập tệp…'), () => chooser.click()), chooser, button(_('Tải về'), async () => save(await read()))];
}

async function bringIn(file, modeler, read, imported, state) {
  if (file.size > LARGEST) return state(_('Tệp “{name}” lớn hơn 10 MB, không nhập được.', { name: file.name }), true);
  if (!window.confirm(_('Thay toàn bộ sơ đồ của bản thảo bằng tệp “{name}”? Sơ đồ hiện có sẽ mất, không hoàn tác được.', { name: file.name }))) return undefined;
  const [before, text] = [await read(), await file.text()];
  try {
    await modeler.importXML(text);
  } catch (problem) {
    await modeler.importXML(before);
    return state(_('Không đọc được tệp “{name}”: {message} Sơ đồ giữ nguyên.', { name: file.name, message: problem.message }), true);
  }
  return imported(text);
}

function save(xml) {
  const address = URL.createObjectURL(new Blob([xml], { type: 'application/xml' }));
  const name = document.querySelector('h1')?.textContent.trim().replace(/[\\/:*?"<>|]+/g, ' ') || 'so-do';
  el('a', { href: address, download: `${name}.bpmn` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
