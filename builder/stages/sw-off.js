/** The kill switch (`[offline] worker = false` in site.toml): gives back what the worker before it kept, and leaves. */
const release = "{{ release }}";

addEventListener("install", () => skipWaiting());

addEventListener("activate", (event) => {
  const left = leave();
  event.waitUntil(left);
  // Not before it has taken over: Chromium lets the next page wait for ever for a worker that leaves on the way.
  const { active } = registration;
  const go = () => active.state === "activated" && registration.unregister();
  active.addEventListener("statechange", go);
  left.then(go);
});

async function leave() {
  const own = `coursewright ${release.base || "/"} `;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(own)).map((name) => caches.delete(name)));
  await registration.navigationPreload?.disable();
}
