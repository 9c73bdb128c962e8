/**
 * Sends what waits to the edge API, one tab at a time, until it has answered for each act.
 *
 * Nothing is ever dropped: an answer that is late, missing, broken or not of the agreed form leaves every act waiting.
 * Sending twice does no harm, since the server knows an act by its id.
 */
import { askAsLearner } from "./api.js";
import { put, replace, thing, waiting } from "./keep.js";
import { page } from "./page.js";
import { tell } from "./progress.js";

const BATCH = 100;
const STATUSES = ["accepted", "replayed", "pending", "rejected"];
// Seconds after each failure in a row; the last one repeats.
const PAUSES = [5, 30, 120, 600];

let failures = 0;
let timer;
let running;

/** Sends now and whenever it may work again: online, back in view, at intervals after a failure. */
export function keepUp() {
  if (!page.api) return;
  addEventListener("online", again);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  again();
}

async function again() {
  failures = 0;
  if ((await send()) && (await thing("me"))) await catchUp();
}

async function catchUp() {
  await (await import("./session.js")).catchUp().catch(() => undefined);
}

/** Sends all that waits; resolves when it is sent or has failed, and says whether it is sent. */
export function send() {
  running ??= alone(sendAll).catch(later).finally(() => (running = undefined));
  return running;
}

async function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`sync${page.base}`, work);
}

async function sendAll() {
  clearTimeout(timer);
  for (;;) {
    const events = await waiting(BATCH);
    if (!events.length) return true;
    await sendBatch(events);
    failures = 0;
    if (!(await thing("asked"))) await catchUp();
  }
}

async function sendBatch(events) {
  const body = { events: events.map(({ id, type, item, choices, answer, at }) => ({ id, type, item, choices, answer, at })) };
  const answer = await askAsLearner("/progress", { method: "POST", body, keepalive: true });
  const results = new Map(checked(answer, events).map((result) => [result.id, result]));
  const answered = events.map(({ waiting: _, ...event }) => {
    const { status, code, xp } = results.get(event.id);
    return { ...event, status, code, xp };
  });
  await replace(answered);
  await put("confirmed", { xp: answer.xp, level: answer.level });
  tell();
}

/** Returns the results of an answer that is of the agreed form; throws otherwise. */
function checked(answer, events) {
  const results = answer?.results;
  const fits =
    Array.isArray(results) && results.length === events.length && Number.isInteger(answer.xp) && Number.isInteger(answer.level) &&
    results.every((result, place) => result.id === events[place].id && STATUSES.includes(result.status) && Number.isInteger(result.xp));
  if (!fits) throw new Error("nonsense");
  return results;
}

function later(problem) {
  const pause = Math.max(problem.wait ?? 0, PAUSES[Math.min(failures, PAUSES.length - 1)]);
  failures += 1;
  clearTimeout(timer);
  // A little apart, so that a class that was cut off does not come back in one instant.
  timer = setTimeout(send, pause * 1000 * (1 + Math.random() / 4));
  wake();
  return false;
}

/** Has the browser wake the worker once the network is back, where it can: even after the tab is closed. Nobody waits for it. */
async function wake() {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  await registration?.sync?.register("progress").catch(() => undefined);
}
