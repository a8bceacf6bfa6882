/** Follow a training until it ends: paint how far the phase is, and draw anew when an epoch or a phase has ended. */
import { swap } from "./datasets-live.js";
import { get, pause } from "./talk.js";

const page = document.getElementById("training");

function paint(status) {
  for (const left of page.querySelectorAll("[data-f=left]")) left.textContent = status.left;
  const done = page.querySelector("[data-f=done]");
  if (done) done.textContent = status.done.toLocaleString("en");
  const bar = page.querySelector("progress");
  if (bar) bar.value = status.done;
}

async function again(status) {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  swap(await answer.text());
  page.dataset.mark = status.mark;
}

for (let wait = 1000, busy = true; busy; wait = Math.min(wait * 1.3, 4000)) {
  await pause(wait);
  const status = await get(page.dataset.status).catch((problem) => problem);
  if (status.passing) continue; // no answer is no news: ask again
  if (!status.state) break; // logged out, or gone
  paint(status);
  if (status.mark !== page.dataset.mark) await again(status);
  busy = status.busy;
}
