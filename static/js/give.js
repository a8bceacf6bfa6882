/** The page that gives photos, and the page of a batch: choose, label, send, follow. Works without us for one file. */
import { picker } from "./labels.js";
import { OVER, all, chip, fresh, paint, part, say, tally } from "./rows.js";
import { busy, deliver } from "./sending.js";
import { follow } from "./follow.js";
import { Problem, post } from "./talk.js";

const page = document.getElementById("give");
const $ = (id) => document.getElementById(id);
const { max, mb, labels } = page.dataset;
let batch = page.dataset.files ? { ...page.dataset, slots: page.dataset.slots || null } : null;
let label = null;
let waiting = [];

const trouble = (text) => ($("trouble").textContent = text);

// --- Choosing --------------------------------------------------------------------------------------------------

function choose(files) {
  trouble("");
  const known = new Set(waiting.map(({ file }) => `${file.name} ${file.size} ${file.lastModified}`));
  const chosen = [...files].filter((file) => !known.has(`${file.name} ${file.size} ${file.lastModified}`));
  const room = Math.max(0, max - all().length);
  if (chosen.length > room)
    trouble(`A batch holds ${max} photos. The first ${room} of these ${chosen.length} are taken; give the others in another batch.`);
  const items = chosen.slice(0, room).map(item).filter(Boolean);
  if (batch) return start(items);
  waiting.push(...items);
  refresh();
}

function item(file) {
  const row = fresh(file);
  const made = { file, row, label: null };
  const remove = part(row, "remove");
  remove.hidden = false;
  remove.setAttribute("aria-label", `Remove ${file.name}`);
  remove.onclick = () => {
    waiting = waiting.filter((other) => other !== made);
    row.remove();
    refresh();
    $("id_file").focus();
  };
  if (file.size > mb * 1024 * 1024) return refuse(row, `The file is larger than ${mb} MB.`, "Export it smaller, or as JPEG.");
  if (!file.size) return refuse(row, "The file is empty.", "Choose the photo again; it may not have finished saving.");
  if (!batch) relabel(made);
  return made;
}

function refuse(row, ...words) {
  chip(row, "rejected", "Not taken");
  say(row, ...words);
}

function relabel(made) {
  const button = part(made.row, "relabel");
  button.hidden = false;
  button.setAttribute("aria-label", `Another label for ${made.file.name}`);
  button.onclick = () => {
    button.hidden = true;
    const place = part(made.row, "picker");
    const input = Object.assign(document.createElement("input"), { autocomplete: "off", placeholder: "Type a label" });
    input.setAttribute("aria-label", `Label of ${made.file.name}`);
    place.replaceChildren(input);
    place.hidden = false;
    const done = (found) => {
      made.label = found;
      if (!found) return;
      place.hidden = true;
      button.hidden = false;
      refresh();
      button.focus();
    };
    picker(input, labels, done);
    input.addEventListener("keydown", (event) => event.key === "Escape" && (done(made.label ?? label), (made.label = null)));
    input.focus();
  };
}

for (const input of [$("id_file"), $("camera")].filter(Boolean)) {
  input.multiple = input.id === "id_file";
  input.addEventListener("change", () => {
    choose(input.files);
    input.value = "";
  });
}

const drop = $("drop");
if (drop) {
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? drop.classList.remove("over"));
  addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => event.clipboardData?.files.length && choose(event.clipboardData.files));
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
  if (!waiting.length) {
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
  part($("done"), "see").textContent = `See ${label.name}`;
  part($("done"), "see").href = `/labels/${label.slug}/`;
  const items = waiting;
  waiting = [];
  start(items);
  $("sending-title").focus();
}

function start(items) {
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
  const n = waiting.length;
  part($("go"), "n").textContent = n > 1 ? `${n} photos` : n ? "1 photo" : "photos";
  for (const made of waiting) part(made.row, "label").textContent = made.label?.name ?? label?.name ?? "No label yet";
}

async function decide(event) {
  const button = event.target.closest("[data-f=keep], [data-f=drop]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li");
  try {
    paint(row, await post(button.getAttribute("formaction")));
    follow(batch.status, busy, refresh);
  } catch (problem) {
    say(row, problem.message, problem.advice);
  }
  refresh();
}

$("rows").addEventListener("click", decide);
addEventListener("beforeunload", (event) => busy() && event.preventDefault());
if (batch) {
  refresh();
  if (all().some((row) => row.dataset.state === "received")) follow(batch.status, busy, refresh);
} else {
  page.addEventListener("submit", submit);
  labelField();
  ready();
}
