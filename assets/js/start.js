/** The course's first button: start, or go on where one left off; and how far one has come. */
import { thing } from "./keep.js";
import { page } from "./page.js";
import { standing, whenChanged } from "./progress.js";
import { onward } from "./way.js";
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
  const isDone = (lesson) => items.get(lesson.dataset.item)?.done;
  const done = lessons.filter(isDone).length;
  row.querySelector(".progress > i").style.inlineSize = `${lessons.length ? (100 * done) / lessons.length : 0}%`;
  row.querySelector(".far").textContent = lessons.length ? say("done_of", { n: done, total: lessons.length }) : "";
  const button = row.querySelector("a.main");
  if (!button || (!done && !place)) return;
  const next = onward(lessons, isDone, (lesson) => lesson.dataset.item === place?.item);
  if (!next) {
    button.textContent = say("again");
    return;
  }
  const link = next.querySelector("a");
  button.href = link.href;
  button.textContent = say("continue", { title: link.firstChild.textContent.trim() });
}
