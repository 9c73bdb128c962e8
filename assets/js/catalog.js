/** What the site teaches, as the reader of this page wants it: each course once, in the page's language where it is. */
import { page } from "./page.js";

/** Returns the courses; `name` is what progress in one is kept under, whatever the language it is read in. */
export async function courses() {
  const catalog = await (await fetch(`${page.base}/catalog.json`)).json();
  const found = new Map();
  for (const course of catalog.courses) {
    const name = course.original ?? course.id;
    const known = found.get(name);
    if (!known || liking(course) > liking(known)) found.set(name, { ...course, name });
  }
  return [...found.values()];
}

function liking({ lang, original }) {
  if (lang === page.language) return 2;
  return original ? 0 : 1;
}
