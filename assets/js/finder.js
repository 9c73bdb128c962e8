/**
 * The search index (see builder/steps/search.py): of its files only those are fetched in which a query's words lie.
 *
 * Every word must be found, the last one as a beginning too. A word that is nowhere is tried shorter, then with one
 * letter changed.
 */
import { page } from "./page.js";
import { fold, terms } from "./terms.js";

// A beginning that many words share is narrowed by the next letter; until then these many will do.
const EXPANSIONS = 60;
// What was found by a change of the word weighs less than what was meant.
const PREFIX = 0.6;
const CHANGED = 0.3;

const files = new Map();
let catalogue;

function load(url) {
  if (!files.has(url)) {
    const loading = fetch(url).then((answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    });
    loading.catch(() => files.delete(url));
    files.set(url, loading);
  }
  return files.get(url);
}

/** Fetches the index's first file; resolves to false where this build has none. */
export async function ready() {
  catalogue ??= fetch(`${page.base}/search/index.json`, { cache: "no-cache" }).then((answer) => (answer.ok ? answer.json() : null));
  try {
    return (await catalogue) !== null;
  } catch (error) {
    catalogue = undefined;
    throw error;
  }
}

/** Returns {total, hits: [{url, title, heading, course, text, terms}]}, of hits so many at most; `missing` counts courses that could not be searched. */
export async function find(query, most) {
  const { courses } = await catalogue;
  const spoken = courses.filter(({ lang }) => base(lang) === base(page.language));
  const searched = spoken.length ? spoken : courses;
  const away = new Set();
  const wanted = terms(query);
  const words = await Promise.all(wanted.map((term, place) => weigh(searched, term, place === wanted.length - 1, away)));
  if (away.size && away.size === searched.length) throw new Error("offline");
  const found = searched.flatMap((course) => meet(course, words.map((word) => word.get(course))));
  found.sort((one, other) => other.score - one.score);
  const hits = await Promise.all(found.slice(0, most).map(show));
  return { total: found.length, hits: hits.filter(Boolean), missing: away.size };
}

const base = (language) => language.split("-")[0];

/** Returns the sections of a course that have every word. */
function meet(course, words) {
  if (!words.length || words.includes(undefined)) return [];
  const [first, ...rest] = words.sort((one, other) => one.scores.size - other.scores.size);
  const found = [];
  for (const [section, score] of first.scores) {
    if (!rest.every(({ scores }) => scores.has(section))) continue;
    const sum = rest.reduce((before, { scores }) => before + scores.get(section), score);
    found.push({ course, section, score: sum, terms: words.flatMap((word) => word.found) });
  }
  return found;
}

/**
 * Returns for the courses that have a word what each of their sections is worth for it, and the terms that stood for it.
 *
 * How rare a word is counts over all of them, and once for all that stands for it: else a course that has it in passing
 * would come before the one that is about it, and a rare ending before the word itself.
 */
async function weigh(courses, term, isLast, away) {
  for (const pick of picks(term, isLast)) {
    const found = new Map();
    await Promise.all(courses.map(async (course) => {
      try {
        const terms = await pick(course);
        if (terms.length) found.set(course, terms);
      } catch {
        away.add(course);
      }
    }));
    if (!found.size) continue;
    const sections = courses.reduce((sum, course) => sum + course.sections, 0);
    const places = [...found.values()].flat().reduce((sum, [, , all]) => sum + all.length / 2, 0);
    const rare = Math.log(1 + sections / places);
    return new Map([...found].map(([course, terms]) => [course, { scores: score(terms, rare), found: terms.map(([known]) => known) }]));
  }
  return new Map();
}

function* picks(term, isLast) {
  yield (course) => between(course, term, (known) => known === term ? 1 : isLast && term.length > 1 && known.startsWith(term) ? PREFIX : 0);
  if (term.length > 3) {
    yield (course) => between(course, term, (known) => known.startsWith(term) ? PREFIX : 0);
    for (const cut of [1, 2, 3]) {
      const stem = term.slice(0, -cut);
      if (stem.length > 3) yield (course) => between(course, stem, (known) => (known === stem || (known.startsWith(stem) && known.length <= term.length)) ? PREFIX : 0);
    }
    yield (course) => between(course, term.slice(0, 1), (known) => isNear(known, term) ? CHANGED : 0);
  }
}

/** Returns the terms of a course that begin alike and are wanted, with their places. */
async function between(course, beginning, value) {
  const shards = course.terms.filter(([first], place) => {
    const next = course.terms[place + 1]?.[0];
    return (first <= beginning || first.startsWith(beginning)) && (next === undefined || next > beginning || next.startsWith(beginning));
  });
  const found = [];
  for (const shard of await Promise.all(shards.map(([, url]) => load(url)))) {
    for (const known of Object.keys(shard)) {
      const worth = value(known);
      if (worth) found.push([known, worth, shard[known]]);
    }
  }
  return found.sort(([one], [other]) => one.length - other.length).slice(0, EXPANSIONS);
}

function score(found, rare) {
  const scores = new Map();
  for (const [, worth, places] of found) {
    let section = 0;
    for (let place = 0; place < places.length; place += 2) {
      section += places[place];
      scores.set(section, Math.max(scores.get(section) ?? 0, worth * rare * places[place + 1]));
    }
  }
  return scores;
}

/** Whether two words differ by one letter: changed, added, left out, or swapped with its neighbour. */
function isNear(one, other) {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  const [a, b] = [one.slice(start), other.slice(start)];
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1) || (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2));
}

async function show({ course, section, terms: found }) {
  try {
    const texts = await load(course.texts[Math.floor(section / course.size)]);
    const [url, title, heading, text] = texts[section % course.size];
    return { url, title, heading, course: course.title, text, terms: found };
  } catch {
    return undefined;
  }
}

// Letters around the first match that an excerpt shows.
const BEFORE = 60;
const LENGTH = 200;

/** Returns the part of a text in which its terms stand closest to the start, as pieces: [text, whether it is a match]. */
export function excerpt({ text, terms: found }) {
  const known = new Set(found);
  const matches = [...text.matchAll(/[\p{L}\p{N}\p{M}_]+/gu)].filter(([word]) => isMatch(word, known));
  const at = matches[0]?.index ?? 0;
  const start = at <= BEFORE ? 0 : text.lastIndexOf(" ", at - BEFORE / 2) + 1;
  const end = start + LENGTH >= text.length ? text.length : text.lastIndexOf(" ", start + LENGTH);
  const pieces = [];
  let done = start;
  for (const match of matches) {
    const stop = match.index + match[0].length;
    if (match.index < done || stop > end) continue;
    pieces.push([text.slice(done, match.index), false], [match[0], true]);
    done = stop;
  }
  pieces.push([text.slice(done, end), false]);
  if (start > 0) pieces.unshift(["… ", false]);
  if (end < text.length) pieces.push([" …", false]);
  return pieces.filter(([piece]) => piece);
}

function isMatch(word, known) {
  if (known.has(fold(word))) return true;
  return (word.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? []).some((part) => part.length > 1 && part !== word && known.has(part.toLowerCase()));
}
