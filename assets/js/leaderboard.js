/** The leaderboard: at once from the last copy on this device, then fresh, then live; around me, by period and course. */
import { ask } from "./api.js";
import { avatar } from "./avatar.js";
import * as catalog from "./catalog.js";
import { make } from "./element.js";
import { put, thing } from "./keep.js";
import { whenBoardsChange } from "./live.js";
import { page } from "./page.js";
import { moment, words } from "./words.js";

const LIMIT = 25;
// A board's skeleton is as tall as a board of so many.
const GHOSTS = 8;

/** Starts the board. */
export async function start(island) {
  const say = await words();
  const form = island.querySelector("form");
  const parts = { say, form, body: island.querySelector("tbody"), notice: island.querySelector(".notice"), more: island.querySelector(".more") };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => show(parts));
  addEventListener("online", () => show(parts));
  await Promise.all([show(parts), courses(form.elements.course)]);
  whenBoardsChange((courses) => {
    if (!courses || courses.includes(form.elements.course.value)) show(parts, { quiet: true });
  });
}

async function courses(select) {
  try {
    const taught = await catalog.courses();
    select.append(...taught.map((course) => make("option", { value: course.name, lang: course.lang }, course.title)));
  } catch {
    // Without the catalogue there is one board: that of all courses.
  }
}

function asked(form) {
  const { window, view, course } = Object.fromEntries(new FormData(form));
  const query = new URLSearchParams({ window, limit: LIMIT });
  if (course) query.set("course", course);
  return { around: view === "around-me", query };
}

let turn = 0;

async function show(parts, { quiet = false } = {}) {
  const { say, form, body, notice } = parts;
  const mine = (turn += 1);
  const { around, query } = asked(form);
  const path = `/leaderboard${around ? "/around-me" : ""}?${query}`;
  const name = `board:${path}`;
  const copy = await thing(name);
  if (mine !== turn) return;
  if (copy && !quiet) draw(parts, copy.board, around, await thing("me"));
  else if (!quiet) body.replaceChildren(...Array.from({ length: GHOSTS }, ghost));
  if (!copy && !quiet) notice.textContent = say("loading");
  try {
    const board = await ask(path);
    if (mine !== turn) return;
    const me = await thing("me");
    draw(parts, board, around, me);
    const news = told(board, around, me, say);
    // What is said again is read out again: only when it is something else.
    if (notice.firstChild?.data !== news) notice.replaceChildren(news, ...(around && board.me && !board.me.listed ? [" ", account()] : []));
    put(name, { board, at: Date.now() });
  } catch (problem) {
    if (mine === turn) fail(parts, problem, copy, around);
  }
}

function told(board, around, me, say) {
  if (around && board.me && !board.me.listed) return say(me ? "board_hidden" : "board_unlisted");
  if (!board.total) return "";
  return [say("learners", { n: board.total }), board.approximate ? say("board_about") : ""].filter(Boolean).join(" · ");
}

function fail(parts, problem, copy, around) {
  const { say, body, notice } = parts;
  if (problem.code === "no-session" && around) {
    draw(parts, { entries: [], me: null, next: null }, true);
    notice.textContent = "";
    return;
  }
  if (copy) {
    notice.textContent = say("stale", { when: moment(copy.at) });
    return;
  }
  notice.textContent = "";
  const again = make("button.button", { type: "button", click: () => show(parts) }, say("again_load"));
  body.replaceChildren(line(make("p", {}, say(problem.code === "offline" ? "offline_now" : "load_failed")), again));
}

function draw({ say, body, more, form }, board, around, known) {
  const me = board.me;
  // No two learners have the same name.
  const isMine = ({ handle }) => handle === (me?.handle ?? known?.handle);
  const rows = board.entries.map((entry) => row(entry, say, isMine(entry)));
  if (me && !me.listed) rows.push(row(me, say, true));
  if (!rows.length) rows.push(line(make("p", {}, say(around ? "board_none" : "board_empty")), around ? "" : make("p", {}, account())));
  body.replaceChildren(...rows);
  more.replaceChildren();
  if (board.next && !around) more.append(make("button.button", { type: "button", click: () => further(board.next) }, say("load_more")));

  async function further(cursor) {
    const { query } = asked(form);
    query.set("cursor", cursor);
    try {
      const next = await ask(`/leaderboard?${query}`);
      body.append(...next.entries.map((entry) => row(entry, say, isMine(entry))));
      more.replaceChildren();
      if (next.next) more.append(make("button.button", { type: "button", click: () => further(next.next) }, say("load_more")));
    } catch {
      more.replaceChildren(say("load_failed"), " ", make("button.button", { type: "button", click: () => further(cursor) }, say("again_load")));
    }
  }
}

/** The way to where one signs in and decides about being shown; it is called as in the bar above. */
function account() {
  const way = document.querySelector("[data-me]");
  return way ? make("a", { href: way.href }, way.getAttribute("aria-label")) : "";
}

function row(entry, say, mine) {
  const number = (value) => make("td.number", {}, value.toLocaleString(page.language));
  const name = make("th.learner", { scope: "row" }, avatar(entry.handle), make("bdi", {}, entry.handle), mine ? make("span.you", {}, ` ${say("you")}`) : "");
  return make(mine ? "tr.mine" : "tr", {}, make("td.rank", {}, entry.rank.toLocaleString(page.language)), name, number(entry.level), number(entry.xp));
}

function ghost() {
  return make("tr.ghost", { "aria-hidden": "true" }, ...Array.from({ length: 4 }, () => make("td", {}, make("i"))));
}

function line(...children) {
  return make("tr", {}, make("td.empty", { colSpan: 4 }, ...children));
}
