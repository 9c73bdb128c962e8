/** The two ceremonies of passkeys: the browser makes or shows one, the server checks it. */
import { Problem, ask, askAsLearner } from "./api.js";

/** Whether the browser knows passkeys, speaks of them in JSON, and is at a name: there are none for a bare IP address. */
export const known = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON) && !/^[\d.]+$|:/.test(location.hostname);

/** Makes a passkey for the learner of this device; returns {learner, recovery_codes?}. */
export async function register(label) {
  const options = await askAsLearner("/passkeys/register/options", { method: "POST" });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  return ask("/passkeys/register", { method: "POST", body: { credential: credential.toJSON(), label } });
}

/** Signs in with a passkey; what was done on this device joins the account. */
export async function signIn() {
  const options = await ask("/passkeys/sign-in/options", { method: "POST" });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  return ask("/passkeys/sign-in", { method: "POST", body: { credential: credential.toJSON() } });
}

/** Does what the server allows only to somebody who has just shown the passkey: shows it where that is long ago. */
export async function proved(work) {
  try {
    return await work();
  } catch (problem) {
    if (problem.code !== "sign-in-again" || !known) throw problem;
    const before = (await ask("/session")).learner;
    const { learner } = await signIn();
    // Another account's passkey has signed that one in: what was meant for the first must not happen to it.
    if (learner.handle !== before?.handle) throw new Problem("another-account");
    return work();
  }
}
