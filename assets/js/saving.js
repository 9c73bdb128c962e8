/** Saving a course for offline: what it takes before, how far it is on the way, and taking it away again. */
import { make } from "./element.js";
import { bytes, words } from "./words.js";
import { ask, courses, say as tell } from "./worker.js";

// No file of a course takes so long that nothing is said for as many milliseconds.
const SILENCE = 30_000;

/** Puts the button for a course in its place, once there is a worker to do the work. */
export async function offer(place, id) {
  const say = await words();
  const status = make("p", { role: "status" });
  const show = async (note = "") => {
    const course = (await courses()).find((known) => known.id === id);
    if (!course) return;
    status.textContent = note;
    place.replaceChildren(status, course.saved === "no" ? toSave(course) : toRemove(course));
    if (course.saved !== "no" && !note) status.textContent = say("saved", { size: bytes(course.bytes) });
  };
  const toSave = (course) =>
    make("button.button", { type: "button", click: () => save(course) }, say("save_size", { size: bytes(course.bytes) }));
  const toRemove = (course) =>
    make("button.button", { type: "button", "aria-label": say("remove_course", { title: course.title }), click: () => remove(course) }, say("remove"));

  async function save(course) {
    if (!(await hasRoom(course.bytes))) return show(say("full"));
    // Asked for on the click, so that the browser may ask the learner.
    navigator.storage?.persist?.().catch(() => undefined);
    const bar = make("progress", { max: course.bytes, value: 0, "aria-label": say("saving", { percent: "" }) });
    place.replaceChildren(status, bar);
    let shown = -1;
    let before = 0;
    let silence;
    // A worker that was stopped says nothing more; another one goes on from what is here, unless nothing has come since.
    const again = () => {
      if (bar.value === before) return show(say("save_failed"));
      before = bar.value;
      return begin();
    };
    const begin = () => {
      silence = setTimeout(again, SILENCE);
      return tell({ type: "SAVE", course: id }, hear);
    };
    const hear = ({ type, done, total, reason }) => {
      clearTimeout(silence);
      if (type === "PROGRESS") {
        silence = setTimeout(again, SILENCE);
        bar.value = done;
        bar.max = total;
        // Every tenth is said, not every file.
        const tenth = Math.floor((10 * done) / total);
        if (tenth !== shown) status.textContent = say("saving", { percent: 10 * tenth });
        shown = tenth;
      } else {
        show(type === "SAVED" ? "" : say(reason === "full" ? "full" : "save_failed"));
      }
    };
    return begin();
  }

  async function remove() {
    await ask({ type: "FORGET", course: id });
    await show();
    place.querySelector("button")?.focus();
  }

  await show();
}

async function hasRoom(needed) {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined || quota - usage > needed;
}
