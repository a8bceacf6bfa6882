/** The queues of moderators: number keys decide, J and K move, and what is decided goes without a new page. */
const items = () => [...document.querySelectorAll("[data-item]")];
const outcome = document.querySelector("[data-outcome]");
const current = () => document.activeElement?.closest("[data-item]");

for (const item of items())
  item.querySelectorAll("kbd").forEach((key, n) => (n < 9 ? (key.textContent = n + 1) : key.remove()));

const go = (item) => {
  item?.focus({ preventScroll: true });
  item?.scrollIntoView({ block: "nearest" });
};

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const all = items();
  const at = all.indexOf(current());
  if (event.key === "j" || event.key === "k") go(all[Math.min(all.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]);
  else if (/^[1-9]$/.test(event.key)) {
    const item = current() ?? all[0];
    const key = [...(item?.querySelectorAll("kbd") ?? [])].find((one) => one.textContent === event.key);
    key?.closest("button").click();
  } else return;
  event.preventDefault();
});

addEventListener("submit", async (event) => {
  const item = event.target.closest("[data-item]");
  if (!item || item.hasAttribute("aria-busy")) return item && event.preventDefault();
  event.preventDefault();
  const said = item.querySelector("[data-said]");
  const button = event.submitter;
  const kept = document.activeElement && item.contains(document.activeElement);
  item.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(button?.hasAttribute("formaction") ? button.formAction : event.target.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new FormData(event.target, button),
    });
    const body = await answer.json();
    if (!answer.ok && answer.status !== 409) throw new Error(`${body.title} ${body.detail}`);
    outcome.textContent = answer.ok ? body.said ?? "Done." : `${body.title} ${body.detail}`;
    const all = items();
    const next = all[all.indexOf(item) + 1] ?? all[all.indexOf(item) - 1];
    item.remove();
    if (!next) location.reload();
    else if (kept) go(next);
  } catch (error) {
    item.removeAttribute("aria-busy");
    said.hidden = false;
    said.textContent = error instanceof TypeError ? "The hub did not answer. Try again." : error.message;
  }
});

/** A reason is asked for once something is marked. */
const why = document.querySelector("[data-why]");
why?.form.addEventListener("change", () => (why.required = why.form.querySelector("[name=bad]:checked") !== null));
