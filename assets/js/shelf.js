/** The courses that are saved on this device. */
import { make } from "./element.js";
import { bytes, words } from "./words.js";
import { ask, courses } from "./worker.js";

/** Lists them: on the page of one's progress with a way to take them away, on the offline page as a way in. */
export async function start(island) {
  const list = island.matches("[data-island]") ? island.querySelector("ul") : undefined;
  const saved = (await courses()).filter((course) => course.saved !== "no");
  if (list) {
    list.replaceChildren(...saved.map((course) => make("li", {}, make("a", { href: course.url }, course.title))));
    island.hidden = !saved.length;
    return;
  }
  const say = await words();
  const rows = saved.map((course) => {
    const remove = async () => {
      await ask({ type: "FORGET", course: course.id });
      await start(island);
    };
    return make("li", {}, make("a", { href: course.url }, course.title), make("span", {}, bytes(course.bytes)),
      make("button.button", { type: "button", "aria-label": say("remove_course", { title: course.title }), click: remove }, say("remove")));
  });
  island.replaceChildren(make("h3", {}, say("saved_courses")), rows.length ? make("ul.rows", {}, ...rows) : make("p.notice", {}, say("no_saved_courses")));
}
