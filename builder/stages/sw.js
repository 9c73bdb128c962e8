/**
 * The service worker: what was read opens again without a network, and a saved course opens whole.
 *
 * The build puts a value in the place of `release` below (builder/steps/worker.py):
 *
 *     id       the build          base     the site's path, "" at the root      assets   what assets' addresses begin with: a list
 *     api      the API's path, "" where there is none                           offline  the page for what is not here
 *     shell    [[address, sha256 or ""], …] of what every page needs
 *     courses  {id: {title, url, list, bytes}}, list being offline/<course>.<hash>.json:
 *              {version, course, title, url, bytes, pages: {address: [sha256, bytes]}, assets: {address: bytes},
 *               pictures: {address: the address of the rendering that is saved in its place}}
 *
 * A page says to `registration.active`, with a MessagePort for the answers (all but the first):
 *
 *     {type: "SKIP_WAITING"}     to the waiting worker: take over; the page reloads on "controllerchange"
 *     {type: "COURSES"}          → {type: "COURSES", courses: [{id, title, url, bytes, saved: "no"|"old"|"yes"}]}
 *     {type: "SAVE", course}     → {type: "PROGRESS", done, total} … (bytes), then {type: "SAVED", course, bytes}
 *                                  or {type: "FAILED", course, reason: "full"|"offline"|"unknown-course"}
 *     {type: "FORGET", course}   → {type: "FORGOTTEN", course}
 *
 * What was fetched before a save failed for want of a network is kept, so that the next one goes on from there; one for
 * want of room gives its room back. `navigator.storage.estimate()` and `.persist()` are the page's to ask, on the click.
 *
 * It promises: the API, other sites, ranges and all but GET pass by untouched; only whole answers (200, not redirected,
 * not opaque) are kept, under an address without its query, HTML never in the place of an asset; a page comes from the
 * network where that answers in time, with its own assets, which are named by their content and never change; nothing
 * is dropped that a saved course, a kept page or this release still names; no version takes over under an open page.
 *
 * It is one script of two or three files, set one behind the other: this one answers, sw-courses.js saves courses, and where
 * the site has an API, sw-progress.js sends what waits.
 */
const release = "{{ release }}";

const prefix = `coursewright ${release.base || "/"} `;
const PAGES = `${prefix}pages`;
const ASSETS = `${prefix}assets`;
const SAVED = `${prefix}saved `;
const assetsAt = release.assets.map((address) => new URL(address, location.origin).href);
const isAsset = ({ href }) => assetsAt.some((start) => href.startsWith(start));

// A network slower than this is as good as none to somebody who has the page already.
const PATIENCE = 2500;
// Pages that were only visited: the last ones, not all of them.
const VISITED = 60;
// What nothing names any more may still be open in a tab somewhere; after this many days it is not.
const AGE = 30 * 24 * 3600 * 1000;
// What is larger is kept only where it belongs to a saved course.
const LARGE = 20_000_000;
// Requests of a save at a time: as many as a browser would make by itself.
const LANES = 6;

addEventListener("install", (event) => {
  event.waitUntil(install());
  // The API need not even wake this worker, where the browser knows how.
  if (release.api && event.addRoutes) {
    event.waitUntil(event.addRoutes({ condition: { urlPattern: new URLPattern({ pathname: `${release.api}/*` }) }, source: "network" }).catch(() => undefined));
  }
});

addEventListener("activate", (event) => event.waitUntil(activate()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || request.headers.has("range")) return;
  if (isAsset(url)) return event.respondWith(asset(event, url));
  if (url.origin !== location.origin || !url.pathname.startsWith(`${release.base}/`) || isPrivate(url)) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.endsWith(".json")) event.respondWith(fresh(event, url, fetch(request)));
});

addEventListener("message", (event) => {
  const { type, course } = event.data ?? {};
  const [port] = event.ports;
  const say = (answer) => port?.postMessage(answer);
  const work = { SKIP_WAITING: () => skipWaiting(), COURSES: () => courses(say), SAVE: () => save(course, say), FORGET: () => forget(course, say) }[type];
  if (work) event.waitUntil(work());
});

function isPrivate(url) {
  return ["/api", release.api].some((path) => path && (url.pathname === path || url.pathname.startsWith(`${path}/`)));
}

/* Installing and taking over */

let isFirst = false;

async function install() {
  isFirst = !registration.active;
  const [must, ...may] = release.shell;
  await shelter(must).catch((error) => {
    if (error?.name !== "QuotaExceededError") throw error;
  });
  // An ad blocker or a file that is gone must not keep the rest of the site from working offline.
  await Promise.allSettled(may.map(shelter));
}

