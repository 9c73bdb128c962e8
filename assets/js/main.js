/**
 * The entry: it finds what the page has, and brings in what belongs to it when it is wanted.
 *
 * Eager is only what answers a first touch (comfort, keys); all else waits for an idle moment, for being seen or for a
 * click. Whatever fails to load leaves the page as it was without scripts.
 */
import "./comfort.js";
import "./keys.js";
import { page } from "./page.js";
import { whenIdle, whenReached, whenSeen } from "./when.js";

const all = (selector) => document.querySelectorAll(selector);

whenSeen(all("section.quiz"), async (section) => (await import("./quiz.js")).enliven(section));
whenSeen(all("pre > code"), async (code) => (await import("./copy.js")).offer(code.parentElement));
whenSeen(all("nav.toc"), async (toc) => (await import("./toc.js")).follow(toc));

const islands = {
  leaderboard: () => import("./leaderboard.js"),
  profile: () => import("./profile.js"),
  saved: () => import("./shelf.js"),
  search: () => import("./search.js"),
};

for (const island of all("[data-island]")) {
  whenReached(async () => (await islands[island.dataset.island]()).start(island));
}

whenIdle(async () => {
  const [{ mark }, { keepUp }] = await Promise.all([import("./marks.js"), import("./sync.js")]);
  mark();
  keepUp();
  if (page.item) (await import("./reading.js")).watch();
  // Brought in before it is scrolled to: the network may be gone by then.
  if (document.querySelector("section.quiz")) await import("./quiz.js");
  const start = document.querySelector("[data-start]");
  if (start) (await import("./start.js")).resume(start);
  (await import("./updates.js")).register();
});

addEventListener("beforeinstallprompt", async (event) => {
  // The site has a button for it; a banner over a lesson is no help.
  event.preventDefault();
  (await import("./install.js")).offer(event);
});

for (const button of all("[data-reload]")) {
  button.addEventListener("click", () => location.reload());
}
