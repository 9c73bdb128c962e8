// The course with Eleventy's fastest means: layouts as JavaScript functions, collections made once per build.

import syntaxHighlight from "@11ty/eleventy-plugin-syntaxhighlight";
import markdownIt from "markdown-it";
import anchor from "markdown-it-anchor";

const slugify = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
const isIndex = (path) => path.endsWith("/index.md");

// Relative links to .md files become relative URLs; each lesson is a folder of its own, hence one step up.
function linkPages(md) {
  md.core.ruler.push("link-pages", (state) => {
    for (const block of state.tokens) {
      for (const token of block.children ?? []) {
        const href = token.type === "link_open" ? token.attrGet("href") : null;
        if (href?.endsWith(".md") && !href.includes(":")) token.attrSet("href", `../${href.slice(0, -3)}/`);
      }
    }
  });
}

export default function (config) {
  config.addPlugin(syntaxHighlight);
  config.setLibrary("md", markdownIt({ html: true }).use(anchor, { level: [2, 3], slugify }).use(linkPages));
  config.addPassthroughCopy({ static: "." });

  config.addCollection("modules", (api) => {
    const byWeight = (a, b) => a.data.weight - b.data.weight;
    const pages = api.getAll().filter((page) => page.inputPath.endsWith(".md"));
    const lessons = pages.filter((page) => !isIndex(page.inputPath)).sort(byWeight);
    const modules = new Map();
    lessons.forEach((lesson, place) => {
      const folder = lesson.filePathStem.split("/")[1];
      if (!modules.has(folder)) modules.set(folder, { lessons: [] });
      modules.get(folder).lessons.push(lesson);
      lesson.data.previous = lessons[place - 1];
      lesson.data.next = lessons[place + 1];
    });
    for (const page of pages.filter((page) => isIndex(page.inputPath))) {
      const module = modules.get(page.filePathStem.split("/")[1]);
      if (module) module.page = page;
    }
    return modules;
  });

  return { dir: { input: "content", includes: "../_includes", data: "../_data", output: "_site" }, markdownTemplateEngine: false };
}
