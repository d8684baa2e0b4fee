// A block of cells from a spreadsheet → which cell of the criteria table gets which text, and which gets none and why.

import { _ } from '../words.js';

const ID = /^[1-9]\d{0,2}\.[1-9]\d{0,2}\.?$/;
const NOTHING = new Set(['', '*', '-', '–', '—']);
const HEADINGS = [['ket qua', 'raw'], ['tu ket luan', 'decision'], ['ly do', 'reason'], ['kho khan', 'difficulty']];
const CLEAR = 'xoa'; // as in a sheet: a blank takes nothing away
const DECISIONS = { dat: 'met', 'chua dat': 'not_met', 'khong ap dung': 'not_applicable' };
const FIXED = 4; // TT, name, unit and target stand before the columns that are filled in
const LONGEST = { raw: 2000, reason: 5000, difficulty: 5000 };

/** [[text]] where the clipboard holds several cells, null where it is one value, to be pasted as ever. */
export function blockIn(clipboard, field) {
  const text = clipboard.getData('text/plain').replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const fromTable = text.includes('\t') || /<t[dr][\s>]/i.test(clipboard.getData('text/html'));
  // A paragraph for a field of several lines is one text; in a field of one line each line is a cell.
  if (!fromTable && !(field.tagName === 'INPUT' && text.includes('\n'))) return null;
  const block = cellsOf(text);
  return block.length > 1 || block[0].length > 1 ? block : null;
}

function cellsOf(text) {
  // Spreadsheets quote a cell that holds a line break, a tab or a quote.
  const cell = /"((?:[^"]|"")*)"(?=\t|\n|$)|([^\t\n]*)/y;
  const rows = [[]];
  for (let place = 0; ;) {
    cell.lastIndex = place;
    const [whole, quoted, plain] = cell.exec(text);
    rows.at(-1).push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim());
    place += whole.length;
    if (place >= text.length) return rows;
    if (text[place] === '\n') rows.push([]);
    place += 1;
  }
}

/**
 * {cells: [{id, column, value}], refused: [sentence]} for a block pasted at `start` {id, column}.
 *
 * `rows` is the table in its order: {id, name, open, shown} of a criterion, {group: true} between them; `columns` are
 * those that can be filled in.
 */
export function planPaste(block, rows, columns, start) {
  const known = new Map(rows.filter((row) => row.id).map((row) => [row.id, row]));
  const first = block.filter((cells) => cells[0]);
  const ids = first.filter((cells) => known.has(idOf(cells[0])));
  const others = first.filter((cells) => !ID.test(cells[0]) && cells.slice(FIXED).some((text) => !NOTHING.has(text)) && !headingIn(cells));
  return block[0].length > 1 && ids.length && !others.length
    ? byNumber(block, known, columns, start)
    : byPlace(block, rows, columns, start);
}

function byNumber(block, known, columns, start) {
  const plan = { cells: [], refused: [] };
  const heading = block.map(headingIn).find(Boolean);
  const whole = block.some((cells) => known.has(idOf(cells[0])) && fold(cells[1]) === fold(known.get(idOf(cells[0])).name));
  const places = heading ?? (whole ? placesFrom(columns, FIXED) : placesFrom(columns.slice(columns.indexOf(start.column)).filter(isPlain(start)), 1));
  for (const cells of block) {
    const id = idOf(cells[0]);
    if (!id || headingIn(cells)) continue;
    const row = known.get(id);
    for (const [column, place] of places) {
      const value = cells[place] ?? '';
      if (!columns.includes(column) || NOTHING.has(value)) continue;
      if (!row) plan.refused.push(_('{id}: không có trong bảng', { id }));
      else put(plan, row, column, value);
    }
  }
  return plan;
}

function byPlace(block, rows, columns, start) {
  const plan = { cells: [], refused: [] };
  const wanted = columns.slice(columns.indexOf(start.column)).filter(isPlain(start));
  const below = rows.slice(rows.findIndex((row) => row.id === start.id));
  // Copied from the whole table, blanks stand where this one has a group's heading or a row not assessed.
  const whole = below.slice(0, block.length);
  const gaps = whole.map((row, place) => [row, block[place]]).filter(([row]) => !row.open);
  const aligned = gaps.length > 0 && gaps.every(([, cells]) => cells.every((text) => NOTHING.has(text)));
  const target = aligned ? whole : below.filter((row) => row.open && (row.shown || row.id === start.id));
  block.forEach((cells, place) => {
    cells.forEach((value, across) => {
      if (NOTHING.has(value)) return;
      if (!target[place]) plan.refused.push(_('“{value}”: hết bảng', { value: shorten(value) }));
      else if (!wanted[across]) plan.refused.push(_('“{value}”: bên phải không còn cột để dán', { value: shorten(value) }));
      else put(plan, target[place], wanted[across], value);
    });
  });
  return plan;
}

function put(plan, row, column, value) {
  if (!row.open) plan.refused.push(_('{id}: năm nay không đánh giá', { id: row.id }));
  else if (fold(value) === CLEAR) plan.cells.push({ id: row.id, column, value: '' });
  else if (column === 'decision' && !(fold(value) in DECISIONS)) plan.refused.push(_('{id}: không hiểu kết luận “{value}”', { id: row.id, value: shorten(value) }));
  else if (value.length > (LONGEST[column] ?? 100)) plan.refused.push(_('{id}: dài quá {longest} ký tự', { id: row.id, longest: LONGEST[column] }));
  else plan.cells.push({ id: row.id, column, value: column === 'decision' ? DECISIONS[fold(value)] : value });
}

/** A block beside the numbers goes into results and difficulties; a reason only where one stands in it. */
const isPlain = (start) => (column) => column === start.column || column === 'raw' || column === 'difficulty';

function placesFrom(columns, first) {
  return columns.map((column, place) => [column, first + place]);
}

function headingIn(cells) {
  const words = cells.map(fold);
  if (!words.some((word) => word === 'tt' || word === 'stt') || !words.some((word) => word.startsWith('ket qua'))) return null;
  return HEADINGS.map(([start, column]) => [column, words.findIndex((word) => word.startsWith(start))]).filter(([, place]) => place >= 0);
}

function idOf(text) {
  return ID.test(text ?? '') ? text.replace(/\.$/, '') : '';
}

function fold(text) {
  return (text ?? '').normalize('NFD').replace(/[\u0300-\u036f]/g, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase().replace(/[\s.]+$/, '').replace(/\s+/g, ' ').trim();
}

function shorten(text) {
  return text.length > 30 ? `${text.slice(0, 30)}…` : text;
}
