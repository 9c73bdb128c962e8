/** Questions to the edge API: JSON in, JSON out, never waiting for ever, and a problem that says what went wrong. */
import { page } from "./page.js";

const PATIENCE = 10_000;
const RENEWAL = 200;
// Browsers let 64 KiB of requests outlive their page; letters beyond ASCII weigh up to three bytes.
const OUTLIVES = 20_000;

/** An answer that is none: `code` is the API's own word for it, or "offline", "late", "nonsense". */
export class Problem extends Error {
  constructor(code, status = 0, wait = 0) {
    super(code);
    this.code = code;
    this.status = status;
    this.wait = wait;
  }
}

/** Asks the API, and returns the parsed answer; undefined for 204. */
export async function ask(path, request) {
  try {
    return await question(path, request);
  } catch (problem) {
    // The cookie was changed by another request while this one was under way, and comes with that one's answer.
    if (problem.code !== "session-renewed") throw problem;
    await new Promise((resume) => setTimeout(resume, RENEWAL));
    return question(path, request);
  }
}

async function question(path, { method = "GET", body, keepalive = false } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await reach(path, {
    method,
    body: text,
    headers: text === undefined ? { Accept: "application/json" } : { Accept: "application/json", "Content-Type": "application/json" },
    cache: "no-store",
    keepalive: keepalive && text.length < OUTLIVES,
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status === 204) return undefined;
  let value;
  try {
    value = await answer.json();
  } catch (error) {
    throw new Problem(error?.name === "TimeoutError" ? "late" : "nonsense", answer.status);
  }
  if (!answer.ok) throw new Problem(String(value?.code ?? "refused"), answer.status, Number(answer.headers.get("Retry-After") ?? 0));
  return value;
}

async function reach(path, request) {
  try {
    return await fetch(page.api + path, request);
  } catch (error) {
    throw new Problem(error?.name === "TimeoutError" ? "late" : "offline");
  }
}

/** Asks as a learner: where there is no session yet, one is made. */
export async function askAsLearner(path, request) {
  try {
    return await ask(path, request);
  } catch (problem) {
    if (problem.code !== "no-session") throw problem;
    await ask("/session", { method: "POST" });
    return ask(path, request);
  }
}
