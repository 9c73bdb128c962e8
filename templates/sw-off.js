/** The kill switch (`[offline] worker = false` in site.toml): gives back what the worker before it kept, and leaves. */
const release = "{{ release }}";

addEventListener("install", () => skipWaiting());

addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  const own = `coursewright ${release.base || "/"} `;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(own)).map((name) => caches.delete(name)));
  await registration.unregister();
}
