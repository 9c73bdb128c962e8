/** The list of keys, and the switch that turns them off. */
import { choose, chosen } from "./comfort.js";
import { make } from "./element.js";
import { page } from "./page.js";
import { words } from "./words.js";

let sheet;

/** Shows the list. */
export async function show() {
  sheet ??= await build();
  sheet.showPopover();
}

async function build() {
  const say = await words();
  const arrows = page.leftwards ? ["→", "←"] : ["←", "→"];
  const rows = [[arrows[0], "keys_previous"], [arrows[1], "keys_next"], ["/", "keys_search"], ["t", "keys_theme"], ["?", "keys_help"]];
  const switched = make("input", {
    type: "checkbox",
    checked: chosen().keys !== "off",
    change: ({ target }) => choose("keys", target.checked ? "on" : "off"),
  });
  const close = make("button.button", { type: "button", click: () => sheet.hidePopover() }, say("close"));
  const made = make("div.sheet", { popover: "auto", role: "dialog", "aria-labelledby": "keys-title" },
    make("h2", { id: "keys-title" }, say("keys")),
    make("dl", {}, ...rows.flatMap(([key, name]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, say(name))])),
    make("p", {}, make("label.switch", {}, switched, say("keys_on"))),
    close);
  made.addEventListener("toggle", ({ newState }) => newState === "open" && close.focus());
  document.body.append(made);
  return made;
}
