/** The list of photos: one row each, painted from a file, from its way to the hub, and from its submission. */

const list = document.getElementById("rows");
const blank = document.getElementById("row");
const WORDS = { waiting: "Waiting", hashing: "Looking", unsent: "Not sent" };
export const OVER = ["accepted", "duplicate", "rejected", "review", "failed", "withdrawn"];

export const part = (row, name) => row.querySelector(`[data-f=${name}]`);
export const all = () => [...list.children];
export const byId = (id) => all().find((row) => row.dataset.id === String(id));

/** A row for a file just chosen, with its picture at once. */
export function fresh(file) {
  const row = blank.content.cloneNode(true).firstElementChild;
  row.dataset.id = "";
  part(row, "name").textContent = file.name;
  const thumb = part(row, "thumb");
  thumb.onerror = () => (thumb.hidden = true); // HEIC, or no picture at all: the neutral tile stays
  thumb.onload = () => URL.revokeObjectURL(thumb.src);
  thumb.src = URL.createObjectURL(file);
  thumb.hidden = false;
  list.append(row);
  return row;
}

/** Show a state in word and shape. */
export function chip(row, state, word = WORDS[state]) {
  row.dataset.state = state;
  const shown = row.querySelector(".chip");
  shown.dataset.state = state;
  shown.querySelector("use").setAttribute("href", `#m-${state}`);
  part(row, "chip").textContent = word;
}

export function say(row, ...sentences) {
  part(row, "words").textContent = sentences.filter(Boolean).join(" ");
}

/** Show what became of it. */
export function paint(row, submission) {
  row.dataset.id = submission.id;
  chip(row, submission.state, submission.state_label);
  say(row, ...(submission.state === "accepted" ? [] : [submission.words, submission.advice]));
  part(row, "label").textContent = submission.label.name;
  for (const name of ["relabel", "remove", "retry", "picker"]) part(row, name).hidden = true;
  const wrong = part(row, "wrong");
  wrong.hidden = submission.state !== "accepted" || !submission.image;
  if (!wrong.hidden) wrong.href = `${submission.image.url}relabel/?next=batch`;
  const twin = part(row, "twin");
  twin.hidden = !submission.twin;
  if (submission.twin) {
    twin.href = submission.twin.url;
    twin.firstElementChild.src = submission.twin.thumbnail;
  }
  for (const name of ["keep", "drop"]) {
    part(row, name).hidden = !submission[name];
    if (submission[name]) part(row, name).setAttribute("formaction", submission[name]);
  }
  suggest(row, submission.suggestion);
  const thumb = part(row, "thumb");
  const known = submission.image ?? (submission.state === "duplicate" && submission.twin);
  if (thumb.hidden && known) {
    thumb.onerror = null;
    thumb.src = known.thumbnail;
    thumb.hidden = false;
  }
}

/** Offer the label that similar pictures carry, if they agree on another. */
export function suggest(row, suggestion) {
  const button = part(row, "suggest");
  button.hidden = !suggestion;
  if (!suggestion) return;
  button.value = suggestion.slug;
  button.setAttribute("formaction", suggestion.url);
  button.textContent = `Looks like ${suggestion.name}? Change the label`;
}

/** Keep the keyboard at a row whose button has gone. */
export function hold(row) {
  row.tabIndex = -1;
  row.focus();
}

/** How many rows are in each state. */
export function tally() {
  const counts = {};
  for (const row of all()) counts[row.dataset.state] = (counts[row.dataset.state] ?? 0) + 1;
  return counts;
}
