/**
 * Quizzes and traces: the static page has the fields, the choices' feedback and the answer; this adds checking.
 *
 * Every answer is an act that is recorded; the last one is shown again when the page is opened again.
 */
import { make } from "./element.js";
import { page } from "./page.js";
import { record, standing, whenChanged } from "./progress.js";
import { words } from "./words.js";

/** Makes one quiz answer. */
export async function enliven(section) {
  const say = await words();
  const quiz = section.dataset.kind === "trace" ? trace(section) : choices(section, say);
  const actions = section.querySelector(".actions");
  const answer = actions.querySelector(".answer");
  const result = make("p.result", { role: "status", tabIndex: -1 });
  const button = make("button.button.main", { type: "button", click: act }, say("check"));
  const item = page.item && `${page.item}#${section.id}`;
  const worth = Number(section.dataset.xp);
  // Asked for first: a button that changes its meaning under the finger would be pressed for what it was.
  const known = item ? (await standing()).items.get(item) : undefined;
  let checked = false;
  answer.hidden = true;
  actions.prepend(button, result);
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    act();
  });
  section.addEventListener("input", () => checked && reset());
  if (known?.last) {
    quiz.fill(known.last);
    judge(quiz.verdict(), known);
  }
  // From now on what is said of a choice is read out; what was said the last time is just there.
  section.querySelector(".choices")?.setAttribute("aria-live", "polite");
  if (item) whenChanged(refresh);

  function act() {
    if (checked && result.dataset.verdict !== "right") {
      reset();
      quiz.clear();
      return;
    }
    check();
  }

  async function check() {
    const verdict = quiz.verdict();
    if (!verdict) {
      result.textContent = say(quiz.missing);
      delete result.dataset.verdict;
      return;
    }
    judge(verdict);
    if (!item) return;
    await record({ type: "quiz.answered", item, ...quiz.given(), right: verdict === "right", xp: verdict === "right" ? worth : 0 });
  }

  function judge(verdict, known_) {
    if (!verdict) return;
    checked = true;
    result.dataset.verdict = verdict === "right" ? "right" : "wrong";
    result.replaceChildren(say(verdict), ...earned(verdict, known_));
    quiz.mark();
    button.textContent = say(verdict === "right" ? "check" : "retry");
    // A button that goes takes the focus along; it stays with the answer.
    if (verdict === "right" && document.activeElement === button) result.focus({ preventScroll: true });
    button.hidden = verdict === "right";
    answer.hidden = verdict !== "right" || section.dataset.kind !== "trace";
  }

  function earned(verdict, known_) {
    if (verdict !== "right" || !item || !worth) return [];
    const confirmed = !page.api || known_?.confirmed;
    return [" ", make("span.earned", {}, say(confirmed ? "earned" : "provisional", { n: worth }))];
  }

  async function refresh() {
    if (result.dataset.verdict !== "right") return;
    const { items } = await standing();
    result.replaceChildren(say("right"), ...earned("right", items.get(item)));
  }

  function reset() {
    checked = false;
    result.replaceChildren();
    delete result.dataset.verdict;
    quiz.unmark();
    button.hidden = false;
    button.textContent = say("check");
    answer.hidden = true;
  }
}

function choices(section, say) {
  const offered = [...section.querySelectorAll(".choice")].map((choice) => ({
    choice,
    input: choice.querySelector("input"),
    said: section.querySelector(`.answers [data-choice="${choice.dataset.choice}"]`),
  }));
  const isRight = ({ said }) => said.classList.contains("right");
  return {
    missing: "choose_first",
    given: () => ({ choices: offered.filter(({ input }) => input.checked).map(({ input }) => Number(input.value)) }),
    fill: (event) => {
      for (const { input } of offered) input.checked = event.choices?.includes(Number(input.value)) ?? false;
    },
    clear: () => {
      for (const { input } of offered) input.checked = false;
      offered[0].input.focus();
    },
    verdict: () => {
      const taken = offered.filter(({ input }) => input.checked);
      if (!taken.length) return undefined;
      if (offered.every((each) => each.input.checked === isRight(each))) return "right";
      return taken.some(isRight) ? "partly" : "wrong";
    },
    mark: () => {
      for (const each of offered.filter(({ input }) => input.checked)) {
        const verdict = isRight(each) ? "right" : "wrong";
        each.choice.dataset.verdict = verdict;
        const feedback = each.said.querySelector(".feedback")?.cloneNode(true) ?? make("div.feedback");
        feedback.prepend(make("span.verdict", {}, `${say(`verdict_${verdict}`)} `));
        feedback.id = `${section.id}-said-${each.input.value}`;
        each.input.setAttribute("aria-describedby", feedback.id);
        each.choice.append(feedback);
      }
    },
    unmark: () => {
      for (const { choice, input } of offered) {
        delete choice.dataset.verdict;
        input.removeAttribute("aria-describedby");
        choice.querySelector(":scope > .feedback")?.remove();
      }
    },
  };
}

function trace(section) {
  const field = section.querySelector(".reply input");
  const plain = (text) => text.trim().replace(/\s+/g, " ");
  const answer = plain(section.querySelector(".answer code").textContent);
  return {
    missing: "write_first",
    given: () => ({ answer: plain(field.value) }),
    fill: (event) => (field.value = event.answer ?? ""),
    clear: () => field.focus(),
    verdict: () => plain(field.value) && (plain(field.value) === answer ? "right" : "wrong"),
    mark: () => field.setAttribute("aria-invalid", String(plain(field.value) !== answer)),
    unmark: () => field.removeAttribute("aria-invalid"),
  };
}
