/** Review one by one: the next picture lies ready before the answer is given, and answers leave in the background. */
import { outbox } from "./review-outbox.js";
import { patiently, post } from "./talk.js";

const form = document.getElementById("judge");
const part = (name) => form.querySelector(`[data-f=${name}]`);
const picks = [...part("among").querySelectorAll(".candidates:first-of-type button")];
const spare = picks[0];
const LOW = 8; // questions ahead below which more are asked for
const READY = 6; // pictures ahead that are loaded
const HELD = 90;

let current = first();
let queue = [];
let waiting = parseInt(part("waiting").textContent.replace(/\D/g, ""), 10);
let asking = null;
let over = false;
let slow = 0;
const skipped = [];
const history = [];
const times = [];

const out = outbox(form.dataset, told, unsent, (problem) => say(`${problem.message} ${problem.advice}`));

function first() {
  const candidates = picks.map((button) => ({ slug: button.value, name: button.querySelector("span").textContent }));
  const image = form.querySelector("figure img");
  return { token: form.elements.token.value, picture: image.src, image, candidates };
}

// --- What comes --------------------------------------------------------------------------------------------------

async function refill() {
  if (asking || over || queue.length >= LOW) return;
  asking = true;
  const held = [current, ...queue, ...skipped].filter(Boolean).map(({ token }) => token);
  try {
    const found = await patiently(() => post(form.dataset.questions, { held: [...new Set([...held, ...out.tokens()])].slice(-HELD) }));
    waiting = found.waiting;
    over = !found.questions.length;
    queue.push(...found.questions);
    count();
  } catch (problem) {
    say(`${problem.message} ${problem.advice}`);
    over = true;
  }
  asking = null;
  prepare();
  if (!current) next();
}

function prepare() {
  for (const question of queue.slice(0, READY)) load(question);
}

/** Fetched and decoded: showing it costs a frame. */
function load(question) {
  if (question.image) return;
  question.image = Object.assign(new Image(), { src: question.picture, alt: "The photo to judge" });
  question.image.decode().catch(() => {});
}

// --- What is shown -----------------------------------------------------------------------------------------------

function show(question) {
  current = question;
  load(question);
  part("among").hidden = Boolean(question.claimed);
  part("straight").hidden = !question.claimed;
  form.querySelector("figure").replaceChildren(question.image);
  form.elements.token.value = question.token;
  if (question.claimed) {
    part("picked").textContent = question.picked.name;
    part("claimed").textContent = question.claimed.name;
  } else label(question.candidates);
  prepare();
}

function label(candidates) {
  while (picks.length < candidates.length) {
    const more = spare.cloneNode(true);
    more.querySelector("kbd").textContent = picks.length + 1;
    picks.at(-1).after(more);
    picks.push(more);
  }
  picks.forEach((button, n) => {
    button.hidden = n >= candidates.length;
    button.value = candidates[n]?.slug ?? "";
    button.querySelector("span").textContent = candidates[n]?.name ?? "";
  });
}

function next() {
  const question = queue.shift();
  if (question) show(question);
  else current = null;
  form.hidden = !question && over;
  form.toggleAttribute("aria-busy", !question && !over);
  const nothing = document.getElementById("nothing");
  nothing.hidden = !form.hidden;
  if (form.hidden) nothing.focus();
  refill();
}

const say = (text) => (part("said").textContent = text);

/** Told only of what hangs: an answer on its way is none of anybody's business. */
function unsent(n) {
  clearTimeout(slow);
  const tell = () => (part("unsent").textContent = n ? `${n} not sent yet` : "");
  if (n) slow = setTimeout(tell, 1500);
  else tell();
}

function count() {
  part("waiting").textContent = `${waiting.toLocaleString("en")}${waiting === 1000 ? " and more" : ""} wait`;
  const recent = times.filter((time) => time > performance.now() - 120_000);
  const minutes = (performance.now() - recent[0]) / 60_000;
  const pace = recent.length > 4 ? `, ${Math.round((recent.length - 1) / minutes)} a minute` : "";
  part("pace").textContent = times.length ? ` · ${times.length} judged${pace}` : "";
}

// --- What is said ------------------------------------------------------------------------------------------------

function answer(pick, shows = "") {
  if (!current) return;
  const question = current;
  const entry = { token: question.token, pick: question.claimed ? question.picked.slug : pick, shows, question };
  history.push(entry);
  times.push(performance.now());
  waiting = Math.max(0, waiting - 1);
  say("");
  out.put(entry); // first: what is asked for next must not be asked again
  next();
  count();
}

function told(entry, result) {
  if (!result.ask) return result.words && say(result.words);
  if (!entry.question) return undefined; // of an earlier visit: it will be asked again
  const picked = entry.question.candidates.find(({ slug }) => slug === entry.pick);
  entry.straight = { ...entry.question, picked, claimed: result.ask };
  times.pop();
  waiting += 1;
  if (!history.includes(entry)) return undefined; // taken back meanwhile
  history.splice(history.indexOf(entry), 1);
  queue.unshift(entry.straight);
  over = false;
  return current ? undefined : next();
}

function skip() {
  if (!current) return;
  skipped.push(current);
  say("");
  next();
}

async function undo() {
  const entry = history.pop();
  if (entry) {
    times.pop();
    waiting += 1;
    out.retract(entry);
    if (current) queue.unshift(current);
    back(entry.question);
    return say("Taken back.");
  }
  try {
    const { question } = await post(form.dataset.undo);
    if (question && current) queue.unshift(current);
    if (question) back(question);
    say("Taken back.");
  } catch (problem) {
    say(problem.message);
  }
}

function back(question) {
  form.hidden = false;
  document.getElementById("nothing").hidden = true;
  show(question);
  count();
}

// --- Hands -------------------------------------------------------------------------------------------------------

function press(button) {
  if (button.name === "skip") skip();
  else if (button.name === "undo") undo();
  else if (button.name === "shows") answer("", button.value);
  else answer(button.value);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  press(event.submitter);
});

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, summary")) return;
  const key = event.key.toUpperCase();
  if (key === "Z") return undo();
  const shown = [...form.querySelectorAll("button")].filter((button) => button.offsetParent);
  const button = shown.find((one) => one.querySelector("kbd").textContent === key);
  if (button) {
    event.preventDefault();
    press(button);
  }
});

refill();