async function shelter([address, digest]) {
  const url = new URL(address, location.origin);
  const cache = await caches.open(isAsset(url) ? ASSETS : PAGES);
  if (isAsset(url) && (await cache.match(url))) return;
  await keep(cache, url, await exactly(url, digest));
}

/** Fetches past the browser's own cache, and once past the CDN's where that still has other bytes. */
async function exactly(url, digest) {
  const response = await fetch(url, { cache: "reload", ...foreign(url) });
  if (!digest || !response.ok || (await digestOf(response)) === digest) return response;
  const again = new URL(url);
  again.searchParams.set("v", digest.slice(0, 12));
  const other = await fetch(again, { cache: "reload" }).catch(() => response);
  return other.ok && (await digestOf(other)) === digest ? other : response;
}

async function digestOf(response) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function foreign(url) {
  return new URL(url).origin === location.origin ? {} : { mode: "cors", credentials: "omit" };
}

async function activate() {
  await registration.navigationPreload?.enable();
  await clients.claim();
  // The page that brought this worker came before it; it is worth having, too.
  if (isFirst) await Promise.allSettled((await clients.matchAll()).map(({ url }) => remember(new URL(url))));
  await renew().catch(() => undefined);
  await sweep().catch(() => undefined);
}

async function remember(url) {
  if (url.pathname.startsWith(`${release.base}/`) && !isPrivate(url)) await keep(await caches.open(PAGES), url, await fetch(url));
}

/* Answering */

async function asset(event, url) {
  const { request } = event;
  const cache = await caches.open(ASSETS);
  const known = (await cache.match(bare(url))) ?? (request.destination === "image" ? await standIn(url) : undefined);
  if (known) return known;
  const response = await fetch(request.mode === "no-cors" && url.origin !== location.origin ? new Request(url, foreign(url)) : request).catch((error) => {
    // Another host that does not let itself be read: the page may use its answer, but nobody keeps it.
    if (url.origin !== location.origin) return fetch(request);
    throw error;
  });
  if (Number(response.headers.get("content-length")) < LARGE) event.waitUntil(keep(cache, url, response.clone()).catch(() => undefined));
  return response;
}

/** The rendering of a picture that was saved in the place of the one that the page asks for. */
async function standIn(url) {
  for (const name of await savedNames()) {
    const list = await listOf(name);
    const other = list?.pictures[url.origin === location.origin ? url.pathname : url.href];
    const found = other && (await caches.match(other));
    if (found) return found;
  }
}

async function page(event, url) {
  const preloaded = Promise.resolve(event.preloadResponse).then((response) => response ?? fetch(event.request));
  return fresh(event, url, preloaded).catch(async () => {
    if (!url.pathname.endsWith("/") && (await copy(new URL(`${url.pathname}/`, url)))) return Response.redirect(`${url.pathname}/${url.search}`);
    return (await caches.match(release.offline)) ?? Response.error();
  });
}

/** The network's answer where it comes in time, else the copy, else the network's answer whenever it comes. */
async function fresh(event, url, asked) {
  const answer = asked.then(async (response) => {
    // A server in trouble is no reason to show its excuse instead of the page.
    const known = response.status >= 500 ? await copy(url) : undefined;
    if (known) return known;
    event.waitUntil(visit(url, response.clone()));
    return response;
  });
  event.waitUntil(answer.catch(() => undefined));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE)).then(() => copy(url));
  const first = await Promise.race([answer.catch(() => undefined), late]);
  return first ?? (await copy(url)) ?? answer;
}

async function copy(url) {
  for (const name of [PAGES, ...(await savedNames())]) {
    const found = await (await caches.open(name)).match(bare(url));
    if (found) return found;
  }
}

async function visit(url, response) {
  const cache = await caches.open(PAGES);
  try {
    await keep(cache, url, response);
  } catch {
    // No room, or not worth keeping: the reader has the page all the same.
  }
  const kept = await cache.keys();
  const shell = new Set(release.shell.map(([address]) => new URL(address, location.origin).href));
  const visited = kept.filter((request) => !shell.has(request.url));
  await Promise.all(visited.slice(0, Math.max(0, visited.length - VISITED)).map((request) => cache.delete(request)));
}

function bare(url) {
  const plain = new URL(url);
  plain.search = plain.hash = "";
  return plain.href;
}

/** Puts a whole answer into a cache; refuses what is none, and a page where an asset should be. */
async function keep(cache, url, response) {
  const isHtml = (response.headers.get("content-type") ?? "").startsWith("text/html");
  const isWhole = response.status === 200 && !response.redirected && (response.type === "basic" || response.type === "cors" || response.type === "default");
  if (!isWhole || (isAsset(url) && isHtml && !url.pathname.endsWith(".html"))) throw new TypeError(`${url} is not to be kept`);
  await cache.put(bare(url), response);
}
