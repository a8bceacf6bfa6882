/** A field that finds labels as you type: the ARIA combobox pattern, with "propose it" as its last option. */
import { get, pause } from "./talk.js";

let pickers = 0;

/**
 * Turn a text input into a picker. `url`: labels.json. `choose` is told the label ({slug, name}), or null while
 * the text names none. Answers with {set(label), value}.
 */
export function picker(input, url, choose, label = null) {
  const id = `picker-${++pickers}`;
  const box = document.createElement("div");
  box.className = "picker";
  input.before(box);
  const list = Object.assign(document.createElement("ul"), { id, role: "listbox", hidden: true });
  list.setAttribute("aria-label", "Labels");
  const told = Object.assign(document.createElement("span"), { className: "unseen", role: "status" });
  box.append(input, list, told);
  input.removeAttribute("list");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", id], ["aria-expanded", "false"]])
    input.setAttribute(name, value);

  let hits = [], proposal = "", at = -1, turn = 0, chosen = null;

  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const set = (found) => {
    chosen = found;
    if (found) input.value = found.name;
    close();
    choose(found);
  };
  const take = (index) => {
    if (index < hits.length) set(hits[index]);
    else {
      window.open(`${proposal}?name=${encodeURIComponent(input.value.trim())}`, "_blank", "noopener");
      close();
    }
  };
  const mark = (index) => {
    at = index;
    [...list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
    input.setAttribute("aria-activedescendant", `${id}-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  const option = (index, title, detail) => {
    const item = Object.assign(document.createElement("li"), { id: `${id}-${index}`, role: "option" });
    item.setAttribute("aria-selected", "false");
    item.append(Object.assign(document.createElement("span"), { textContent: title }));
    item.append(Object.assign(document.createElement("small"), { textContent: detail }));
    item.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus where it is
    item.addEventListener("click", () => take(index));
    return item;
  };
  const show = () => {
    const text = input.value.trim();
    list.replaceChildren(...hits.map((hit, n) => option(n, hit.name, hit.path.includes(" › ") ? hit.path : "")));
    if (text && proposal) list.append(option(hits.length, `Propose “${text}”`, "A moderator adds it; opens beside this page"));
    told.textContent = `${hits.length} label${hits.length === 1 ? "" : "s"}`;
    list.hidden = !list.children.length;
    at = -1;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  };
  const search = async () => {
    const mine = ++turn;
    await pause(120);
    if (mine !== turn) return;
    const found = await get(`${url}?q=${encodeURIComponent(input.value.trim())}`).catch(() => null);
    if (mine !== turn || document.activeElement !== input) return;
    hits = found?.labels ?? [];
    proposal = found?.propose_url ?? "";
    show();
  };

  input.addEventListener("input", () => {
    if (chosen) choose((chosen = null));
    search();
  });
  input.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) search();
      else mark(event.key === "ArrowDown" ? (at < last ? at + 1 : 0) : at > 0 ? at - 1 : last);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (at >= 0 || hits.length) take(Math.max(at, 0));
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener("blur", () => {
    turn++;
    const same = hits.find((hit) => hit.name.toLowerCase() === input.value.trim().toLowerCase());
    if (!chosen && same) set(same);
    close();
  });
  if (label) set(label);
  return { set, get value() { return chosen; } };
}
