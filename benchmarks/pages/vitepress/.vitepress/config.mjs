import { readFileSync } from "node:fs";
import { defineConfig } from "vitepress";

export default defineConfig({
  title: "Course",
  ignoreDeadLinks: true,
  themeConfig: {
    search: { provider: "local" },
    sidebar: JSON.parse(readFileSync(new URL("sidebar.json", import.meta.url), "utf8")),
  },
});
