/** The account's passkeys and recovery codes: what there is, one more, one less, new codes. */
import { ask } from "./api.js";
import { make } from "./element.js";
import { proved, register } from "./passkey.js";
import { moment } from "./words.js";

/** Shows them; `act` runs what a button does and says what came of it. */
export async function show(place, { act, say }) {
  const { passkeys, recovery_codes: left } = await ask("/passkeys");
  const again = () => show(place, { act, say });
  const button = (word, work) => make("button.button", { type: "button", click: act(work) }, say(word));
  const remove = (key) => act(async () => {
    await proved(() => ask(`/passkeys/${encodeURIComponent(key.id)}`, { method: "DELETE" }));
    await again();
  });
  const row = (key) => make("li", {}, make("b", {}, key.label),
    make("span", {}, key.last_used_at ? say("last_used", { when: moment(key.last_used_at) }) : say("made_at", { when: moment(key.created_at) })),
    passkeys.length > 1 ? make("button.button", { type: "button", click: remove(key), "aria-label": say("passkey_remove", { name: key.label }) }, say("remove")) : "");
  const more = async () => {
    await proved(() => register(navigator.userAgentData?.platform ?? ""));
    await again();
  };
  const renew = async () => {
    const { recovery_codes: codes } = await proved(() => ask("/recovery-codes", { method: "POST" }));
    await again();
    place.prepend(written(codes, say));
  };
  place.className = "keyring";
  place.replaceChildren(make("h3", {}, say("passkeys")), make("ul.rows", {}, ...passkeys.map(row)), make("p.meta", {}, say("codes_left", { n: left })),
    make("p.start", {}, button("passkey_add", more), button("codes_new", renew)));
}

/** Returns the codes as they are shown once, with a way to keep them. */
export function written(codes, say) {
  const text = codes.join("\n");
  const said = make("span", { role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    said.textContent = say("copied");
  };
  const keep = async () => (await import("./file.js")).hand(`${text}\n`, "recovery-codes.txt", "text/plain");
  const box = make("div.codes", { role: "group", "aria-label": say("codes"), tabIndex: -1 }, make("p", {}, say("recovery_codes")), make("pre", { tabIndex: 0 }, text),
    make("p.start", {}, make("button.button", { type: "button", click: copy }, say("copy")), make("button.button", { type: "button", click: keep }, say("to_file")),
      make("button.button", { type: "button", click: () => box.remove() }, say("codes_kept")), said));
  // Whoever listens instead of looking is told of them, too.
  setTimeout(() => box.focus());
  return box;
}
