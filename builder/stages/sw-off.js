/**
 * The kill switch (`[offline] worker = false` in site.toml): gives back what the worker before it kept, and does nothing.
 *
 * It answers no requests, so that browsers do not even start it. It stays registered, and leaves navigation preload as
 * it is: taking either back during the handover made the next page wait for ever in Chromium.
 */
const release = "{{ release }}";

addEventListener("install", (event) => event.waitUntil(skipWaiting()));

addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  const own = `coursewright ${release.base || "/"} `;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(own)).map((name) => caches.delete(name)));
}
