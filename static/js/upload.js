/** Send one file of a batch, straight to the hub or through a slot in the bucket; and several at a time. */
import { Problem, patiently, post, send, sendForm } from "./talk.js";

/** The submission the hub answers with. `batch`: its addresses. `item`: {file, sha256, label}. */
export function upload(batch, item, progress) {
  return patiently(() => (batch.slots ? throughSlot(batch, item, progress) : direct(batch, item, progress)));
}

function direct(batch, item, progress) {
  const form = new FormData();
  form.append("file", item.file, item.file.name.slice(-200)); // a longer name would not fit a part's header
  form.append("sha256", item.sha256);
  form.append("label", item.label?.slug ?? "");
  return sendForm(batch.files, form, progress);
}

async function throughSlot(batch, item, progress) {
  const { file, sha256 } = item;
  const slot = await post(batch.slots, { filename: file.name, size: file.size, sha256, label: item.label?.slug ?? "" });
  if (!slot.put) return slot.submission;
  try {
    await send("PUT", slot.put.url, file, slot.put.headers, progress);
  } catch (problem) {
    // A bucket that refuses is no fault of the file: ask for a new link.
    throw new Problem(problem.status === 403 ? 503 : problem.status);
  }
  return post(slot.arrived);
}

/** Do `act` for every item, `width` at a time. Never rejects: `act` answers for its own failures. */
export async function several(items, act, width = 3) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length) await act(queue.shift());
  };
  await Promise.all(Array.from({ length: Math.min(width, queue.length) }, worker));
}
