/** The page that gives photos, and the page of a batch: choose, label, send, follow. Works without us for one file. */
import { relabel, waiting, watch } from "./choosing.js";
import { picker } from "./labels.js";
import { OVER, all, hold, paint, part, say, suggest, tally } from "./rows.js";
import { busy, deliver } from "./sending.js";
import { follow } from "./follow.js";
import { Problem, post } from "./talk.js";

const page = document.getElementById("give");
const $ = (id) => document.getElementById(id);
const { max, mb, labels } = page.dataset;
let batch = page.dataset.files ? { ...page.dataset, slots: page.dataset.slots || null } : null;
let label = null;
let queue = [];

const trouble = (text) => ($("trouble").textContent = text);

// --- Choosing --------------------------------------------------------------------------------------------------

function choose(files) {
  trouble("");
  const known = new Set(queue.map(({ file }) => `${file.name} ${file.size} ${file.lastModified}`));
  const chosen = [...files].filter((file) => !known.has(`${file.name} ${file.size} ${file.lastModified}`));
  const room = Math.max(0, max - all().length);
  if (chosen.length > room)
    trouble(`A batch holds ${max} photos. The first ${room} of these ${chosen.length} are taken; give the others in another batch.`);
  const items = chosen.slice(0, room).map((file) => waiting(file, mb, removed)).filter(Boolean);
  if (batch) return start(items);
  for (const item of items) relabel(item, labels, refresh);
  queue.push(...items);
  refresh();
}

function removed(item) {
  queue = queue.filter((other) => other !== item);
  refresh();
  $("id_file").focus();
}

// --- Labelling -------------------------------------------------------------------------------------------------

function labelField() {
  const input = $("id_label");
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "label" });
  const first = input.value && { slug: input.value, name: input.dataset.name || input.value };
  input.removeAttribute("name");
  input.before(hidden);
  const choosing = picker(input, labels, (found) => {
    label = found;
    hidden.value = found?.slug ?? "";
    if (found) complain("");
    refresh();
  }, first || null);
  for (const button of document.querySelectorAll("[data-slug]"))
    button.onclick = () => choosing.set({ slug: button.dataset.slug, name: button.textContent });
}

function complain(text) {
  const errors = $("id_label_error");
  errors.replaceChildren(...(text ? [Object.assign(document.createElement("li"), { textContent: text })] : []));
  $("id_label").setAttribute("aria-invalid", String(Boolean(text)));
  $("id_label").setAttribute("aria-describedby", "id_label_error");
}

// --- Sending ---------------------------------------------------------------------------------------------------

async function submit(event) {
  event.preventDefault();
  trouble("");
  if (!queue.length) {
    trouble("Choose a photo first.");
    return $("id_file").focus();
  }
  if (!label) {
    complain("Choose what they show from the list, or propose it.");
    return $("id_label").focus();
  }
  $("go").disabled = true;
  try {
    const form = new URLSearchParams(new FormData(page));
    form.delete("file");
    batch = await post(page.action, form);
  } catch (problem) {
    $("go").disabled = false;
    if (!(problem instanceof Problem)) throw problem;
    return trouble(`${problem.message} ${problem.advice}`);
  }
  history.replaceState(null, "", batch.url);
  document.title = `Batch ${batch.id}: ${label.name} · Deep Images Hub`;
  $("title").textContent = label.name;
  $("settings").hidden = true;
  $("done").after($("choosing"));
  part($("done"), "see").textContent = `See ${label.name}`;
  part($("done"), "see").href = `/labels/${label.slug}/`;
  const items = queue;
  queue = [];
  start(items);
  $("sending-title").focus();
}

function start(items) {
  $("rows").classList.remove("grid");
  for (const { row } of items) for (const name of ["remove", "relabel", "picker"]) part(row, name).hidden = true;
  if (items.length) deliver(batch, items, refresh);
}

// --- What is shown ---------------------------------------------------------------------------------------------

const NAMES = [["accepted", "accepted"], ["duplicate", "already here"], ["review", "to look at"], ["rejected", "not taken"], ["failed", "failed"],
  ["withdrawn", "taken back"], ["received", "being checked"], ["unsent", "not sent"], ["left", "on the way"]];

function refresh() {
  const counts = tally();
  const over = OVER.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  counts.left = ["waiting", "hashing", "sending"].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  if (!batch) return ready();
  const totals = NAMES.filter(([state]) => counts[state]).map(([state, name]) => `${counts[state]} ${name}`).join(", ");
  if ($("totals").textContent !== totals) $("totals").textContent = totals;
  const still = all().length - over;
  $("sending").hidden = false;
  $("sending-title").textContent = counts.left ? "On their way" : counts.unsent ? "Some did not leave" : still ? "Being checked" : over ? "All answered" : "Nothing sent yet";
  $("progress").max = all().length || 1;
  $("progress").value = over;
  $("done").hidden = still > 0 || !over;
  if ($("choosing")) $("choosing").hidden = all().length >= max;
}

function ready() {
  const n = queue.length;
  $("rows").classList.add("grid");
  part($("go"), "n").textContent = n > 1 ? `Give ${n} photos` : n ? "Give 1 photo" : "Give photos";
  page.toggleAttribute("data-ready", Boolean(n && label));
  for (const made of queue) part(made.row, "label").textContent = made.label?.name ?? label?.name ?? "No label yet";
}

async function accept(row, button) {
  const { label } = await post(button.getAttribute("formaction"), new URLSearchParams({ label: button.value }));
  part(row, "label").textContent = label.name;
  suggest(row, null);
  say(row, `It is ${label.name} now.`);
  hold(row);
}

async function decide(event) {
  const button = event.target.closest("[data-f=keep], [data-f=drop], [data-f=suggest]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li");
  try {
    if (button.dataset.f === "suggest") return await accept(row, button);
    paint(row, await post(button.getAttribute("formaction")));
    hold(row);
    follow(batch.status, busy, refresh);
  } catch (problem) {
    say(row, problem.message, problem.advice);
  }
  refresh();
}

watch(choose);
$("rows").addEventListener("click", decide);
addEventListener("beforeunload", (event) => busy() && event.preventDefault());
if (batch) {
  refresh();
  if (all().some((row) => row.dataset.state === "received")) follow(batch.status, busy, refresh);
} else {
  page.classList.add("js");
  page.addEventListener("submit", submit);
  labelField();
  ready();
}
