/** A query's words as terms of the index, by the rules of builder/text/terms.py. */

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const UNSPACED = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+/g;

/** Returns the terms of a query, each once; the last one may be the beginning of a word. */
export function terms(query) {
  const found = [];
  for (const [word] of query.normalize("NFC").matchAll(WORD)) {
    const runs = word.match(UNSPACED);
    if (!runs) {
      found.push(fold(word));
      continue;
    }
    for (const rest of word.split(UNSPACED)) if (rest) found.push(fold(rest));
    for (const run of runs) {
      const letters = [...run];
      if (letters.length === 1) found.push(run);
      for (let place = 0; place + 1 < letters.length; place += 1) found.push(letters[place] + letters[place + 1]);
    }
  }
  return [...new Set(found)].slice(0, 12);
}

/** Returns a word in lower case and without marks. */
export function fold(word) {
  return word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
