// Every page's address, for search engines.

export const data = { permalink: "/sitemap.xml", layout: false, eleventyExcludeFromCollections: true };

export function render({ collections }) {
  const urls = collections.all.map((page) => `<url><loc>https://course.example${page.url}</loc></url>`).join("");
  return `<?xml version="1.0" encoding="utf-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls}</urlset>`;
}
