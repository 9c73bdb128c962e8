import starlight from "@astrojs/starlight";
import { defineConfig } from "astro/config";

export default defineConfig({
  site: "https://course.example",
  integrations: [starlight({ title: "Course", pagefind: true })],
});
