/**
 * The worker's last part, where the site has an API: sends what waits when the browser says that the network is back,
 * also when no page is open any more (Background Sync; elsewhere pages send when they are opened, seen or online again).
 *
 * It is a second reader of what assets/js/keep.js draws (the database `coursewright<base>`) and of POST /api/progress, and
 * shares no code with the pages: a worker is one file that changes only with a release, and pages are modules. What it shares
 * is the lock `sync<base>`, so that no act is on its way twice, and the channel `progress<base>`, on which pages listen.
 * Like them it forgets nothing that the server has not answered for; a sync that fails is the browser's to try again.
 */
const OUTBOX = `coursewright${release.base}`;
// As many as pages send at a time (assets/js/sync.js).
const BATCH = 100;
// A page that wants to sign out waits for the lock meanwhile, so no longer than pages wait for an answer (assets/js/api.js).
const LATEST = 10_000;
const ANSWERS = ["accepted", "replayed", "pending", "rejected"];

addEventListener("sync", (event) => {
  if (event.tag === "progress") event.waitUntil(navigator.locks.request(`sync${release.base}`, deliver));
});

async function deliver() {
  const database = await outbox();
  if (!database) return;
  try {
    while (await deliverBatch(database));
  } finally {
    database.close();
    new BroadcastChannel(`progress${release.base}`).postMessage("progress");
  }
}

/** Opens the database as it is; where there is none, none is made, since its form is the pages' business. */
async function outbox() {
  const request = indexedDB.open(OUTBOX);
  request.onupgradeneeded = () => request.transaction.abort();
  const database = await settled(request).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
  if (database) database.onversionchange = () => database.close();
  return database;
}

async function deliverBatch(database) {
  const found = await settled(database.transaction("events").objectStore("events").index("waiting").getAll(1));
  const events = found.sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).slice(0, BATCH);
  if (!events.length) return false;
  const answer = await tellServer(events);
  const transaction = database.transaction(["events", "things"], "readwrite", { durability: "strict" });
  const acts = transaction.objectStore("events");
  for (const [place, { waiting: _, ...event }] of events.entries()) {
    const { status, code, xp } = answer.results[place];
    acts.put({ ...event, status, code, xp });
  }
  transaction.objectStore("things").put({ xp: answer.xp, level: answer.level }, "confirmed");
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  return found.length > events.length;
}

/** Posts a batch, as a learner who may have no session yet; throws unless the answer is of the agreed form. */
async function tellServer(events) {
  const body = JSON.stringify({ events: events.map(({ id, type, item, choices, answer, at }) => ({ id, type, item, choices, answer, at })) });
  let response = await post("/progress", body);
  if (response.status === 401) {
    await post("/session");
    response = await post("/progress", body);
  }
  const answer = response.ok ? await response.json() : undefined;
  const fits = answer?.results?.length === events.length && Number.isInteger(answer.xp) && Number.isInteger(answer.level) &&
    answer.results.every(({ id, status, xp }, place) => id === events[place].id && ANSWERS.includes(status) && Number.isInteger(xp));
  if (!fits) throw new TypeError(`the API answered ${response.status}`);
  return answer;
}

function post(path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  return fetch(release.api + path, { method: "POST", body, headers, cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(LATEST) });
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
