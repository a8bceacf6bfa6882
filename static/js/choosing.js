/** Choosing photos: from the picker, the camera, a drop or a paste; and the row of a photo that waits. */
import { picker } from "./labels.js";
import { chip, fresh, part, say } from "./rows.js";

const $ = (id) => document.getElementById(id);

/** Tell `choose` of every list of files the page gets. */
export function watch(choose) {
  for (const input of [$("id_file"), $("camera")].filter(Boolean)) {
    input.multiple = input.id === "id_file";
    input.addEventListener("change", () => {
      choose(input.files);
      input.value = "";
    });
  }
  const drop = $("drop");
  if (!drop) return;
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

/** A photo that waits, {file, row, label}; null when it can never be taken. `removed` is told when it goes. */
export function waiting(file, mb, removed) {
  const item = { file, row: fresh(file), label: null };
  const remove = part(item.row, "remove");
  remove.hidden = false;
  remove.setAttribute("aria-label", `Remove ${file.name}`);
  remove.onclick = () => {
    item.row.remove();
    removed(item);
  };
  if (file.size > mb * 1024 * 1024) return refuse(item.row, `The file is larger than ${mb} MB.`, "Export it smaller, or as JPEG.");
  if (!file.size) return refuse(item.row, "The file is empty.", "Choose the photo again; it may not have finished saving.");
  return item;
}

function refuse(row, ...words) {
  chip(row, "rejected", "Not taken");
  say(row, ...words);
  return null;
}

/** Offer another label than the batch's. `url`: labels.json. `changed` is told when one is chosen, or let go. */
export function relabel(item, url, changed) {
  const button = part(item.row, "relabel");
  const place = part(item.row, "picker");
  button.hidden = false;
  button.setAttribute("aria-label", `Another label for ${item.file.name}`);
  const close = (label) => {
    item.label = label;
    place.hidden = true;
    button.hidden = false;
    changed();
    button.focus();
  };
  button.onclick = () => {
    button.hidden = true;
    place.hidden = false;
    const input = Object.assign(document.createElement("input"), { autocomplete: "off", placeholder: "Type a label" });
    input.setAttribute("aria-label", `Label of ${item.file.name}`);
    place.replaceChildren(input);
    picker(input, url, (label) => label && close(label));
    // The picker keeps the Escape that closes its list; the next one lets the photo have the batch's label again.
    input.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && close(null));
    input.focus();
  };
}
