/** A file for the learner: text that the browser saves where downloads go. */
import { make } from "./element.js";

// Long enough for any browser to have taken the bytes over.
const LIFE = 10_000;

/** Hands a text over as a file. */
export function hand(text, name, type = "application/json") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), LIFE);
}
