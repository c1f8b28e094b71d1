// A chooser that submits its form by itself; the button that does it without scripts is needless then.
for (const chooser of document.querySelectorAll("[data-submits]")) {
  for (const button of chooser.form.querySelectorAll("[data-needless]")) button.hidden = true;
  chooser.addEventListener("change", () => chooser.form.requestSubmit());
}
