// JSON whose numbers come back as they were written: 1.0, or more digits than a browser can count with.
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = '\u0001number:';
const MARKED = /"\\u0001number:([^"]*)"/g;

/** The value of a JSON text; numbers that would change are kept as marked texts. Raises SyntaxError. */
export function readExactly(text) {
  JSON.parse(text); // what is no JSON is no JSON either with its numbers marked
  return JSON.parse(text.replace(TOKENS, (token) => (token[0] === '"' || String(Number(token)) === token ? token : JSON.stringify(MARK + token))));
}

export const writeExactly = (value) => `${JSON.stringify(value, null, 2).replace(MARKED, '$1')}\n`;

/** A number of the definition as a person reads it; '' for none. */
export function numberText(value) {
  if (value === undefined || value === null) return '';
  return String(value).replace(MARK, '').replace('.', ',');
}

/** What a person typed as a number: undefined for nothing, null for what is none. */
export function typedNumber(text) {
  const plain = text.trim().replace(',', '.');
  if (!plain) return undefined;
  if (!/^-?\d{1,15}(\.\d{1,10})?$/.test(plain)) return null;
  const canonical = plain.replace(/^(-?)0+(?=\d)/, '$1');
  return String(Number(canonical)) === canonical ? Number(canonical) : MARK + canonical;
}
