// The request page's summary follows each change; the server words it, as it does without scripts.
const form = document.getElementById("request");
const summary = document.getElementById("summary");
const QUIET_MS = 250;
let timer = 0;
let latest = 0;

// only what differs is replaced, so that a screen reader says no more than that
const patch = (old, fresh) => {
  if (old.isEqualNode(fresh)) return;
  const wordless = (node) => [...node.childNodes].every((child) => child.nodeType !== 3 || !child.data.trim());
  const alike = old.tagName === fresh.tagName && old.children.length === fresh.children.length;
  if (alike && old.children.length > 0 && wordless(old) && wordless(fresh)) {
    const parts = [...fresh.children];
    [...old.children].forEach((child, place) => patch(child, parts[place]));
  } else {
    old.replaceWith(fresh);
  }
};

const answersOf = () => {
  const answers = new FormData(form);
  for (const [name, value] of [...answers]) if (value instanceof File) answers.delete(name);
  answers.set("action", "update");
  return answers;
};

const refresh = async () => {
  latest += 1;
  const mine = latest;
  summary.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(window.location.href, {
      method: "POST",
      body: answersOf(),
      headers: { "X-Part": "summary" },
    });
    if (mine === latest && response.ok && !response.redirected) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      patch(summary.firstElementChild, page.body.firstElementChild);
    }
  } catch {
    // the old words stay; the button "Update summary" asks again
  }
  if (mine === latest) summary.removeAttribute("aria-busy");
};

const follow = (event) => {
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, QUIET_MS);
  if (event.target.matches('[name^="share-"]')) {
    event.target.closest(".kind").classList.toggle("kind--left-out", !event.target.checked);
  }
};

// the language is chosen in another form: what is ticked goes along, and comes back in that language
const keepChoices = (event) => {
  event.preventDefault();
  for (const [name, value] of new FormData(event.target, event.submitter)) {
    if (name === "csrfmiddlewaretoken") continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  form.submit();
};

if (form && summary) {
  form.addEventListener("change", follow);
  document.querySelector("header form:has([name=language])")?.addEventListener("submit", keepChoices);
}
