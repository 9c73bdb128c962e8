/** Questions to the edge API: JSON in, JSON out, never waiting for ever, and a problem that says what went wrong. */
import { page } from "./page.js";

const PATIENCE = 10_000;

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
export async function ask(path, { method = "GET", body } = {}) {
  const answer = await reach(path, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined ? { Accept: "application/json" } : { Accept: "application/json", "Content-Type": "application/json" },
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status === 204) return undefined;
  let value;
  try {
    value = await answer.json();
  } catch {
    throw new Problem("nonsense", answer.status);
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
