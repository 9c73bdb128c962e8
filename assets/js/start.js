/** The course's first button: start, or go on where one left off; and how far one has come. */
import { thing } from "./keep.js";
import { page } from "./page.js";
import { standing, whenChanged } from "./progress.js";
import { words } from "./words.js";

/** Keeps the button and the bar up to date. */
export async function resume(row) {
  const update = () => show(row);
  await update();
  whenChanged(update);
  if ("caches" in window && navigator.serviceWorker) (await import("./saving.js")).offer(row.querySelector(".saving"), page.course);
}

async function show(row) {
  const [{ items }, place, say] = await Promise.all([standing(), thing(`place:${page.course}`), words()]);
  const lessons = [...document.querySelectorAll(".contents li[data-item]")];
  const done = lessons.filter((lesson) => items.get(lesson.dataset.item)?.done).length;
  row.querySelector(".progress > i").style.inlineSize = `${lessons.length ? (100 * done) / lessons.length : 0}%`;
  row.querySelector(".far").textContent = lessons.length ? say("done_of", { n: done, total: lessons.length }) : "";
  const button = row.querySelector("a.main");
  if (!button || (!done && !place)) return;
  const open = lessons.filter((lesson) => !items.get(lesson.dataset.item)?.done);
  // Where one left off, unless that lesson is finished: then the first that is not.
  const next = open.find((lesson) => lesson.dataset.item === place?.item) ?? after(lessons, open, place) ?? open[0];
  if (!next) {
    button.textContent = say("again");
    return;
  }
  const link = next.querySelector("a");
  button.href = link.href;
  button.textContent = say("continue", { title: link.firstChild.textContent.trim() });
}

function after(lessons, open, place) {
  const from = lessons.findIndex((lesson) => lesson.dataset.item === place?.item);
  return from < 0 ? undefined : open.find((lesson) => lessons.indexOf(lesson) > from);
}
