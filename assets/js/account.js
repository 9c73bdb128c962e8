/** The account: who you are to the server, passkeys, your name on the board, your devices. */
import { Problem, ask } from "./api.js";
import { make } from "./element.js";
import { add, forget, put } from "./keep.js";
import { finishes, tell } from "./progress.js";
import * as passkey from "./passkey.js";
import { send } from "./sync.js";
import { moment, words } from "./words.js";

/** Shows the account. */
export async function show(place) {
  const say = await words();
  const note = make("p.notice", { role: "status" }, say("loading"));
  const body = make("div");
  place.replaceChildren(body, note);
  const update = async () => {
    try {
      const { learner } = await ask("/session");
      body.replaceChildren(...(learner && !learner.anonymous ? await signedIn(learner) : guest(learner)));
      note.textContent = "";
    } catch (problem) {
      body.replaceChildren(make("button.button", { type: "button", click: update }, say("again_load")));
      note.textContent = say(problem.code === "offline" ? "offline_now" : "load_failed");
    }
  };
  const act = (work) => async (event) => {
    event?.preventDefault();
    const button = event?.submitter ?? event?.currentTarget;
    if (button) button.disabled = true;
    try {
      note.textContent = (await work(event)) ?? "";
    } catch (problem) {
      note.textContent = say(said(problem));
    }
    if (button) button.disabled = false;
  };
  const button = (word, work, kind = "button.button") => make(kind, { type: "button", click: act(work) }, say(word));

  function guest(learner) {
    const parts = learner ? [make("p", {}, say("anonymous_as", { handle: learner.handle }))] : [];
    if (!passkey.known) return [...parts, make("p", {}, say("no_passkeys"))];
    return [...parts, make("p", {}, say("register_hint")), make("p.start", {}, button("register", register, "button.button.main"), button("sign_in", signIn))];
  }

  async function signedIn(learner) {
    const handle = make("input", { id: "handle", name: "handle", value: learner.handle, maxLength: 40, required: true, autocomplete: "nickname", spellcheck: false });
    const visible = make("input", { type: "checkbox", checked: learner.visible, change: act(() => show_(visible.checked)) });
    const form = make("form.field", { submit: act(() => rename(handle.value)) }, make("label", { htmlFor: "handle" }, say("handle")), handle, make("button.button", { type: "submit" }, say("keep")));
    return [
      make("p", {}, say("signed_in_as", { handle: learner.handle })),
      form,
      make("p", {}, make("label.switch", {}, visible, say("visible"))),
      await devices(),
      make("p.start", {}, button("sign_out", () => leave("/session")), button("sign_out_all", () => leave("/sessions"))),
    ];
  }

  async function devices() {
    const { sessions } = await ask("/sessions");
    const end = (session) => act(async () => {
      await ask(`/sessions/${encodeURIComponent(session.id)}`, { method: "DELETE" });
      await update();
    });
    return make("ul.rows", {}, ...sessions.map((session) =>
      make("li", {}, make("b", {}, session.device), " ", make("span", {}, session.current ? say("this_device") : say("last_seen", { when: moment(session.last_seen_at) })),
        session.current ? "" : make("button.button", { type: "button", click: end(session), "aria-label": say("end_session", { device: session.device }) }, say("sign_out")))));
  }

  async function register() {
    const { recovery_codes: codes } = await passkey.register(navigator.userAgentData?.platform ?? "");
    await joined();
    if (codes) body.append(make("div.codes", {}, make("p", {}, say("recovery_codes")), make("pre", { tabIndex: 0 }, codes.join("\n"))));
  }

  async function signIn() {
    await send();
    await passkey.signIn();
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

  async function show_(visible) {
    await ask("/visibility", { method: "PUT", body: { visible } });
    return say("kept");
  }

  async function leave(path) {
    // What waits must reach the account before this device forgets it.
    if ((await send()) === false) throw new Problem("offline");
    await ask(path, { method: "DELETE" });
    await forget();
    tell();
    await update();
  }

  function said(problem) {
    if (problem.name === "NotAllowedError" || problem.name === "AbortError" || problem.name === "InvalidStateError") return "unchanged";
    return { "bad-handle": "handle_bad", "handle-taken": "handle_taken", offline: "offline_now" }[problem.code] ?? "failed";
  }

  await update();
}

/** Brings what the account has done on other devices to this one. */
export async function pull() {
  let cursor = "";
  do {
    const answer = await ask(`/progress${cursor && `?cursor=${encodeURIComponent(cursor)}`}`);
    await add(answer.events.map(({ received_at: _, ...event }) => ({ ...event, right: finishes(event) })));
    await put("confirmed", { xp: answer.xp, level: answer.level });
    cursor = answer.next ?? "";
  } while (cursor);
  tell();
}

/** Deletes the learner at the server, if there is one. */
export async function remove() {
  const { learner } = await ask("/session");
  if (learner) await ask("/account", { method: "DELETE" });
}
