// The theme's search fields for related objects replace a select and lose its label: give it back.

window.addEventListener("load", () => {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const shown = select.nextElementSibling;
    const name = select.labels[0]?.textContent.trim() || select.getAttribute("aria-label");
    if (!shown || !name) continue;
    for (const part of shown.querySelectorAll(".select2-selection, .select2-search__field, [role=textbox]")) {
      part.setAttribute("aria-label", name);
    }
  }
});
