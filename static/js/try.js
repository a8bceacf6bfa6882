/** Try a model: every photo is asked about by itself, so that one that is refused keeps no other waiting. */
import { watch } from "./choosing.js";
import { fresh, part, say } from "./rows.js";
import { Problem, sendForm } from "./talk.js";
import { several } from "./upload.js";

const form = document.getElementById("trying");
const heard = document.getElementById("heard");
const rows = document.getElementById("rows");
const blank = document.getElementById("likely");
const MOST = 16;

function choose(files) {
  const chosen = [...files].slice(0, MOST);
  const left = files.length - chosen.length;
  document.getElementById("trouble").textContent = left ? `${MOST} photos at a time: the first ${MOST} are asked about.` : "";
  const items = chosen.map((file) => ({ file, row: fresh(file) }));
  rows.prepend(...items.map(({ row }) => row));
  return several(items, ask, 2);
}

async function ask({ file, row }) {
  say(row, "Looking …");
  const body = new FormData();
  body.append("file", file, file.name.slice(-200)); // a longer name would not fit a part's header
  try {
    const { pictures, seconds } = await sendForm(form.action, body, () => {});
    show(row, pictures[0], seconds);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(row, problem.message, problem.advice);
  }
  heard.textContent = `${file.name}: ${row.querySelector("[data-f=label]")?.textContent ?? part(row, "words").textContent}`;
}

function show(row, said, seconds) {
  if (said.code) return say(row, said.words, said.advice);
  say(row, `${seconds.toFixed(2)} s`);
  part(row, "likely").tBodies[0].replaceChildren(...said.answers.map(bar));
  part(row, "likely").hidden = false;
}

function bar({ label, probability }) {
  const row = blank.content.cloneNode(true).firstElementChild;
  part(row, "label").textContent = label;
  const close = (probability > 0 && probability < 0.01) || (probability > 0.99 && probability < 1);
  part(row, "percent").textContent = `${(100 * probability).toFixed(close ? 1 : 0)} %`;
  row.querySelector("rect:last-child").setAttribute("width", `${100 * probability}%`);
  return row;
}

watch(choose);
