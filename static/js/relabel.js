/** What a photo shows instead is found as you type; the form sends its name. */
import { picker } from "./labels.js";

const input = document.getElementById("id_label");
picker(input, input.form.dataset.labels, () => {}, input.value ? { name: input.value } : null);
