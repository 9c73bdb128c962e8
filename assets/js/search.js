/** The search page: finds while one types, is walked through with the arrow keys, and can be linked to. */
import { make } from "./element.js";
import { excerpt, find, ready } from "./finder.js";
import { words } from "./words.js";

// A pause in typing, in milliseconds, not worth waiting longer for.
const PAUSE = 60;
// Hits that are shown at first, and more of at a time.
const STEP = 20;

/** Starts the search. */
export async function start(island) {
  const [form, field, said, list] = ["form", "input", ".found", ".hits"].map((name) => island.querySelector(name));
  let timer;
  let turn = 0;
  let shown = { query: "", most: STEP };
  const more = make("p.more");
  list.after(more);
  let say;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  island.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [field, ...list.querySelectorAll("a")];
    stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(document.activeElement) + step))].focus();
  });
  // Whoever is quicker than this script keeps what was typed.
  field.value ||= new URLSearchParams(location.search).get("q") ?? "";
  if (matchMedia("(pointer: fine)").matches || field.value) field.focus();
  const speaking = words();
  await begin();

  async function begin() {
    try {
      const isReady = await ready();
      say = await speaking;
      if (isReady) await search();
      else said.textContent = say("search_none");
    } catch {
      said.textContent = (await speaking)("search_failed");
      addEventListener("online", begin, { once: true });
    }
  }

  async function search() {
    if (!say) return;
    const query = field.value.trim();
    if (query !== shown.query) shown = { query, most: STEP };
    const mine = (turn += 1);
    history.replaceState(history.state, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
    if (!query) {
      said.textContent = "";
      list.replaceChildren();
      more.replaceChildren();
      return;
    }
    try {
      const found = await find(query, shown.most);
      if (mine !== turn) return;
      const count = found.total ? say("results", { n: found.total }) : say("no_results", { query });
      said.textContent = [count, found.missing && say("not_searched", { n: found.missing })].filter(Boolean).join(" · ");
      const place = [...list.querySelectorAll("a")].indexOf(document.activeElement);
      list.replaceChildren(...found.hits.map(hit));
      // Who has walked into the list already stays in it.
      if (place >= 0) (list.querySelectorAll("a")[place] ?? field).focus();
      more.replaceChildren();
      if (found.total > shown.most) more.append(make("button.button", { type: "button", click: further }, say("load_more")));
    } catch {
      if (mine === turn) said.textContent = say("search_failed");
    }
  }

  async function further() {
    const first = shown.most;
    shown.most += STEP;
    await search();
    list.querySelectorAll("a")[first]?.focus();
  }
}

function hit(found) {
  const text = excerpt(found).map(([piece, isMatch]) => (isMatch ? make("mark", {}, piece) : piece));
  const where = [found.course, found.heading && found.title].filter(Boolean).join(" › ");
  return make("li", {}, make("a", { href: found.url }, found.heading || found.title), make("p.where", {}, where), text.length ? make("p", {}, ...text) : "");
}
