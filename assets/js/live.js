/**
 * News of the boards: one tab of all listens to the server's stream and tells the others; where there is no stream, it
 * asks them all to look again from time to time.
 */
import { page } from "./page.js";

// As often as a board may be looked at without a stream.
const POLL = 15_000;

/** Calls back when boards may have changed; returns a function that stops. */
export function whenBoardsChange(call) {
  let channel;
  let leave;
  const begin = () => {
    channel = new BroadcastChannel(`boards${page.base}`);
    channel.onmessage = call;
    leave = lead(() => {
      call();
      channel.postMessage("changed");
    });
  };
  const end = () => {
    leave();
    channel.close();
  };
  begin();
  // Neither lock nor stream may keep the page out of the back/forward cache.
  addEventListener("pagehide", end);
  addEventListener("pageshow", ({ persisted }) => persisted && begin());
  return end;
}

function lead(tell) {
  const left = new AbortController();
  const listening = () =>
    new Promise((resolve) => {
      const stop = listen(tell);
      left.signal.addEventListener("abort", () => resolve(stop()));
    });
  if (navigator.locks) navigator.locks.request(`live${page.base}`, { signal: left.signal }, () => (left.signal.aborted ? undefined : listening())).catch(() => undefined);
  else listening();
  return () => left.abort();
}

function listen(tell) {
  let timer;
  const poll = () => {
    timer = setInterval(() => document.visibilityState === "visible" && navigator.onLine && tell(), POLL);
  };
  const stream = new EventSource(`${page.api}/live`);
  for (const name of ["message", "leaderboard", "reset"]) stream.addEventListener(name, tell);
  stream.addEventListener("error", () => {
    // The browser tries again by itself, unless the server has no stream at all.
    if (stream.readyState === EventSource.CLOSED && timer === undefined) poll();
  });
  return () => {
    stream.close();
    clearInterval(timer);
  };
}
