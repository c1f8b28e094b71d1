// The theme's search fields for related objects replace a select and lose its label: give it back.

function nameOf(select) {
  const label = select.labels[0] ?? document.querySelector(`label[for="${select.id}"]`);
  return label?.textContent.trim() || select.getAttribute("aria-label") || select.name;
}

function nameFields() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const shown = select.parentElement.querySelector(".select2-container");
    for (const part of shown?.querySelectorAll(".select2-selection, .select2-search__field, [role=textbox]") ?? []) {
      part.setAttribute("aria-label", nameOf(select));
    }
  }
}

window.addEventListener("load", () => window.setTimeout(nameFields));
