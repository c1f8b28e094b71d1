// Passkeys: the browser's dialog makes one or uses one; the server's words go in and out as JSON.
// Forms without a passkey stay hidden: there is always another way to log in.
const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const text = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const asked = ({ publicKey }) => {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (publicKey.user) options.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (publicKey[list]) options[list] = publicKey[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return { publicKey: options };
};

const told = (credential) => {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
};

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
