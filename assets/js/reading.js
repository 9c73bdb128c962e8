/** A lesson is read when its end has been in view and the page has been looked at for a while. */
import { make } from "./element.js";
import { put } from "./keep.js";
import { page } from "./page.js";
import { record, standing, whenChanged } from "./progress.js";
import { words } from "./words.js";

// Who jumps to the end and leaves has not read it.
const WHILE = 4000;

const line = document.querySelector(".finish");

/** Watches for the end of the lesson, and remembers where the learner is. */
export async function watch() {
  put(`place:${page.course}`, { item: page.item, url: location.pathname, at: Date.now() });
  whenChanged(show);
  const { items } = await standing();
  if (items.get(page.item)?.done || !line) return show();
  let looked = 0;
  let seen = false;
  let since = document.visibilityState === "visible" ? performance.now() : undefined;
  const check = async () => {
    const time = looked + (since === undefined ? 0 : performance.now() - since);
    if (!seen) return;
    if (time < WHILE) {
      setTimeout(check, WHILE - time);
      return;
    }
    observer.disconnect();
    seen = false;
    await record({ type: "lesson.read", item: page.item, xp: page.xp });
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") since = performance.now();
    else if (since !== undefined) {
      looked += performance.now() - since;
      since = undefined;
    }
  });
  const observer = new IntersectionObserver((entries) => {
    seen = entries.some((entry) => entry.isIntersecting);
    check();
  });
  observer.observe(line);
}

async function show() {
  if (!line) return;
  const { items } = await standing();
  const item = items.get(page.item);
  if (!item?.done) return;
  const say = await words();
  const points = page.xp ? say(item.confirmed || !page.api ? "earned" : "provisional", { n: page.xp }) : "";
  const word = document.body.classList.contains("is-module") ? "course_done" : "finished";
  line.replaceChildren(make("span.done", {}, say(word)), points);
}
