/** Ask what became of the files of a batch until every one has an answer and what is like it is known: after 1 s at
    first, after 5 s at last. */
import { byId, paint, suggest, tally } from "./rows.js";
import { get, pause } from "./talk.js";

let following = false;
let wait = 1000;

/** Start, or hurry up. `busy()` says whether files are still being sent; `changed()` hears of every answer. */
export async function follow(url, busy, changed) {
  wait = 1000;
  if (following) return;
  following = true;
  for (let done = false; !done; ) {
    await pause(wait);
    wait = Math.min(wait * 1.3, 5000);
    const status = await get(url).catch((problem) => problem);
    if (status.passing) continue; // no answer is no news: ask again
    if (status.status) break; // logged out, or not ours
    for (const submission of status.submissions) {
      const row = byId(submission.id);
      if (row && row.dataset.state !== submission.state) paint(row, submission);
      else if (row) suggest(row, submission.suggestion);
    }
    // A file may have arrived after this answer was written.
    done = status.done && !status.comparing && !busy() && !tally().received;
    changed();
  }
  following = false;
}
