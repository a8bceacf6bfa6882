/** Answers on their way: in order, again and again until they arrive, kept while the page is closed. */
import { pause, post } from "./talk.js";

const MOST = 20;

/** `told(entry, result)` hears what became of an answer, `changed(n)` how many have not arrived, `failed(problem)` the end. */
export function outbox({ answers, undo, account }, told, changed, failed) {
  const shelf = `review:${account}`;
  let waiting = restored(shelf);
  let sending = false;

  function keep() {
    const unsent = waiting.filter((entry) => !entry.undone).map(said);
    try {
      unsent.length ? localStorage.setItem(shelf, JSON.stringify(unsent)) : localStorage.removeItem(shelf);
    } catch { /* full or forbidden: the page still holds them */ }
    changed(unsent.length);
  }

  async function pump() {
    if (sending) return;
    sending = true;
    for (let wait = 1000; waiting.length; ) {
      try {
        await (waiting[0].undone ? sendUndo() : sendAnswers());
        wait = 1000;
      } catch (problem) {
        if (problem.passing) {
          await pause(wait);
          wait = Math.min(2 * wait, 15000);
        } else {
          failed(problem);
          // Logged out meanwhile: they are as good as before, and wait for the next visit.
          if (problem.status === 401 || problem.code === "csrf") break;
          waiting = [];
        }
      }
      keep();
    }
    sending = false;
  }

  async function sendAnswers() {
    const end = waiting.findIndex((entry) => entry.undone);
    const batch = waiting.slice(0, Math.min(end < 0 ? MOST : end, MOST));
    for (const entry of batch) entry.flying = true;
    try {
      const { results } = await post(answers, packed(batch));
      waiting = waiting.filter((entry) => !batch.includes(entry));
      batch.forEach((entry, n) => told(entry, (entry.result = results[n])));
    } finally {
      for (const entry of batch) entry.flying = false;
    }
  }

  async function sendUndo() {
    const { undone } = waiting[0];
    if (undone.result?.kept) await post(undo).catch((problem) => problem.status === 409 || Promise.reject(problem));
    waiting = waiting.slice(1);
  }

  function leave() {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const unsent = waiting.filter((entry) => !entry.undone);
    const form = packed(unsent);
    form.append("csrfmiddlewaretoken", token);
    for (const { undone } of waiting) if (undone?.result?.kept) navigator.sendBeacon(undo, form);
    // Nobody tells whether this arrives, so the shelf keeps it for the next visit: what came twice counts once.
    if (unsent.length) navigator.sendBeacon(answers, form);
  }

  addEventListener("pagehide", leave);
  keep();
  if (waiting.length) pump();

  return {
    put(entry) {
      waiting.push(entry);
      keep();
      pump();
    },
    /** Take an answer back: forgotten if it has not left, else undone after it arrived. */
    retract(entry) {
      if (waiting.includes(entry) && !entry.flying) waiting = waiting.filter((other) => other !== entry);
      else waiting.push({ undone: entry });
      keep();
      pump();
    },
    tokens: () => waiting.filter((entry) => !entry.undone).map(({ token }) => token),
  };
}

const said = ({ token, pick, shows = "" }) => ({ token, pick, shows });

function packed(batch) {
  const form = new FormData();
  form.append("answers", JSON.stringify(batch.map(said)));
  return form;
}

function restored(shelf) {
  try {
    return JSON.parse(localStorage.getItem(shelf)) ?? [];
  } catch {
    return [];
  }
}
