/** Talk with the service worker; what it understands stands at the head of its file. */

/** Says something to the worker and calls back with each of its answers; waits until there is a worker. */
export async function say(message, hear) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => hear(data);
  active.postMessage(message, [port2]);
}

/** Resolves with the worker's one answer. */
export function ask(message) {
  return new Promise((resolve) => say(message, resolve));
}

/** The courses as the worker knows them: [{id, title, url, bytes, saved}]. */
export async function courses() {
  return (await ask({ type: "COURSES" })).courses;
}
