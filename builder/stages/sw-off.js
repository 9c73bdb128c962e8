/** The kill switch (`[offline] worker = false` in site.toml): gives back what the worker before it kept, and leaves. */
const release = "{{ release }}";

addEventListener("install", () => skipWaiting());

addEventListener("activate", (event) => {
  const left = leave();
  event.waitUntil(left);
  // Afterwards, not as a part of it: Chromium lets the next page wait for a worker that leaves while it takes over.
  left.then(() => setTimeout(() => registration.unregister(), 0));
});

async function leave() {
  const own = `coursewright ${release.base || "/"} `;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(own)).map((name) => caches.delete(name)));
  await registration.navigationPreload?.disable();
}
