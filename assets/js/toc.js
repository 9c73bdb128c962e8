/** The table of contents shows which heading is being read: the last one that has passed the upper third. */

/** Follows the reader in a table of contents. */
export function follow(toc) {
  const links = new Map([...toc.querySelectorAll("a[href^='#']")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  if (!headings.length) return;
  let current;
  const update = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    const link = links.get((passed.at(-1) ?? headings[0]).id);
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    current = link;
  };
  const observer = new IntersectionObserver(update, { rootMargin: "-33% 0px -66% 0px" });
  for (const heading of headings) observer.observe(heading);
  addEventListener("scrollend", update, { passive: true });
  toc.addEventListener("click", ({ target }) => target.closest("a") && toc.matches(":popover-open") && toc.hidePopover());
  update();
}
