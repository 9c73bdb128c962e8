/** Who this device is to the server, and what else the server knows of them; the name is kept, so that boards can show it. */
import { Problem, ask } from "./api.js";
import { add, events, put, thing } from "./keep.js";
import { finishes, tell } from "./progress.js";

// What was learnt elsewhere is asked for at most so often, in milliseconds; and once a day also where no points differ.
const OFTEN = 5 * 60_000;
const DAILY = 24 * 3600_000;

/** Whether a moment is further off than so many milliseconds: also one that is yet to come, by a clock that was wrong. */
const isFar = (at, span) => Math.abs(Date.now() - at) > span;

/** Returns the learner as the server knows them, or null. */
export async function who() {
  const answer = await ask("/session");
  if (answer?.learner === undefined) throw new Problem("nonsense");
  const { learner } = answer;
  await put("me", learner && !learner.anonymous ? { handle: learner.handle } : undefined);
  return learner;
}

/** Brings what the account has done on other devices to this one. */
export async function pull() {
  let cursor = "";
  do {
    const answer = await ask(`/progress${cursor && `?cursor=${encodeURIComponent(cursor)}`}`);
    if (!Array.isArray(answer?.events) || !Number.isInteger(answer.xp)) throw new Problem("nonsense");
    await add(answer.events.map(({ received_at: _, ...event }) => ({ ...event, right: finishes(event) })));
    await put("confirmed", { xp: answer.xp, level: answer.level });
    cursor = answer.next ?? "";
  } while (cursor);
  await put("pulled", { at: Date.now() });
  tell();
}

/** Brings what this device lacks of what a learner has done: where the points differ, and for accounts once a day. */
export async function bring(learner) {
  const [pulled, confirmed] = await Promise.all(["pulled", "confirmed"].map(thing));
  const isOld = !learner.anonymous && isFar(pulled?.at ?? 0, DAILY);
  if (learner.xp !== (confirmed?.xp ?? 0) || isOld) await pull();
}

/**
 * Asks whether there is anything to bring: for accounts, which have other devices, from time to time; for the others once,
 * after their first act, since a device that knows nothing may have been wiped while its session lived on. Who only reads
 * asks nothing.
 */
export async function catchUp() {
  const [me, asked] = await Promise.all(["me", "asked"].map(thing));
  if (asked && (!me || !isFar(asked.at, OFTEN))) return;
  const learner = await who();
  await put("asked", { at: Date.now() });
  if (!learner) return;
  const here = (await events()).reduce((sum, { status, xp }) => sum + (status ? xp : 0), 0);
  if (!asked && learner.xp !== here) await pull();
  else await bring(learner);
}
