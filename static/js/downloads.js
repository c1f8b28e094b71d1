// While a file is being made, the list is fetched again every few seconds. Without scripts a link does it.
const PAUSE = 4000;

const refresh = async () => {
  const list = document.querySelector("[data-downloads]");
  if (!list || !list.querySelector("[data-pending]")) return;
  const answer = await fetch(window.location.pathname, { headers: { Accept: "text/html", "X-Background": "1" } }).catch(() => null);
  if (answer && answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-downloads]");
    if (fresh && !list.contains(document.activeElement)) list.replaceWith(fresh);
  }
  window.setTimeout(refresh, PAUSE);
};

window.setTimeout(refresh, PAUSE);
