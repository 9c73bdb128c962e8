/** Your progress: what is kept here, what the server has confirmed, your courses, your account, your data. */
import * as catalog from "./catalog.js";
import { make } from "./element.js";
import { forget, thing } from "./keep.js";
import { page } from "./page.js";
import { fromFile, standing, tell, toFile, whenChanged } from "./progress.js";
import { onward } from "./way.js";
import { words } from "./words.js";

/** Starts the page. */
export async function start(island) {
  const say = await words();
  const update = () => Promise.all([summary(island.querySelector(".standing"), say), courses(island.querySelector(".courses"), say)]);
  const account = island.querySelector(".account");
  const meeting = account ? import("./account.js").then(({ show }) => show(account)) : undefined;
  keeping(island.querySelector(".keeping"), say, async () => (await meeting)?.());
  await update();
  whenChanged(update);
  const achievements = island.querySelector(".achievements");
  if (achievements) (await import("./achievements.js")).show(achievements);
  if ("caches" in window && navigator.serviceWorker) (await import("./shelf.js")).start(island.querySelector(".saved-courses"));
  await meeting;
}

async function summary(place, say) {
  const { items, unsent, xp, level, provisional } = await standing();
  const lessons = [...items].filter(([name, item]) => item.done && !name.includes("#")).length;
  const figure = (value, text, note) => make("div.figure", {}, make("b", {}, value.toLocaleString(page.language)), " ", make("span", {}, text), note ? make("small", {}, note) : "");
  const named = (key, n) => say(key, { n }).replace(n.toLocaleString(page.language), "").trim();
  const confirmed = page.api && provisional ? say("provisional_short", { n: provisional }) : "";
  const sent = page.api ? (unsent ? say("waiting", { n: unsent }) : say("all_sent")) : say("local_only");
  place.replaceChildren(
    make("div.figures", {}, figure(lessons, named("lessons_read", lessons)), figure(xp, named("points", xp), confirmed), level ? figure(level, named("level", level)) : ""),
    make("p.notice", {}, items.size ? sent : say("nothing_yet")),
  );
}

async function courses(place, say) {
  try {
    const [taught, { items }] = await Promise.all([catalog.courses(), standing()]);
    const rows = await Promise.all(taught.map((course) => row(course, items, say)));
    place.replaceChildren(make("ul.rows", {}, ...rows));
  } catch {
    place.replaceChildren(make("p.notice", {}, say("load_failed")));
  }
}

async function row(course, items, say) {
  const lessons = course.modules.flatMap((module) => module.lessons);
  const itemOf = (lesson) => `${course.name}/${lesson.id}`;
  const isDone = (lesson) => items.get(itemOf(lesson))?.done;
  const done = lessons.filter(isDone).length;
  const place = await thing(`place:${course.id}`);
  const next = onward(lessons, isDone, (lesson) => itemOf(lesson) === place?.item);
  const bar = make("i");
  bar.style.inlineSize = `${lessons.length ? (100 * done) / lessons.length : 0}%`;
  return make("li", {},
    make("a", { href: course.url }, course.title),
    make("div.far-along", {}, make("div.progress", {}, bar), make("p", {}, say("done_of", { n: done, total: lessons.length }))),
    make("p", {}, next ? make("a", { href: next.url }, say(done || place ? "continue" : "begin", { title: next.title })) : say("course_done")));
}

function keeping(place, say, meet) {
  const note = make("p.notice", { role: "status" });
  const file = make("input", { type: "file", accept: "application/json,.json", hidden: true, change: () => take() });
  const take = async () => {
    try {
      note.textContent = say("imported", { n: await fromFile(await file.files[0].text()) });
      if (page.api) (await import("./sync.js")).send();
    } catch {
      note.textContent = say("import_failed");
    }
    file.value = "";
  };
  const give = async () => (await import("./file.js")).hand(await toFile(), "progress.json");
  const clear = async () => {
    if (!confirm(say("delete_sure"))) return;
    try {
      if (page.api) await (await import("./account.js")).remove();
      await forget();
      note.textContent = say("deleted");
      tell();
      meet();
    } catch (problem) {
      note.textContent = say(problem.code === "offline" ? "offline_now" : "failed");
    }
  };
  place.replaceChildren(
    make("div.saved-courses"),
    make("h3", {}, say("your_data")),
    make("p.start", {},
      make("button.button", { type: "button", click: give }, say("export")),
      make("button.button", { type: "button", click: () => file.click() }, say("import")), file,
      make("button.button.danger", { type: "button", click: clear }, say("delete"))),
    note);
}
