// A chart is a slider whose points are the rows of a table, or cells of days and hours that stand in data-cells (see
// datahub/usage/pages/hours.py): arrow keys, Home, End and taps read one after the other, Enter and a tap open what a
// row opens. Without scripts the table says the same, and bars are links.
const WIDTH = 640;
const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

function rowsOf(chart) {
  const rows = [...document.querySelectorAll(`#${CSS.escape(chart.dataset.chart)} tbody tr`)];
  const columns = (chart.dataset.columns || "").split(" ").filter(Boolean).map(Number);
  const said = (row) => {
    const cells = [...row.querySelectorAll("td")].filter((_, at) => !columns.length || columns.includes(at + 1));
    const parts = cells.filter(words).map((cell) => `${cell.dataset.label}: ${words(cell)}`);
    return `${words(row.querySelector("th"))}. ${parts.join(". ")}`;
  };
  return {
    columns: rows.length, rows: () => 1, said: (at) => said(rows[at]), cursor: () => ({}), isList: true,
    open: (at) => rows[at]?.querySelector("th a")?.click(),
  };
}

function cellsOf(chart) {
  const { first, cells, classes, hours, repeated, missing, skipped, estimated, once, again } = chart.dataset;
  const [days, ranges, clock] = [cells.split(" "), classes.split("|"), hours.split("|")];
  const twice = repeated === "" ? -1 : Number(repeated);
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
  const named = (day, at) => {
    if (days[day].length <= 24 || at < twice) return [at, ""];
    if (at > twice + 1) return [at - 1, ""];
    return [twice, ` (${at === twice ? once : again})`];
  };
  const amount = (code) => {
    if (code === ".") return missing;
    if (code === "-") return skipped;
    const number = /\d/.test(code) ? Number(code) : code.charCodeAt(0) - 96;
    return `${number}: ${ranges[number - 1]}${/\d/.test(code) ? "" : `, ${estimated}`}`;
  };
  return {
    columns: days.length, rows: (day) => days[day].length, open: () => {},
    cursor: (day, row, height) => ({ y: (named(day, row)[0] * height) / 24, height: height / 24 }),
    said: (day, row) => {
      const [hour, which] = named(day, row);
      const date = new Date(`${first}T00:00:00Z`);
      date.setUTCDate(date.getUTCDate() + day);
      return `${format.format(date)}, ${clock[hour]}${which}. ${amount(days[day][row])}`;
    },
  };
}

for (const chart of document.querySelectorAll("[data-chart], [data-cells]")) {
  const points = chart.dataset.cells === undefined ? rowsOf(chart) : cellsOf(chart);
  const [plot, cursor, point] = ["plot", "cursor", "point"].map((name) => chart.querySelector(`[data-${name}]`));
  const height = Number(cursor.getAttribute("height"));
  if (points.columns === 0) continue;
  let [column, row] = [-1, 0];

  const show = (nextColumn, nextRow) => {
    column = Math.max(0, Math.min(points.columns - 1, nextColumn));
    row = Math.max(0, Math.min(points.rows(column) - 1, nextRow));
    const slot = WIDTH / points.columns;
    const place = { x: column * slot, width: slot, ...points.cursor(column, row, height) };
    for (const [name, value] of Object.entries(place)) cursor.setAttribute(name, value);
    point.textContent = points.said(column, row);
    plot.setAttribute("aria-valuenow", column + 1);
    plot.setAttribute("aria-valuetext", point.textContent);
  };

  const aside = (by) => [column + by, row];
  const moves = {
    ArrowRight: () => aside(1), ArrowLeft: () => aside(-1), Home: () => [0, row], End: () => [points.columns - 1, row],
    ArrowUp: () => (points.isList ? aside(1) : [column, row - 1]),
    ArrowDown: () => (points.isList ? aside(-1) : [column, row + 1]),
  };

  plot.addEventListener("keydown", (event) => {
    if (event.key === "Enter") points.open(column);
    if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(...(column < 0 && !points.isList ? [0, 0] : moves[event.key]()));
  });

  plot.addEventListener("click", (event) => {
    const svg = plot.querySelector("svg");
    const [box, view] = [svg.getBoundingClientRect(), svg.viewBox.baseVal];
    const [x, y] = [(event.clientX - box.left) / box.width * view.width + view.x, (event.clientY - box.top) / box.height * view.height + view.y];
    show(Math.floor((x / WIDTH) * points.columns), Math.floor((y / height) * 24));
    points.open(column);
  });
  for (const link of plot.querySelectorAll("[data-part]")) link.removeAttribute("href"); // a slider holds no links

  const facts = { role: "slider", tabindex: 0, "aria-label": plot.dataset.label, "aria-valuemin": 1, "aria-valuemax": points.columns, "aria-valuenow": 1, "aria-valuetext": point.dataset.hint };
  for (const [name, value] of Object.entries(facts)) plot.setAttribute(name, value);
  point.textContent = point.dataset.hint;
  point.hidden = false;
}
