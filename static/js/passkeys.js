// Passkeys: the browser's dialog makes one or uses one; the server's words go in and out as JSON.
// Forms without a passkey stay hidden: there is always another way to log in.
import { asked, told } from "./passkey_json.js";

const options = async (form) => {
  if (form.dataset.passkeyOptions) {
    return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent);
  }
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no challenge");
  return (await response.json()).request_options;
};

const start = async (form) => {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const wanted = asked(await options(form));
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create(wanted)
        : await navigator.credentials.get(wanted);
    form.elements.credential.value = told(credential);
    form.submit();
  } catch {
    failed.hidden = false;
  }
};

// an address of numbers cannot have passkeys
const isPossible = "PublicKeyCredential" in window && !/^[\d.]+$|:/.test(window.location.hostname);
for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !isPossible;
  form.querySelector("[data-passkey-start]").addEventListener("click", () => start(form));
  form.addEventListener("submit", (event) => event.preventDefault());
}
for (const words of document.querySelectorAll("[data-passkey-missing]")) words.hidden = isPossible;
