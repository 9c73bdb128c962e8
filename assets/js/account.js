/** The account: who you are to the server, how you come in, your name on the board, your devices. */
import { Problem, ask } from "./api.js";
import { make } from "./element.js";
import { forget } from "./keep.js";
import { show as showKeys } from "./keyring.js";
import { tell } from "./progress.js";
import * as passkey from "./passkey.js";
import { bring, pull, who } from "./session.js";
import { send } from "./sync.js";
import { moment, words } from "./words.js";

// What an error means to somebody who pressed a button; anything else "did not work".
const SAID = {
  NotAllowedError: "unchanged", AbortError: "unchanged", InvalidStateError: "passkey_known",
  "bad-handle": "handle_bad", "handle-taken": "handle_taken", "code-refused": "code_bad", "passkey-refused": "passkey_bad",
  "last-passkey": "passkey_last", "another-account": "another_account", "slow-down": "slow_down", offline: "offline_now", unsent: "unsent",
};

/** Shows the account; returns what shows it anew. */
export async function show(place) {
  const say = await words();
  const note = make("p.notice", { role: "status" }, say("loading"));
  const body = make("div");
  place.replaceChildren(body, note);
  const update = async () => {
    try {
      const learner = await who();
      if (learner) await bring(learner);
      body.replaceChildren(...(learner && !learner.anonymous ? await member(learner) : guest(learner)));
      note.textContent = "";
    } catch (problem) {
      body.replaceChildren(make("p.start.failed", {}, make("button.button", { type: "button", click: update }, say("again_load"))));
      note.textContent = say(problem.code === "offline" ? "offline_now" : "load_failed");
    }
  };
  const act = (work) => async (event) => {
    event?.preventDefault();
    const pressed = event?.submitter ?? event?.currentTarget;
    if (pressed) pressed.disabled = true;
    note.textContent = "";
    try {
      note.textContent = (await work(event)) ?? "";
    } catch (problem) {
      note.textContent = say(SAID[problem.code] ?? SAID[problem.name] ?? "failed");
    }
    if (pressed) pressed.disabled = false;
  };
  const button = (word, work, kind = "button.button") => make(kind, { type: "button", click: act(work) }, say(word));

  function guest(learner) {
    const parts = learner ? [make("p", {}, say("anonymous_as", { handle: learner.handle }))] : [];
    const codes = make("details.lost", {}, make("summary", {}, say("code_ask")), recovery());
    if (!passkey.known) return [...parts, make("p", {}, say("no_passkeys")), codes];
    return [...parts, make("p", {}, say("register_hint")),
      make("p.start", {}, button("register", register, "button.button.main"), button("sign_in", () => comeIn(passkey.signIn))), codes];
  }

  function recovery() {
    const code = make("input", { id: "code", name: "code", required: true, maxLength: 60, autocomplete: "off", autocapitalize: "none", spellcheck: false });
    const enter = () => comeIn(() => ask("/recovery", { method: "POST", body: { code: code.value.trim() } }));
    return make("form.field", { submit: act(enter) }, make("label", { htmlFor: "code" }, say("code")), code, make("button.button", { type: "submit" }, say("code_use")));
  }

  async function member(learner) {
    const handle = make("input", { id: "handle", name: "handle", value: learner.handle, minLength: 3, maxLength: 24, required: true, autocomplete: "nickname", spellcheck: false });
    const visible = make("input", { type: "checkbox", checked: learner.visible, change: act(() => appear(visible)) });
    const keys = make("div");
    await showKeys(keys, { act, say });
    return [
      make("p", {}, say("signed_in_as", { handle: learner.handle })),
      make("form.field", { submit: act(() => rename(handle.value.trim())) }, make("label", { htmlFor: "handle" }, say("handle")), handle, make("button.button", { type: "submit" }, say("keep"))),
      make("p", {}, make("label.switch", {}, visible, say("visible"))),
      make("h3", {}, say("signed_in_on")), await devices(), keys,
      make("p.start", {}, button("sign_out", () => leave("/session")), button("sign_out_all", () => leave("/sessions")), button("export_account", take)),
    ];
  }

  async function devices() {
    const { sessions } = await ask("/sessions");
    const end = (session) => act(async () => {
      await ask(`/sessions/${encodeURIComponent(session.id)}`, { method: "DELETE" });
      await update();
    });
    return make("ul.rows", {}, ...sessions.map((session) =>
      make("li", {}, make("b", {}, session.device), make("span", {}, session.current ? say("this_device") : say("last_seen", { when: moment(session.last_seen_at) })),
        session.current ? "" : make("button.button", { type: "button", click: end(session), "aria-label": say("end_session", { device: session.device }) }, say("sign_out")))));
  }

  async function register() {
    const { recovery_codes: codes } = await passkey.register(navigator.userAgentData?.platform ?? "");
    await joined();
    if (codes) body.querySelector(".keyring").prepend((await import("./keyring.js")).written(codes, say));
  }

  async function comeIn(ceremony) {
    await send();
    await ceremony();
    await joined();
  }

  async function joined() {
    await pull();
    await send();
    await update();
  }

  async function rename(handle) {
    await ask("/handle", { method: "PUT", body: { handle } });
    await update();
    return say("kept");
  }

  async function appear(box) {
    try {
      await ask("/visibility", { method: "PUT", body: { visible: box.checked } });
    } catch (problem) {
      box.checked = !box.checked;
      throw problem;
    }
    return say("kept");
  }

  async function take() {
    const everything = await passkey.proved(() => ask("/export"));
    (await import("./file.js")).hand(JSON.stringify(everything, null, 1), "account.json");
  }

  async function leave(path) {
    // What waits must reach the account before this device forgets it.
    if ((await send()) === false) throw new Problem("unsent");
    await ask(path, { method: "DELETE" });
    await forget();
    tell();
    await update();
  }

  await update();
  return update;
}

/** Deletes the learner at the server, if there is one. */
export async function remove() {
  if (await who()) await passkey.proved(() => ask("/account", { method: "DELETE" }));
}
