/** What the learner has earned: at once from the last copy, then fresh. */
import { Problem, ask } from "./api.js";
import { make } from "./element.js";
import { put, thing } from "./keep.js";
import { whenChanged } from "./progress.js";
import { moment, words } from "./words.js";

/** Shows the achievements, and keeps them up to date. */
export async function show(place) {
  const say = await words();
  const draw = (earned) =>
    place.replaceChildren(
      earned.length
        ? make("ul.cards", {}, ...earned.map(({ title, description, earned_at: at }) => make("li", {}, make("b", {}, title), description ? make("p", {}, description) : "", make("p.meta", {}, moment(at)))))
        : make("p.notice", {}, say("no_achievements")),
    );
  const fail = (problem) => {
    const again = async () => {
      await update();
      // The button is gone, or another one stands in its place.
      (place.querySelector("button") ?? place).focus();
    };
    place.tabIndex = -1;
    place.replaceChildren(
      make("p.notice", { role: "status" }, say(problem.code === "offline" ? "offline_now" : "load_failed")),
      make("p.start", {}, make("button.button", { type: "button", click: again }, say("again_load"))),
    );
  };
  const update = async () => {
    try {
      const earned = await ask("/achievements");
      if (!Array.isArray(earned)) throw new Problem("nonsense");
      draw(earned);
      put("achievements", earned);
    } catch (problem) {
      if (problem.code === "no-session") draw([]);
      else if (!(await thing("achievements"))) fail(problem);
    }
  };
  const copy = await thing("achievements");
  if (copy) draw(copy);
  await update();
  whenChanged(update);
}
