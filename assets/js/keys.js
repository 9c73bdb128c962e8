/** The keyboard: arrows turn pages, / searches, t turns the light, ? lists them. All of it can be switched off. */
import { chosen, turn } from "./comfort.js";
import { page } from "./page.js";

// Where arrows and letters already mean something.
const BUSY = "input, textarea, select, [contenteditable], pre, .table, [popover]:popover-open";

function follow(relation) {
  document.querySelector(`a[rel="${relation}"]`)?.click();
}

async function help() {
  (await import("./help.js")).show();
}

function search() {
  const field = document.getElementById("query");
  if (field) field.focus();
  else document.querySelector("a[data-search]")?.click();
}

const keys = {
  ArrowLeft: () => follow(page.leftwards ? "next" : "prev"),
  ArrowRight: () => follow(page.leftwards ? "prev" : "next"),
  "/": search,
  t: turn,
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (!keys[event.key] || event.target.closest?.(BUSY) || chosen().keys === "off") return;
  event.preventDefault();
  keys[event.key]();
});

// What is open covers the page behind it: it goes when whoever uses the keyboard walks on there.
document.addEventListener("focusin", ({ target }) => {
  const open = document.querySelector("[popover]:popover-open");
  if (open && !open.contains(target) && target.matches(":focus-visible")) open.hidePopover();
});

document.querySelector("[data-keys]")?.addEventListener("click", help);
