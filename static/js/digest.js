/** SHA-256 of a file in hex, or "" where the browser cannot (no secure context, no memory): the server computes it then. */
export async function digest(file) {
  if (!globalThis.crypto?.subtle) return "";
  try {
    const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return "";
  }
}
