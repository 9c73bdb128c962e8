/** The search page: finds while one types, is walked through with the arrow keys, and can be linked to. */
import { make } from "./element.js";
import { excerpt, find, ready } from "./finder.js";
import { words } from "./words.js";

// A pause in typing, in milliseconds, not worth waiting longer for.
const PAUSE = 60;

/** Starts the search. */
export async function start(island) {
  const [form, field, said, list] = ["form", "input", ".found", ".hits"].map((name) => island.querySelector(name));
  let timer;
  let turn = 0;
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
    const mine = (turn += 1);
    history.replaceState(history.state, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
    if (!query) {
      said.textContent = "";
      list.replaceChildren();
      return;
    }
    try {
      const found = await find(query);
      if (mine !== turn) return;
      said.textContent = found.total ? say("results", { n: found.total }) : say("no_results", { query });
      const place = [...list.querySelectorAll("a")].indexOf(document.activeElement);
      list.replaceChildren(...found.hits.map(hit));
      // Who has walked into the list already stays in it.
      if (place >= 0) (list.querySelectorAll("a")[place] ?? field).focus();
    } catch {
      if (mine === turn) said.textContent = say("search_failed");
    }
  }
}

function hit(found) {
  const text = excerpt(found).map(([piece, isMatch]) => (isMatch ? make("mark", {}, piece) : piece));
  const where = [found.course, found.heading && found.title].filter(Boolean).join(" › ");
  return make("li", {}, make("a", { href: found.url }, found.heading || found.title), make("p.where", {}, where), text.length ? make("p", {}, ...text) : "");
}
