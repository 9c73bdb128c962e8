/**
 * News of the boards: one tab of all listens to the server's stream and tells the others; where there is no stream, it
 * asks them all to look again from time to time, and tries the stream again later.
 */
import { page } from "./page.js";

// As often as a board may be looked at without a stream.
const POLL = 15_000;
// A server that sent us away has room again some time.
const LATER = 120_000;
// All who look at a board hear of a change at once; asking at once would be a crowd at the door.
const SPREAD = 1000;

/** Calls back with the courses whose boards changed ("" is all courses'), or with none if any may have; returns a function that stops. */
export function whenBoardsChange(call) {
  let channel;
  let leave;
  let timer;
  let heard = new Set();
  const hear = (courses) => {
    for (const course of courses ?? ["*"]) heard.add(course);
    timer ??= setTimeout(() => {
      const all = heard.has("*");
      const changed = [...heard];
      heard = new Set();
      timer = undefined;
      call(all ? undefined : changed);
    }, Math.random() * SPREAD);
  };
  const begin = () => {
    channel = new BroadcastChannel(`boards${page.base}`);
    channel.onmessage = ({ data }) => hear(data);
    leave = lead((courses) => {
      hear(courses);
      channel.postMessage(courses);
    });
  };
  const end = () => {
    clearTimeout(timer);
    timer = undefined;
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
  let again;
  let stream;
  const poll = () => {
    timer ??= setInterval(() => document.visibilityState === "visible" && navigator.onLine && tell(), POLL);
  };
  const open = () => {
    stream = new EventSource(`${page.api}/live`);
    stream.addEventListener("open", () => {
      clearInterval(timer);
      timer = undefined;
    });
    stream.addEventListener("leaderboard", ({ data }) => tell(JSON.parse(data).courses));
    stream.addEventListener("reset", () => tell());
    stream.addEventListener("error", () => {
      // The browser tries again by itself, unless the server has answered that there is no stream.
      if (stream.readyState !== EventSource.CLOSED) return;
      poll();
      again = setTimeout(open, LATER * (1 + Math.random()));
    });
  };
  open();
  return () => {
    stream.close();
    clearInterval(timer);
    clearTimeout(again);
  };
}
