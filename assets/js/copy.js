/** A button beside each block of code that copies it: without line numbers, and without lines that were taken out. */
import { make } from "./element.js";
import { words } from "./words.js";

// Long enough to be read.
const SHOWN = 2000;

/** Puts the button beside a `pre`. */
export async function offer(pre) {
  if (!navigator.clipboard || pre.parentElement.querySelector(":scope > .copy")) return;
  const say = await words();
  const button = make("button.copy", { type: "button", "aria-live": "polite" }, say("copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text(pre));
    button.textContent = say("copied");
    button.dataset.done = "";
    setTimeout(() => {
      button.textContent = say("copy");
      delete button.dataset.done;
    }, SHOWN);
  });
  frame(pre).append(button);
}

function frame(pre) {
  const figure = pre.closest("figure.code");
  if (figure) return figure;
  const made = make("div.copyable");
  pre.replaceWith(made);
  made.append(pre);
  return made;
}

function text(pre) {
  const copy = pre.cloneNode(true);
  for (const line of copy.querySelectorAll("del")) line.remove();
  return copy.textContent;
}
