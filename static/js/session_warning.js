// Two minutes before the login ends a dialog offers to stay; typing and ticking keep it by themselves.
// Without scripts the page works as ever: a late form leads to the login and back.
const WARN_MS = 120 * 1000;
const PING_MS = 5 * 60 * 1000;
const dialog = document.querySelector("dialog[data-session-seconds]");

const watchOver = (life) => {
  let ends = Date.now() + life;
  let asked = Date.now();
  let timer = 0;

  const show = (part) => {
    for (const box of dialog.querySelectorAll("[data-part]")) box.hidden = box.dataset.part !== part;
    dialog.setAttribute("aria-labelledby", `session-${part}`);
    if (!dialog.open) dialog.showModal();
  };

  const watch = () => {
    const left = ends - Date.now();
    if (left <= 0) show("over");
    else if (left <= WARN_MS) show("soon");
    window.clearTimeout(timer);
    if (left > 0) timer = window.setTimeout(watch, left > WARN_MS ? left - WARN_MS : left);
  };

  const stay = async () => {
    asked = Date.now();
    const token = dialog.querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const response = await fetch(dialog.dataset.sessionUrl, { method: "POST", headers: { "X-CSRFToken": token } });
      ends = response.ok ? Date.now() + life : Date.now();
      if (response.ok && dialog.open) dialog.close();
    } catch {
      // offline: the clock runs on, and the button may be pressed again
    }
    watch();
  };

  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  dialog.addEventListener("cancel", stay); // the Escape key
  document.addEventListener("visibilitychange", watch); // timers sleep where nobody looks
  document.addEventListener("input", () => {
    if (Date.now() - asked > PING_MS && Date.now() < ends) stay();
  });
  watch();
};

if (dialog) watchOver(Number(dialog.dataset.sessionSeconds) * 1000);
