// What browsers say, ready for other languages: the Vietnamese sentence is its own key. A page in another language
// brings its catalogue in <meta name="words">, {sentence: sentence}; a page in Vietnamese brings none.
let catalogue;

/** The sentence in the page's language, with each `{name}` filled in from `values`. */
export function _(sentence, values = {}) {
  catalogue ??= JSON.parse(document.querySelector('meta[name="words"]')?.content || '{}');
  return (catalogue[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A Vietnamese word that is compared or written into a field: it is what is kept, never translated. */
export const recorded = (word) => word;
