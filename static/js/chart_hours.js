// A heatmap of days and hours: arrow keys and taps read one cell after the other. Its cells stand in data-cells, see
// datahub.queries.usage_hours.HeatMap. Without scripts the table below says the same.
for (const chart of document.querySelectorAll("[data-hours-chart]")) {
  const { first, cells, classes, hours, repeated, missing, skipped, estimated, once, again, } = chart.dataset;
  const [days, ranges, clock] = [cells.split(" "), classes.split("|"), hours.split("|")];
  const twice = repeated === "" ? -1 : Number(repeated);
  const plot = chart.querySelector("[data-plot]");
  const cursor = chart.querySelector("[data-cursor]");
  const point = chart.querySelector("[data-point]");
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
  let [day, row] = [-1, 0];

  const named = (at) => {
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

  const show = (nextDay, nextRow) => {
    day = Math.max(0, Math.min(days.length - 1, nextDay));
    row = Math.max(0, Math.min(days[day].length - 1, nextRow));
    const [hour, which] = named(row);
    const date = new Date(`${first}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + day);
    for (const [name, value] of Object.entries({ x: day, y: hour, width: 1 })) cursor.setAttribute(name, value);
    point.textContent = `${format.format(date)}, ${clock[hour]}${which}. ${amount(days[day][row])}`;
    plot.setAttribute("aria-valuenow", day + 1);
    plot.setAttribute("aria-valuetext", point.textContent);
  };

  const moves = {
    ArrowRight: () => [day + 1, row], ArrowLeft: () => [day - 1, row], ArrowDown: () => [day, row + 1],
    ArrowUp: () => [day, row - 1], Home: () => [0, row], End: () => [days.length - 1, row],
  };

  plot.addEventListener("keydown", (event) => {
    if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(...(day < 0 ? [0, 0] : moves[event.key]()));
  });

  plot.addEventListener("click", (event) => {
    const box = plot.querySelector("svg svg").getBoundingClientRect();
    show(Math.floor(((event.clientX - box.left) / box.width) * days.length), Math.floor(((event.clientY - box.top) / box.height) * 24));
  });

  const facts = { role: "slider", tabindex: 0, "aria-label": plot.dataset.label, "aria-valuemin": 1, "aria-valuemax": days.length, "aria-valuenow": 1, "aria-valuetext": point.dataset.hint };
  for (const [name, value] of Object.entries(facts)) plot.setAttribute(name, value);
  point.textContent = point.dataset.hint;
  point.hidden = false;
}
