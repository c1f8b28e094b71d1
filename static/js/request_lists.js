// Lists of services on the request page: tick all or none, search, show ticked, at once.
// Without scripts the same buttons and fields do it by a round trip.
const visible = (entry) => !entry.hidden;

for (const list of document.querySelectorAll("[data-services]")) {
  const entries = [...list.querySelectorAll("[data-choice]")];
  const boxes = [...list.querySelectorAll("[data-choice] input")];
  const count = list.querySelector("[data-count]");
  const search = list.querySelector("[data-search]");
  const only = list.querySelector("[data-only]");

  const showCount = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    const words = ticked === 1 ? count.dataset.one : count.dataset.many;
    count.textContent = words.replace("{count}", ticked).replace("{total}", boxes.length);
  };

  const showEntries = () => {
    const sought = search ? search.value.trim().toLowerCase().split(/\s+/) : [];
    for (const entry of entries) {
      const found = sought.every((word) => entry.dataset.choice.includes(word));
      const box = entry.querySelector("input");
      entry.hidden = !found || (only !== null && only.checked && !(box && box.checked));
    }
    for (const account of list.querySelectorAll("[data-account]")) {
      account.hidden = ![...account.querySelectorAll("[data-choice]")].some(visible);
    }
  };

  const tick = (event, ticked) => {
    event.preventDefault();
    for (const entry of entries.filter(visible)) {
      const box = entry.querySelector("input");
      if (box) box.checked = ticked;
    }
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };

  list.querySelector("[data-all]")?.addEventListener("click", (event) => tick(event, true));
  list.querySelector("[data-none]")?.addEventListener("click", (event) => tick(event, false));
  search?.addEventListener("input", showEntries);
  only?.addEventListener("change", showEntries);
  list.addEventListener("change", showCount);
}
