/** From chosen files to answers: hash, ask what is here already, send the rest, follow what becomes of them. */
import { digest } from "./digest.js";
import { follow } from "./follow.js";
import { byId, chip, hold, paint, part, say } from "./rows.js";
import { Problem, patiently, post } from "./talk.js";
import { several, upload } from "./upload.js";

let sending = 0;
export const busy = () => sending > 0;

/** Send items {file, row, label} into a batch (its addresses). `changed` is told after every step. */
export async function deliver(batch, items, changed) {
  sending += items.length;
  changed();
  const missing = await whatIsMissing(batch, items, changed);
  follow(batch.status, busy, changed);
  await several(missing, (item) => one(batch, item, changed));
}

function settled(changed) {
  sending -= 1;
  changed();
}

async function whatIsMissing(batch, items, changed) {
  await several(items, async (item) => {
    chip(item.row, "hashing");
    item.sha256 = await digest(item.file);
    chip(item.row, "waiting");
  }, 2);
  const asked = items.map(({ file, sha256, label }) => ({ sha256, filename: file.name, label: label?.slug ?? null }));
  const found = await patiently(() => post(batch.precheck, { files: asked })).catch(() => ({ answers: [] }));
  return items.filter((item, n) => {
    const submission = found.answers[n];
    if (!submission) return true;
    arrived(item, submission);
    settled(changed);
    return false;
  });
}

/** A file's answer came. The same file chosen twice gets one row. */
function arrived(item, submission) {
  const earlier = byId(submission.id);
  if (earlier && earlier !== item.row) item.row.remove();
  paint(earlier ?? item.row, submission);
}

async function one(batch, item, changed) {
  const { row } = item;
  chip(row, "sending", "0 %");
  say(row);
  part(row, "retry").hidden = true;
  try {
    const progress = (share) => row.dataset.state === "sending" && chip(row, "sending", `${Math.round(share * 100)} %`);
    arrived(item, await upload(batch, item, progress));
    follow(batch.status, busy, changed);
  } catch (problem) {
    lost(batch, item, problem, changed);
  }
  settled(changed);
}

function lost(batch, item, problem, changed) {
  if (!(problem instanceof Problem)) throw problem;
  const { row } = item;
  // Logged out meanwhile: the file is as good as before.
  const final = !problem.passing && ![401, 403].includes(problem.status);
  chip(row, final ? "rejected" : "unsent", final ? "Not taken" : undefined);
  say(row, problem.message, problem.advice);
  const again = part(row, "retry");
  again.hidden = final;
  again.onclick = () => {
    sending += 1;
    changed();
    hold(row);
    one(batch, item, changed);
  };
}
