/**
 * What is kept on this device, in IndexedDB:
 *
 *     events   {id, type, item, choices?, answer?, at, xp, right?, waiting?, status?, code?}   every act, once, for ever
 *     things   name → value                                                           the last place, copies, the session
 *
 * `waiting` is 1 until the server has answered. What the browser does not let us keep (private windows, a full disk)
 * stays in memory for as long as the tab lives, is sent like the rest, and the learner is told.
 */
import { page } from "./page.js";

const NAME = `coursewright${page.base}`;

let opened;

function open() {
  // What failed once may work the next time: nothing of a failure is remembered.
  opened ??= connect().catch((error) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

function connect() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("events", { keyPath: "id" }).createIndex("waiting", "waiting");
      request.result.createObjectStore("things");
    };
    request.onsuccess = () => {
      // A newer page in another tab wants to change the form: let it.
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** Runs a transaction: `work` gets the stores and returns a request whose result is wanted, if any. */
async function transact(stores, mode, work) {
  const begin = async () => (await open()).transaction(stores, mode, { durability: "strict" });
  const transaction = await begin().catch(() => {
    // The browser has wiped the database under the page: it is made anew.
    opened = undefined;
    return begin();
  });
  return new Promise((resolve, reject) => {
    const request = work(...stores.map((name) => transaction.objectStore(name)));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
    // Left to itself it waits until the page has heard of each request, and is undone where the page is gone by then.
    transaction.commit?.();
  });
}

const lost = { events: new Map(), things: new Map() };
let told = false;

/** Writes; where that fails, `instead` keeps it in memory, and the page is told once why. */
async function write(stores, work, instead) {
  try {
    await transact(stores, "readwrite", work);
  } catch (error) {
    instead();
    if (!told) dispatchEvent(new CustomEvent("keep:lost", { detail: error?.name === "QuotaExceededError" ? "full" : "not_kept" }));
    told = true;
  }
}

async function read(store, work, otherwise) {
  try {
    return await transact([store], "readonly", work);
  } catch {
    return otherwise;
  }
}

/** Returns every event. */
export async function events() {
  return [...(await read("events", (store) => store.getAll(), [])), ...lost.events.values()];
}

/** Returns the events that the server has not answered yet, the oldest first. */
export async function waiting(limit) {
  const kept = await read("events", (store) => store.index("waiting").getAll(1), []);
  const found = [...kept, ...[...lost.events.values()].filter((event) => event.waiting)];
  return found.sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).slice(0, limit);
}

/** Keeps events that are new; those that are here already stay as they are. Returns how many were new. */
export async function add(list) {
  const known = new Set((await events()).map((event) => event.id));
  const fresh = list.filter((event) => !known.has(event.id));
  await replace(fresh);
  return fresh.length;
}

/** Keeps events, over those of the same id. */
export async function replace(list) {
  const work = (store) => void list.filter((event) => !lost.events.has(event.id)).forEach((event) => store.put(event));
  await write(["events"], work, () => list.forEach((event) => lost.events.set(event.id, event)));
  for (const event of list) if (lost.events.has(event.id)) lost.events.set(event.id, event);
}

/** Returns a thing by its name. */
export async function thing(name) {
  return lost.things.has(name) ? lost.things.get(name) : read("things", (store) => store.get(name));
}

/** Keeps a thing under a name; `undefined` forgets it. */
export function put(name, value) {
  const work = (store) => void (value === undefined ? store.delete(name) : store.put(value, name));
  return write(["things"], work, () => lost.things.set(name, value));
}

/** Forgets everything. */
export function forget() {
  lost.events.clear();
  lost.things.clear();
  return write(["events", "things"], (acts, things) => void (acts.clear(), things.clear()), () => undefined);
}

// A page in the back/forward cache must not hold a connection that blocks others.
addEventListener("pagehide", () => {
  opened?.then((database) => database.close(), () => undefined);
  opened = undefined;
});
