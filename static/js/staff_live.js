// Renews the parts of a staff page that are marked data-live="going" every two seconds, until none is.
// Without it the page reloads itself (noscript), and a reload by hand does the same.

const PAUSE = 2000;

function going() {
  return document.querySelectorAll('[data-live="going"]');
}

async function renew() {
  const parts = going();
  if (parts.length === 0) return;
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html", "X-Background": "1" } });
    if (!answer.ok || answer.redirected) return; // logged out, or gone: what is shown stays
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      const fresh = page.getElementById(part.id);
      if (fresh) part.replaceWith(document.adoptNode(fresh));
    }
    if (going().length === 0) window.location.reload(); // over: everything else on the page is news too
  } catch {
    // the server is away for a moment: try again
  }
  window.setTimeout(renew, PAUSE);
}

window.setTimeout(renew, PAUSE);
