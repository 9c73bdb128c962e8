/**
 * A learner's progress: events that are only ever added. What follows from them is computed, never kept.
 *
 * Points are the page's own estimate until the server has answered; then the server's count stands.
 */
import { add, events, replace, thing } from "./keep.js";
import { page } from "./page.js";

const TYPES = ["lesson.read", "quiz.answered", "exercise.passed"];

let channel;
listen();
addEventListener("pageshow", ({ persisted }) => persisted && (listen(), dispatchEvent(new Event("progress"))));
addEventListener("pagehide", () => channel?.close());

function listen() {
  channel = new BroadcastChannel(`progress${page.base}`);
  channel.onmessage = () => dispatchEvent(new Event("progress"));
}

/** The acts, by item: whether it is finished, and what it brought. */
export async function standing() {
  const items = new Map();
  let unsent = 0;
  for (const event of await events()) {
    unsent += event.waiting ? 1 : 0;
    const item = items.get(event.item) ?? { done: false, confirmed: false, last: undefined, hoped: 0 };
    if (!item.last || Date.parse(item.last.at) <= Date.parse(event.at)) item.last = event;
    if (finishes(event)) {
      item.done = true;
      item.confirmed ||= event.status === "accepted" || event.status === "replayed";
      item.hoped = Math.max(item.hoped, event.xp ?? 0);
    }
    items.set(event.item, item);
  }
  // An item counts once, however often it was answered, and no longer here once the server has counted it.
  const provisional = [...items.values()].reduce((sum, { done, confirmed, hoped }) => sum + (done && !confirmed ? hoped : 0), 0);
  const known = await thing("confirmed");
  return { items, unsent, provisional, xp: (known?.xp ?? 0) + provisional, level: known?.level };
}

/** Whether an act finishes its item. */
export function finishes(event) {
  if (event.status === "rejected") return false;
  if (event.type !== "quiz.answered") return true;
  return event.code === "right" || event.code === "already-earned" || event.code === "review" || (!event.code && event.right === true);
}

/** Records one act: kept here first, then sent when it can be. */
export async function record(act) {
  const event = { id: unique(), at: now(), waiting: 1, ...act };
  // Written without a look at what is there: its id is new, and the page may be left the next moment.
  await replace([event]);
  tell();
  if (page.api) (await import("./sync.js")).send();
  return event;
}

/** Calls back whenever there is something new, in this tab or another. */
export function whenChanged(call) {
  addEventListener("progress", call);
}

/** Tells every tab that there is something new. */
export function tell() {
  dispatchEvent(new Event("progress"));
  channel.postMessage("progress");
}

/** A name that nothing else has. Only secure hosts have `randomUUID`; the address of a blob ends in one on all. */
function unique() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const address = URL.createObjectURL(new Blob());
  URL.revokeObjectURL(address);
  return address.slice(-36);
}

/** The present moment with the learner's offset, which names the learner's day. */
function now() {
  const at = new Date();
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  const pad = (value) => String(value).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
  return local + offset;
}

/** Returns all acts as the text of a file. */
export async function toFile() {
  const shown = (await events()).map(({ waiting, ...event }) => event);
  return JSON.stringify({ coursewright: 1, events: shown }, null, 1);
}

/** Adds the acts of a file to those that are here, and returns how many were new; throws where there are none. */
export async function fromFile(text) {
  const { events: found } = JSON.parse(text);
  const good = found.filter(isEvent).map(({ id, type, item, choices, answer, at, xp, right }) => ({ id, type, item, choices, answer, at, xp, right, waiting: 1 }));
  if (!good.length && found.length) throw new Error("no events");
  const fresh = await add(good);
  tell();
  return fresh;
}

function isEvent(event) {
  return (
    typeof event?.id === "string" && /^[0-9a-f-]{36}$/i.test(event.id) &&
    TYPES.includes(event.type) && typeof event.item === "string" && !Number.isNaN(Date.parse(event.at))
  );
}
