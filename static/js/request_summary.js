// The request page's summary follows each change; the server words it, as it does without scripts.
const form = document.getElementById("request");
const summary = document.getElementById("summary");
const QUIET_MS = 250;
let timer = 0;
let latest = 0;

const refresh = async () => {
  latest += 1;
  const mine = latest;
  const answers = new FormData(form);
  answers.set("action", "update");
  summary.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(window.location.href, {
      method: "POST",
      body: answers,
      headers: { "X-Part": "summary" },
    });
    if (mine === latest && response.ok && !response.redirected) summary.innerHTML = await response.text();
  } catch {
    // the old words stay; the button "Update summary" asks again
  }
  if (mine === latest) summary.removeAttribute("aria-busy");
};

const later = () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, QUIET_MS);
};

const markLeftOut = (event) => {
  if (event.target.matches('[name^="share-"]')) {
    event.target.closest(".request-card").classList.toggle("request-card--left-out", !event.target.checked);
  }
};

if (form && summary) {
  form.addEventListener("change", later);
  form.addEventListener("change", markLeftOut);
}
