// Two minutes before the login ends a dialog says so. While nothing was done for a while it offers to stay, and typing
// and ticking keep the login by themselves; at the longest a login lasts nothing keeps it, and the dialog says that.
// Without scripts the page works as ever: a late form leads to the login and back.
const WARN_MS = 120 * 1000;
const PING_MS = 5 * 60 * 1000;
const dialog = document.querySelector("dialog[data-session-idle]");

const watchOver = (idle, left) => {
  const last = Date.now() + left;
  let ends = Math.min(Date.now() + idle, last);
  let asked = Date.now();
  let timer = 0;
  let lastIsRead = false;

  const show = (part) => {
    for (const box of dialog.querySelectorAll("[data-part]")) box.hidden = box.dataset.part !== part;
    dialog.setAttribute("aria-labelledby", `session-${part}`);
    if (!dialog.open) dialog.showModal();
  };

  const watch = () => {
    const still = ends - Date.now();
    if (still <= 0) show("over");
    else if (still <= WARN_MS && !lastIsRead) show(ends === last ? "last" : "soon");
    window.clearTimeout(timer);
    if (still > 0) timer = window.setTimeout(watch, still > WARN_MS ? still - WARN_MS : still);
  };

  const stay = async () => {
    asked = Date.now();
    const token = dialog.querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const response = await fetch(dialog.dataset.sessionUrl, { method: "POST", headers: { "X-CSRFToken": token } });
      ends = response.ok ? Math.min(Date.now() + idle, last) : Date.now();
      if (response.ok && dialog.open) dialog.close();
    } catch {
      // offline: the clock runs on, and the button may be pressed again
    }
    watch();
  };

  const finish = () => {
    lastIsRead = true;
    dialog.close();
  };

  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  dialog.querySelector("[data-finish]").addEventListener("click", finish);
  dialog.addEventListener("cancel", () => (ends === last ? finish() : stay())); // the Escape key
  document.addEventListener("visibilitychange", watch); // timers sleep where nobody looks
  document.addEventListener("input", () => {
    if (Date.now() - asked > PING_MS && Date.now() < ends) stay();
  });
  watch();
};

if (dialog) watchOver(Number(dialog.dataset.sessionIdle) * 1000, Number(dialog.dataset.sessionLeft) * 1000);
