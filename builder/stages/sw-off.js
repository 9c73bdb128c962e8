/**
 * The kill switch (`[offline] worker = false` in site.toml): gives back what the worker before it kept, and does nothing.
 *
 * It answers no requests, so that browsers do not even start it, and it stays registered. Chromium lets a page wait for
 * ever that is asked for while one worker takes over from another: so it takes over when nobody looks, or when a page that
 * is there and at rest says so.
 */
const release = "{{ release }}";

addEventListener("install", (event) => event.waitUntil(unseen()));

addEventListener("activate", (event) => event.waitUntil(leave()));

addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") event.waitUntil(skipWaiting());
});

async function unseen() {
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!open.length) await skipWaiting();
}

async function leave() {
  const own = `coursewright ${release.base || "/"} `;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(own)).map((name) => caches.delete(name)));
}
