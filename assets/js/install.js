/** Installing the site as an app: offered where the browser can, on the learner's click, and no longer once it is done. */

let asked;

/** Shows the buttons, now that the browser has said that it would ask. */
export function offer(event) {
  asked = event;
  for (const button of buttons()) {
    button.hidden = false;
    button.onclick = install;
  }
  addEventListener("appinstalled", withdraw, { once: true });
}

async function install() {
  // The browser's question can be asked once for each time that it has offered.
  const question = asked;
  withdraw();
  await question?.prompt();
}

function withdraw() {
  asked = undefined;
  for (const button of buttons()) button.hidden = true;
}

function buttons() {
  return document.querySelectorAll("[data-install]");
}
