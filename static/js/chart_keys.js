// A chart whose points are the rows of a table: arrow keys, Home, End and taps read one after the other.
// Enter and a tap open what the row opens. Without scripts the table says the same, and bars are links.
const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

for (const chart of document.querySelectorAll("[data-chart]")) {
  const rows = [...document.querySelectorAll(`#${CSS.escape(chart.dataset.chart)} tbody tr`)];
  const plot = chart.querySelector("[data-plot]");
  const cursor = chart.querySelector("[data-cursor]");
  const point = chart.querySelector("[data-point]");
  if (rows.length === 0) continue;
  const columns = (chart.dataset.columns || "").split(" ").filter(Boolean).map(Number);
  const slot = 640 / rows.length;
  let place = -1;

  const said = (row) => {
    const cells = [...row.querySelectorAll("td")].filter((_, at) => !columns.length || columns.includes(at + 1));
    const parts = cells.filter(words).map((cell) => `${cell.dataset.label}: ${words(cell)}`);
    return `${words(row.querySelector("th"))}. ${parts.join(". ")}`;
  };

  const show = (wanted) => {
    place = Math.max(0, Math.min(rows.length - 1, wanted));
    cursor.setAttribute("x", place * slot);
    cursor.setAttribute("width", slot);
    point.textContent = said(rows[place]);
    plot.setAttribute("aria-valuenow", place + 1);
    plot.setAttribute("aria-valuetext", point.textContent);
  };

  const moves = {
    ArrowRight: () => place + 1, ArrowUp: () => place + 1, ArrowLeft: () => place - 1, ArrowDown: () => place - 1,
    Home: () => 0, End: () => rows.length - 1,
  };

  const open = () => {
    const link = rows[place]?.querySelector("th a");
    if (link) link.click();
  };

  plot.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open();
    if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(moves[event.key]());
  });

  plot.addEventListener("click", (event) => {
    const svg = plot.querySelector("svg");
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width + svg.viewBox.baseVal.x;
    show(Math.floor(x / slot));
    open();
  });
  for (const link of plot.querySelectorAll("[data-part]")) link.removeAttribute("href"); // a slider holds no links

  const facts = { role: "slider", tabindex: 0, "aria-label": plot.dataset.label, "aria-valuemin": 1, "aria-valuemax": rows.length, "aria-valuenow": 1, "aria-valuetext": point.dataset.hint };
  for (const [name, value] of Object.entries(facts)) plot.setAttribute(name, value);
  point.textContent = point.dataset.hint;
  point.hidden = false;
}
