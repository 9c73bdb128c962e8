/**
 * The worker's second part: saved courses, and what may be dropped.
 *
 * A saved course is a cache of its own, named by its id, with its pages and, put there last, the list by which it was saved:
 * where there is no list, the course is not saved. Assets of all courses share one cache, under names that hash their bytes.
 */

async function savedNames() {
  return (await caches.keys()).filter((name) => name.startsWith(SAVED));
}

const lists = new Map();

/** The list that a saved course was saved by: there only when all of it is. */
async function listOf(name) {
  if (!lists.has(name)) lists.set(name, await readList(await caches.open(name)));
  return lists.get(name);
}

async function readList(cache) {
  const [request] = (await cache.keys()).filter(({ url }) => url.startsWith(`${location.origin}${release.base}/offline/`) && url.endsWith(".json"));
  return request && { ...(await (await cache.match(request)).json()), address: new URL(request.url).pathname };
}

async function courses(say) {
  const found = [];
  for (const [id, { title, url, bytes, list }] of Object.entries(release.courses)) {
    const known = (await caches.has(SAVED + id)) && (await listOf(SAVED + id));
    found.push({ id, title, url, bytes, saved: known ? (known.address === list ? "yes" : "old") : "no" });
  }
  say({ type: "COURSES", courses: found });
}

async function save(id, say) {
  const course = release.courses[id];
  if (!course) return say({ type: "FAILED", course: id, reason: "unknown-course" });
  try {
    const bytes = await fill(id, course, (done, total) => say({ type: "PROGRESS", done, total }));
    say({ type: "SAVED", course: id, bytes });
  } catch (error) {
    const isFull = error?.name === "QuotaExceededError";
    if (isFull) await caches.delete(SAVED + id);
    lists.delete(SAVED + id);
    say({ type: "FAILED", course: id, reason: isFull ? "full" : "offline" });
  }
}

async function fill(id, course, tell) {
  const response = await fetch(course.list);
  if (!response.ok) throw new TypeError(`${course.list}: ${response.status}`);
  const list = await response.clone().json();
  const cache = await caches.open(SAVED + id);
  const before = (await listOf(SAVED + id))?.pages ?? {};
  const assets = await caches.open(ASSETS);
  const todo = [
    ...Object.entries(list.assets).map(([address, size]) => [address, size, "", assets]),
    ...Object.entries(list.pages).map(([address, [digest, size]]) => [address, size, digest, cache]),
  ];
  let done = 0;
  let failed;
  const lane = async () => {
    for (let next = todo.shift(); next && !failed; next = todo.shift()) {
      const [address, size, digest, into] = next;
      await one(new URL(address, location.origin), digest, into, before[address]?.[0] ?? before[address]).catch((error) => { failed ??= error; });
      tell((done += size), list.bytes);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (failed) throw failed;
  for (const { url } of await cache.keys()) {
    const address = new URL(url).pathname;
    if (!(address in list.pages)) await cache.delete(url);
  }
  // A copy from an earlier visit would come before the saved one; from now on only a later visit's does.
  const visited = await caches.open(PAGES);
  const pages = Object.keys(list.pages).map((address) => new URL(address, location.origin));
  await Promise.all(pages.filter((url) => !isShell(url)).map((url) => visited.delete(url)));
  await cache.put(course.list, response);
  lists.delete(SAVED + id);
  return list.bytes;
}

/** Fetches one file of a course unless it is here: an asset by its name, a page by the bytes that it had. */
async function one(url, digest, into, before) {
  const known = await into.match(url);
  if (known && (!digest || before === digest || (await digestOf(known)) === digest)) return;
  const answer = await exactly(url, digest);
  // A copy from an earlier visit would hide the page that is saved now, also where the rest of the course fails.
  if (digest && !isShell(url)) await (await caches.open(PAGES)).delete(url);
  await keep(into, url, answer);
}

function isShell(url) {
  return release.shell.some(([address]) => address === url.pathname);
}

async function forget(id, say) {
  await caches.delete(SAVED + id);
  lists.delete(SAVED + id);
  await sweep();
  say({ type: "FORGOTTEN", course: id });
}

/** Brings saved courses up to this release: pages that have changed, assets that are new. */
async function renew() {
  for (const name of await savedNames()) {
    const id = name.slice(SAVED.length);
    const list = await listOf(name);
    const course = release.courses[id];
    if (course && list && list.address !== course.list) await fill(id, course, () => undefined);
  }
}

/* Housekeeping */

/** Drops assets and pages that nothing names and that have not been new for long. */
async function sweep() {
  const named = new Set(release.shell.map(([address]) => new URL(address, location.origin).href));
  const lists = await Promise.all((await savedNames()).map(listOf));
  for (const list of lists) {
    for (const address of Object.keys(list?.assets ?? {})) named.add(new URL(address, location.origin).href);
  }
  const pages = await caches.open(PAGES);
  await drop(pages, named);
  const names = /[\w-]+\.[0-9a-f]{8,}\.\w+/g;
  for (const request of await pages.keys()) {
    const text = await (await pages.match(request)).text();
    for (const [name] of text.matchAll(names)) for (const start of assetsAt) named.add(start + name);
  }
  await drop(await caches.open(ASSETS), named);
}

async function drop(cache, named) {
  for (const request of await cache.keys()) {
    if (named.has(request.url)) continue;
    const served = Date.parse((await cache.match(request))?.headers.get("date") ?? "");
    if (Date.now() - served > AGE) await cache.delete(request);
  }
}
