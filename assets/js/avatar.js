/** A small picture for a handle, drawn from its letters: five by five squares, left and right alike. */

const SPACE = "http://www.w3.org/2000/svg";

/** Returns the picture; it says nothing that the handle beside it does not. */
export function avatar(handle) {
  let hash = 2166136261;
  for (const letter of handle) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  const drawing = draw("svg", { viewBox: "0 0 7 7", class: "avatar", "aria-hidden": "true" });
  const color = `hsl(${hash % 360} 45% 52%)`;
  drawing.append(draw("rect", { width: 7, height: 7, rx: 1.4, fill: color, "fill-opacity": 0.16 }));
  for (let cell = 0; cell < 15; cell += 1) {
    if (!((hash >>> cell) & 1)) continue;
    const row = cell % 5;
    const column = Math.floor(cell / 5);
    for (const x of new Set([column, 4 - column])) drawing.append(draw("rect", { x: x + 1, y: row + 1, width: 1.02, height: 1.02, fill: color }));
  }
  return drawing;
}

function draw(name, attributes) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
