/** The moments at which work is done: when the browser is idle, when something comes into view or is touched. */

// A browser that is never idle still gets to it.
const PATIENCE = { timeout: 2000 };
// A screen's half ahead: what is scrolled to is ready.
const AHEAD = { rootMargin: "50% 0px" };

/** Calls back in an idle moment. */
export function whenIdle(call) {
  if ("requestIdleCallback" in window) requestIdleCallback(() => whenReached(call), PATIENCE);
  else setTimeout(whenReached, 200, call);
}

/** Calls back; what fails because the network is gone is done when it is back. */
export async function whenReached(call) {
  try {
    await call();
  } catch (error) {
    if (navigator.onLine) throw error;
    addEventListener("online", () => whenReached(call), { once: true });
  }
}

/** Calls back once for each element, when it is seen or about to be, or when focus reaches it. */
export function whenSeen(elements, call) {
  if (!elements.length) return;
  const seen = (element) => {
    if (!waiting.delete(element)) return;
    observer.unobserve(element);
    whenReached(() => call(element));
  };
  const waiting = new Set(elements);
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) seen(entry.target);
  }, AHEAD);
  for (const element of waiting) {
    observer.observe(element);
    element.addEventListener("focusin", () => seen(element), { once: true });
  }
}
