/** A note at the foot of the window that interrupts nobody: a sentence, and what can be done about it. */
import { make } from "./element.js";
import { words } from "./words.js";

/** Shows a note; `actions` are pairs of a label and what it does. */
export async function toast(text, actions = []) {
  const say = await words();
  const buttons = [...actions, [say("close"), () => undefined]].map(([label, act], place) =>
    make(place === 0 && actions.length ? "button.button.main" : "button.button", { type: "button", click: () => (note.remove(), act()) }, label));
  const note = make("div.toast", { role: "status" }, make("p", {}, text), make("div.start", {}, ...buttons));
  document.body.append(note);
  return note;
}
