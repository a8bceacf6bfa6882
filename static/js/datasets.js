/** Build a dataset: every change asks the hub what the selection gives; the address always is the selection. */
import { picker } from "./labels.js";
import { swap } from "./datasets-live.js";
import { pause } from "./talk.js";

const form = document.getElementById("build");
const save = document.getElementById("save");
const add = document.getElementById("add");
const trouble = document.getElementById("trouble");
const PLAIN = { train: "80", validation: "10", test: "10" };
const IDLE = { seed: "0", folds: "0" };
let turn = 0, older = null;

/** The selection as the form has it, without what goes without saying. */
function asked(submitter) {
  const said = [...new FormData(form, submitter)].filter(([name, value]) => value && name !== "add" && IDLE[name] !== value);
  const usual = Object.entries(PLAIN).every(([name, value]) => form.elements[name].value === value);
  return said.filter(([name]) => !(usual && name in PLAIN));
}

async function refresh(said) {
  const mine = ++turn;
  older?.abort();
  older = new AbortController();
  document.body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${form.action}?${new URLSearchParams(said)}`, { signal: older.signal });
    if (answer.status >= 500) throw new Error();
    const html = await answer.text();
    if (mine === turn) show(answer.url, html, new URLSearchParams(said).get("add"));
  } catch (problem) {
    if (problem.name !== "AbortError") trouble.textContent = "The hub did not answer: these counts are old.";
  } finally {
    if (mine === turn) document.body.removeAttribute("aria-busy");
  }
}

function show(url, html, added) {
  trouble.textContent = "";
  const held = swap(html);
  if (added === add.value.trim() && !document.getElementById("e-add").textContent) add.value = "";
  const kept = new URL(url);
  kept.searchParams.delete("add");
  history.replaceState(null, "", kept);
  if (save) save.action = kept;
  mark();
  if (held?.match(/^(up|down|drop)-/)) hold(held);
}

/** Tell assistive technology which fields have a mistake beside them. */
function mark() {
  for (const field of form.querySelectorAll("[aria-describedby^=e-]")) {
    const said = field.getAttribute("aria-describedby").split(" ").some((id) => document.getElementById(id).textContent);
    said ? field.setAttribute("aria-invalid", "true") : field.removeAttribute("aria-invalid");
  }
}

/** The button pressed is gone, or at its end: go on with its neighbour. */
function hold(id) {
  const slug = id.slice(id.indexOf("-") + 1);
  const next = [id, `down-${slug}`, `up-${slug}`].map((one) => document.getElementById(one)).find((button) => button && !button.disabled);
  (next ?? add).focus();
}

form.addEventListener("input", async (event) => {
  if (event.target === add) return;
  const mine = ++turn;
  if (event.target.matches("input:not([type=checkbox], [type=radio])")) await pause(300);
  if (mine === turn) refresh(asked());
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const named = event.submitter?.name;
  const typed = add.value.trim();
  refresh([...asked(named ? event.submitter : null), ...(typed && !named ? [["add", typed]] : [])]);
});

picker(add, form.dataset.labels, (label) => {
  if (!label) return;
  add.value = "";
  refresh([...asked(), ["add", label.slug]]);
});

mark();
