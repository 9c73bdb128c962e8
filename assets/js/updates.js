/** The service worker: registered once the page is at rest; a new version waits until the learner wants it. */
import { page } from "./page.js";
import { words } from "./words.js";

const trusted = window.trustedTypes?.createPolicy("coursewright", { createScriptURL: (url) => url }) ?? { createScriptURL: (url) => url };

/** Registers the worker; a site without one answers 404, and nothing happens. */
export async function register() {
  if (!navigator.serviceWorker) return;
  if (document.documentElement.dataset.worker === "off") {
    await dismiss();
    return;
  }
  try {
    const url = trusted.createScriptURL(`${page.base}/sw.js`);
    const registration = await navigator.serviceWorker.register(url, { scope: `${page.base}/`, updateViaCache: "none" });
    if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
    const follow = (worker) => worker?.addEventListener("statechange", () => worker.state === "installed" && navigator.serviceWorker.controller && offer(worker));
    // The browser may have found a new version before this page was at rest, and not have installed it yet.
    follow(registration.installing);
    registration.addEventListener("updatefound", () => follow(registration.installing));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && registration.update().catch(() => undefined));
  } catch {
    // Private windows and insecure hosts have no workers; everything but offline works without.
  }
}

/** A site that has given up its worker: the one that does nothing takes over now, while no page is asked for. */
async function dismiss() {
  const registration = await navigator.serviceWorker.getRegistration(`${page.base}/`).catch(() => undefined);
  const relieve = (worker) => worker?.state === "installed" && worker.postMessage({ type: "SKIP_WAITING" });
  relieve(registration?.waiting);
  const follow = (worker) => worker?.addEventListener("statechange", () => relieve(worker));
  follow(registration?.installing);
  registration?.addEventListener("updatefound", () => follow(registration.installing));
}

let offered = false;

async function offer(worker) {
  if (offered) return;
  offered = true;
  const say = await words();
  const { toast } = await import("./toast.js");
  toast(say("update"), [[say("reload"), () => take(worker)]]);
}

function take(worker) {
  // Another tab was quicker: the new version is in charge, and this page only has to be loaded anew.
  if (worker.state !== "installed") {
    location.reload();
    return;
  }
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  worker.postMessage({ type: "SKIP_WAITING" });
}
