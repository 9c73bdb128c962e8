/** Notes at the foot of the window that interrupt nobody: a sentence each, and what can be done about it. */
import { make } from "./element.js";
import { words } from "./words.js";

// What is left free around the notes, in pixels.
const GAP = 32;

let shelf;

/** Shows a note above those that are there; `actions` are pairs of a label and what it does. */
export async function toast(text, actions = []) {
  const say = await words();
  const close = (act) => () => {
    note.remove();
    // Whoever pressed a button that is gone goes on where the page's text begins.
    if (document.activeElement === document.body) document.getElementById("theme:main")?.focus({ preventScroll: true });
    act();
  };
  const buttons = [...actions, [say("close"), () => undefined]].map(([label, act], place) =>
    make(place === 0 && actions.length ? "button.button.main" : "button.button", { type: "button", click: close(act) }, label));
  const note = make("div.toast", {}, make("p", {}, text), make("div.start", {}, ...buttons));
  await ready();
  shelf.prepend(note);
  return note;
}

/** What listens for changes has to be there before they come, or they are not said. */
async function ready() {
  if (shelf) return;
  shelf = make("div.toasts", { role: "status", "aria-atomic": "false" });
  document.body.append(shelf);
  // What has the focus is never under a note: the page can be scrolled, and is, to above them.
  new ResizeObserver(() => {
    const room = shelf.childElementCount ? `${shelf.offsetHeight + GAP}px` : "";
    document.documentElement.style.scrollPaddingBottom = document.body.style.marginBottom = room;
  }).observe(shelf);
  await new Promise((resume) => setTimeout(resume, 100));
}
