/** The words of the interface in the page's language, fetched once and kept by the browser for good. */
import { page } from "./page.js";

let catalogue;

/** Returns a function that says a phrase: `say("results", {n: 3})`. */
export function words() {
  // Words that did not come are asked for again.
  catalogue ??= load().catch((error) => {
    catalogue = undefined;
    throw error;
  });
  return catalogue;
}

async function load() {
  const { strings } = document.querySelector("script[data-strings]").dataset;
  const answer = await fetch(strings);
  const forms = await answer.json();
  const plural = new Intl.PluralRules(page.language);
  return (key, values = {}) => {
    const form = forms[key] ?? key;
    const text = typeof form === "string" ? form : (form[plural.select(values.n)] ?? form.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) => spoken(values[name]) ?? whole);
  };
}

/** A number is written as the page's language writes it. */
const spoken = (value) => (typeof value === "number" ? value.toLocaleString(page.language) : value);

/** Says a moment as people do: the time of today, else the day. */
export function moment(value) {
  const at = new Date(value);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(page.language, today ? { timeStyle: "short" } : { dateStyle: "medium" });
}

/** Says a number of bytes. */
export function bytes(count) {
  const unit = count < 1e6 ? "kilobyte" : "megabyte";
  const size = count / (unit === "kilobyte" ? 1e3 : 1e6);
  const digits = { maximumFractionDigits: size < 10 ? 1 : 0 };
  // A number and its unit stay on one line.
  return new Intl.NumberFormat(page.language, { style: "unit", unit, ...digits }).format(size).replace(/ /g, "\u00a0");
}
