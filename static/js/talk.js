/** Requests to the hub: JSON in, JSON out, problems as exceptions, another try for what the network lost. */

const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** An answer that is not a success. `status` 0: no answer came. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.title ?? (status ? `The hub answered ${status}.` : "The network dropped out."));
    this.status = status;
    this.code = body.code ?? "";
    this.advice = body.detail ?? (status ? "Try again in a moment." : "Try again when you are back online.");
  }
  get passing() {
    return [0, 408, 429, 500, 502, 503, 504].includes(this.status) || this.code === "changed_on_the_way";
  }
}

async function answer(promise) {
  const response = await promise.catch(() => null);
  if (!response) throw new Problem(0);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

export const get = (url) => answer(fetch(url, { headers: { Accept: "application/json" } }));

export function post(url, body) {
  const plain = !(body instanceof FormData || body instanceof URLSearchParams);
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (plain) headers["Content-Type"] = "application/json";
  return answer(fetch(url, { method: "POST", headers, body: plain ? JSON.stringify(body ?? {}) : body }));
}

/** Send a body and tell `progress` the share that has left, 0 to 1. */
export function send(method, url, body, headers, progress) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = request.ontimeout = request.onabort = () => fail(new Problem(0));
    request.onload = () => {
      let found = {};
      try {
        found = JSON.parse(request.responseText || "{}");
      } catch { /* a bucket answers XML, a proxy HTML */ }
      request.status < 300 ? done(found) : fail(new Problem(request.status, found));
    };
    request.send(body);
  });
}

export const sendForm = (url, form, progress) =>
  send("POST", url, form, { Accept: "application/json", "X-CSRFToken": token() }, progress);

/** Do it again after 1 and 3 seconds, if what went wrong may pass by itself. */
export async function patiently(act, waits = [1000, 3000]) {
  for (const wait of waits) {
    try {
      return await act();
    } catch (problem) {
      if (!problem.passing) throw problem;
      await pause(wait);
    }
  }
  return act();
}
