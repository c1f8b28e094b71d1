// Passkeys: the browser's dialog makes one or uses one; the server's words go in and out as JSON.
// Forms of passkeys are hidden where there can be none: there is always another way to log in. Where the browser can, the field of the
// address offers passkeys too (autofill); the button ends that, since one request runs at a time.
import { asked, told } from "./passkey_json.js";

const options = async (form) => {
  if (form.dataset.passkeyOptions) {
    return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent);
  }
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no challenge");
  return (await response.json()).request_options;
};

const send = (form, credential) => {
  form.elements.credential.value = told(credential);
  form.submit();
};

let autofill;

const start = async (form) => {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  autofill?.abort();
  try {
    const wanted = asked(await options(form));
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create(wanted)
        : await navigator.credentials.get(wanted);
    send(form, credential);
  } catch {
    failed.hidden = false;
  }
};

const offer = async (form) => {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  autofill = new AbortController();
  const { signal } = autofill;
  try {
    const wanted = { ...asked(await options(form)), mediation: "conditional", signal };
    signal.throwIfAborted();
    send(form, await navigator.credentials.get(wanted));
  } catch {
    // ended by the button, or the person chose none: the page goes on as it is
  }
};

// an address of numbers cannot have passkeys
const isPossible = "PublicKeyCredential" in window && !/^[\d.]+$|:/.test(window.location.hostname);
for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !isPossible;
  form.querySelector("[data-passkey-start]").addEventListener("click", () => start(form));
  form.addEventListener("submit", (event) => event.preventDefault());
  if (isPossible && form.dataset.passkey === "login") offer(form);
}
for (const words of document.querySelectorAll("[data-passkey-missing]")) words.hidden = isPossible;
