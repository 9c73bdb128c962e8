// The frame of every page: the navigation of the module, the table of contents, the lessons before and after.

const HEADING = /<h([23]) id="([^"]+)"[^>]*>(.*?)<\/h\1>/g;

const link = (page, extra = "") => `<a${extra} href="${page.url}">${page.data.title}</a>`;

const outline = (content) =>
  [...content.matchAll(HEADING)]
    .map(([, level, id, text]) => `<li class="level-${level}"><a href="#${id}">${text}</a></li>`)
    .join("");

const moduleNav = (module, url) =>
  `<nav aria-label="Module">${link(module.page)}<ol>` +
  module.lessons.map((one) => `<li>${link(one, one.url === url ? ' aria-current="page"' : "")}</li>`).join("") +
  "</ol></nav>";

const lessonBody = (data, module) =>
  `${moduleNav(module, data.page.url)}<main><h1>${data.title}</h1>` +
  `<nav aria-label="On this page"><ul>${outline(data.content)}</ul></nav>${data.content}<nav aria-label="Neighbours">` +
  `${data.previous ? link(data.previous, ' rel="prev"') : ""}${data.next ? link(data.next, ' rel="next"') : ""}</nav></main>`;

const listBody = (data, pages) =>
  `<main><h1>${data.title}</h1>${data.content}<ol>${pages.map((page) => `<li>${link(page)}</li>`).join("")}</ol></main>`;

export function render(data) {
  const modules = data.collections.modules;
  const module = modules.get(data.page.filePathStem.split("/")[1]);
  const isLesson = module && module.page.url !== data.page.url;
  const body = isLesson
    ? lessonBody(data, module)
    : listBody(data, module ? module.lessons : [...modules.values()].map((one) => one.page));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${data.title}</title><link rel="canonical" href="https://course.example${data.page.url}"><link rel="stylesheet" href="/site.css"></head><body><header><a href="/">The benchmark course</a></header>${body}</body></html>`;
}
