// Lists of services on the request page: tick all or none, search, show ticked, at once.
// Without scripts the same buttons and fields do it by a round trip.
const visible = (entry) => !entry.hidden;
const boxOf = (entry) => entry.querySelector("input");

for (const list of document.querySelectorAll("[data-services]")) {
  const entries = [...list.querySelectorAll("[data-choice]")];
  const boxes = entries.map(boxOf).filter((box) => box !== null);
  const sections = [...list.querySelectorAll("[data-section]")];
  const count = list.querySelector("[data-count]");
  const search = list.querySelector("[data-search]");
  const only = list.querySelector("[data-only]");

  const showCount = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    const words = ticked === 1 ? count.dataset.one : count.dataset.many;
    count.textContent = words.replace("{count}", ticked).replace("{total}", boxes.length);
  };

  const showEntries = () => {
    const sought = search.value.trim().toLowerCase().split(/\s+/);
    for (const entry of entries) {
      const found = sought.every((word) => entry.dataset.choice.includes(word));
      entry.hidden = !found || (only.checked && !boxOf(entry)?.checked);
    }
    for (const section of sections) {
      section.hidden = ![...section.querySelectorAll("[data-choice]")].some(visible);
    }
  };

  const tick = (event) => {
    const button = event.target.closest("[data-all], [data-none]");
    if (!button) return;
    event.preventDefault();
    const area = button.closest("[data-section]") ?? list;
    for (const entry of [...area.querySelectorAll("[data-choice]")].filter(visible)) {
      const box = boxOf(entry);
      if (box) box.checked = button.matches("[data-all]");
    }
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };

  list.addEventListener("click", tick);
  list.addEventListener("change", showCount);
  search?.addEventListener("input", showEntries);
  only?.addEventListener("change", showEntries);
  if (search) showEntries(); // somebody may have typed before this script was here
}
