// Keeps a served page equal to its last build without loading it again: scroll, focus, half-typed answers and open
// details stay. Three documents take part: what the server sent before (was), what it sends now (now), and the page as
// the reader and its own scripts have made it (live). Only what differs between the first two is touched in the third.
(() => {
  "use strict";
  const self = document.currentScript;
  let digest = self.dataset.digest;
  let was = null;
  let source = null;
  let asked = 0;

  const parse = (text) => new DOMParser().parseFromString(text, "text/html");
  const digestOf = (page) => page.querySelector("script[data-digest]")?.dataset.digest;

  async function load(cache) {
    const answer = await fetch(location.href.split("#")[0], { cache, headers: { Accept: "text/html" } });
    return parse(await answer.text());
  }

  // The page as it was sent, from the browser's cache; where that has another one already, two documents must do.
  async function recall() {
    const page = await load("force-cache");
    if (digestOf(page) === digest) was ??= page;
  }

  async function update(wanted) {
    const turn = ++asked;
    const now = await load("no-store");
    if (turn !== asked) return;
    if (!digestOf(now) || scripts(now) !== scripts(was ?? document)) return location.reload();
    digest = digestOf(now) ?? wanted;
    element(document.documentElement, was?.documentElement ?? null, now.documentElement);
    was = now;
    self.dataset.digest = digest;
    document.dispatchEvent(new CustomEvent("coursewright:update", { detail: { digest } }));
  }

  // Scripts run once, and a policy is read once: where a page has others now, only loading it again will do.
  const ONCE = "script:not([data-digest]),link[rel=modulepreload],meta[http-equiv=Content-Security-Policy]";
  const scripts = (page) =>
    [...page.querySelectorAll(ONCE)]
      .filter((node) => !/json/.test(node.type))
      .map((node) => ["src", "href", "content"].map((name) => node.getAttribute(name)) + node.textContent)
      .join("\n");

  function element(live, old, now) {
    if (old?.isEqualNode(now) || live === self) return;
    attributes(live, old ?? live, now);
    if (now.localName === "template") {
      live.innerHTML = now.innerHTML;
      return;
    }
    children(live, old ?? live, now);
  }

  function attributes(live, old, now) {
    const state = live === old ? new Set(["open"]) : new Set();
    for (const { name, value } of now.attributes)
      if (old.getAttribute(name) !== value && !state.has(name)) {
        if (name === "href" && live.rel === "stylesheet") swap(live, value);
        else live.setAttribute(name, value);
      }
    for (const { name } of [...old.attributes])
      if (!now.hasAttribute(name) && !state.has(name)) live.removeAttribute(name);
  }

  // The new style sheet is in force before the old one goes, so that nothing flickers.
  function swap(link, href) {
    const next = link.cloneNode();
    next.href = href;
    const done = () => next.remove();
    const take = () => {
      link.setAttribute("href", href);
      link.addEventListener("load", done, { once: true });
      link.addEventListener("error", done, { once: true });
    };
    next.addEventListener("load", take, { once: true });
    next.addEventListener("error", done, { once: true });
    link.after(next);
  }

  const kind = (node) => (node.nodeType === 1 ? node.localName + "#" + node.id : node.nodeType);
  const twins = (one, other) => one.isEqualNode(other);
  const alike = (one, other) => kind(one) === kind(other);

  // Pairs equal things first, from both ends, then what lies between by kind and id, in order.
  function pair(olds, nows) {
    const found = new Map();
    const used = new Set();
    let start = 0;
    let end = 0;
    while (start < olds.length && start < nows.length && twins(olds[start], nows[start]))
      found.set(nows[start], olds[start++]);
    while (end < olds.length - start && end < nows.length - start && twins(olds.at(-1 - end), nows.at(-1 - end)))
      found.set(nows.at(-1 - end), olds.at(-1 - end++));
    const rest = olds.slice(start, olds.length - end);
    const middle = nows.slice(start, nows.length - end);
    for (const match of [twins, alike]) {
      let from = 0;
      for (const node of middle) {
        if (found.has(node)) {
          const at = rest.indexOf(found.get(node));
          if (at >= from) from = at + 1;
          continue;
        }
        const at = rest.findIndex((other, index) => index >= from && !used.has(other) && match(other, node));
        if (at >= 0) {
          found.set(node, rest[at]);
          used.add(rest[at]);
          from = at + 1;
        }
      }
    }
    return found;
  }

  // Which of the live nodes the old ones became: in order, passing over what scripts have put between them.
  function locate(live, olds) {
    const found = new Map();
    let node = live.firstChild;
    for (const old of olds) {
      let walk = node;
      while (walk && (walk === self || !alike(walk, old))) walk = walk.nextSibling;
      if (!walk) continue;
      found.set(old, walk);
      node = walk.nextSibling;
    }
    return found;
  }

  function children(live, old, now) {
    const keep = (node) => node.localName !== OVERLAY && !(node.localName === "script" && node.dataset.digest);
    const olds = [...old.childNodes].filter(keep);
    const nows = [...now.childNodes].filter(keep);
    const pairs = pair(olds, nows);
    const places = live === old ? new Map(olds.map((node) => [node, node])) : locate(live, olds);
    const staying = new Set(pairs.values());
    for (const node of olds) if (!staying.has(node)) places.get(node)?.remove();
    let last = null;
    for (const node of nows) {
      const before = pairs.get(node);
      let place = before && places.get(before);
      if (!place) {
        place = document.importNode(node, true);
      } else if (node.nodeType !== 1) {
        if (place.data !== node.data) place.data = node.data;
      } else {
        element(place, live === old ? null : before, node);
      }
      if (!place.isConnected || (last && last.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_PRECEDING))
        last ? last.after(place) : live.prepend(place);
      last = place;
    }
  }

  // What is wrong, over the page until it is right; out of the page's own styles, and allowed by any of its policies.
  const OVERLAY = "coursewright-overlay";
  const SHEET = `
    :host { all: initial; position: fixed; inset: auto 0 0 0; z-index: 2147483647; max-height: 80vh; overflow: auto;
      font: 15px/1.5 system-ui, sans-serif; color: #fdecea; background: #2a1113f7; border-top: 3px solid #f2777a; }
    section { padding: 1rem 1.5rem; max-width: 70rem; margin: auto; }
    h2 { font-size: 1rem; margin: 0 0 .5rem; } p { margin: .25rem 0; } article { margin: 0 0 1rem; }
    code, pre { font: 13px/1.5 ui-monospace, monospace; } code { color: #ffcc8a; }
    pre { margin: .5rem 0; padding: .5rem .75rem; background: #0006; overflow: auto; } .hint { color: #cfe8cf; }
    button { float: right; font: inherit; color: inherit; background: none; border: 1px solid; border-radius: 4px; }`;
  let dismissed = "";

  function show(errors, title) {
    const before = document.querySelector(OVERLAY);
    const said = JSON.stringify(errors);
    if (!errors.length || said === dismissed) return before?.remove();
    dismissed = "";
    const host = document.createElement(OVERLAY);
    host.setAttribute("role", "alert");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];
    const section = root.appendChild(document.createElement("section"));
    const close = section.appendChild(document.createElement("button"));
    close.textContent = "Close";
    close.addEventListener("click", () => ((dismissed = said), host.remove()));
    section.appendChild(document.createElement("h2")).textContent = title;
    for (const error of errors) section.appendChild(article(error));
    before?.remove();
    document.documentElement.append(host);
  }

  function article({ place, message, excerpt, hint }) {
    const made = document.createElement("article");
    const add = (name, text, kind) => {
      const node = made.appendChild(document.createElement(name));
      node.textContent = text;
      if (kind) node.className = kind;
    };
    if (place) add("code", place);
    add("p", message);
    if (excerpt) add("pre", excerpt);
    if (hint) add("p", hint, "hint");
    return made;
  }

  function state({ errors, digest: wanted, gone, moved }) {
    if (gone) {
      show([{ message: "This page is not in the site any more.", hint: moved && `It is at ${moved} now.` }], "Gone");
      return;
    }
    show(errors, errors.length === 1 ? "Something is wrong" : `${errors.length} things are wrong`);
    if (wanted && wanted !== digest) update(wanted).catch(() => {});
  }

  // A hidden page lets go of its connection, since browsers allow six to a server; what it missed it hears on return.
  function connect() {
    if (source || document.visibilityState === "hidden") return;
    const query = new URLSearchParams({ page: location.pathname, digest });
    source = new EventSource(`/-/live?${query}`);
    source.onmessage = (event) => state(JSON.parse(event.data));
    source.onerror = () => {
      // The address carries what the page showed when it connected; by now that may be another page.
      disconnect();
      setTimeout(connect, 500);
    };
  }

  function disconnect() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () =>
    document.visibilityState === "hidden" ? disconnect() : connect(),
  );
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  addEventListener("load", () => recall().catch(() => {}));
  connect();
})();
