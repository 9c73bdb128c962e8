/** Reading comfort: colours, text size and shortcuts, kept on this device and put in place before the first paint. */

const root = document.documentElement;
const menu = document.getElementById("theme:comfort");

/** What was chosen last: {theme, size, keys}; empty where nothing was or nothing can be kept. */
export function chosen() {
  try {
    return JSON.parse(localStorage.getItem("comfort")) ?? {};
  } catch {
    return {};
  }
}

/** Keeps a choice, and shows it. */
export function choose(name, value) {
  const choice = { ...chosen(), [name]: value };
  if (name === "theme" || name === "size") show(name, value);
  try {
    localStorage.setItem("comfort", JSON.stringify(choice));
  } catch {
    // Private windows keep nothing; the choice holds for this page.
  }
}

/** Turns light to dark and back. */
export function turn() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  choose("theme", dark ? "light" : "dark");
  fill();
}

function show(name, value) {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
}

function fill() {
  const choice = chosen();
  for (const input of menu.querySelectorAll("input[type=radio]")) input.checked = input.value === (choice[input.name] ?? "");
}

if (menu) {
  fill();
  menu.addEventListener("change", ({ target }) => choose(target.name, target.value));
  // Another tab's choice holds here too.
  addEventListener("storage", ({ key }) => {
    if (key !== "comfort") return;
    const { theme = "", size = "" } = chosen();
    show("theme", theme);
    show("size", size);
    fill();
  });
}
