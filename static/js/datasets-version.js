/** Follow a version and its archives until nothing moves any more: after 1 s at first, after 5 s at last. */
import { swap } from "./datasets-live.js";
import { get, pause } from "./talk.js";

const page = document.getElementById("version");

/** Paint how far the archives are; false when one of them is in another state than the page shows. */
function paint(archives) {
  for (const archive of archives) {
    const row = page.querySelector(`[data-archive="${archive.id}"]`);
    if (row?.dataset.state !== archive.state) return false;
    row.querySelector("[data-f=chip]").textContent = archive.state === "ready" ? "Ready" : archive.words;
    const step = page.querySelector("[data-f=packing]");
    if (step && archive.state === "packing") step.textContent = archive.words;
    const bar = row.querySelector("progress");
    if (bar) bar.value = archive.percent;
  }
  return true;
}

async function again() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok) swap(await answer.text());
}

for (let wait = 1000, busy = true; busy; wait = Math.min(wait * 1.3, 5000)) {
  await pause(wait);
  const status = await get(page.dataset.status).catch((problem) => problem);
  if (status.passing) continue; // no answer is no news: ask again
  if (!status.archives) break; // logged out, or deleted
  if (status.state !== page.dataset.state) location.reload();
  if (!paint(status.archives)) await again();
  busy = status.busy;
}
