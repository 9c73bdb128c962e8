/** Ticks beside what is finished, in outlines and lists, and the bar that shows how far a course has come. */
import { make } from "./element.js";
import { standing, whenChanged } from "./progress.js";
import { words } from "./words.js";

/** Marks the page's lists, and keeps them marked. */
export function mark() {
  update();
  whenChanged(update);
  addEventListener("keep:lost", warn, { once: true });
}

async function update() {
  const entries = document.querySelectorAll("li[data-item]");
  if (!entries.length) return;
  const { items } = await standing();
  const say = await words();
  for (const entry of entries) {
    const done = items.get(entry.dataset.item)?.done === true;
    if (done === (entry.dataset.state === "done")) continue;
    const link = entry.querySelector("a");
    const note = link.querySelector(".unseen");
    if (done) {
      entry.dataset.state = "done";
      if (!note) link.append(make("span.unseen", {}, ` (${say("read")})`));
    } else {
      delete entry.dataset.state;
      note?.remove();
    }
  }
}

async function warn({ detail }) {
  const say = await words();
  (await import("./toast.js")).toast(say(detail));
}
