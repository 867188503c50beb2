// The matrix: a table for each area, a row for each scenario, a cell for each target, a button for each case.

const matrix = document.getElementById("matrix");
const rows = [];

function caseButton(one) {
  const text = one.side === "client" ? "C" : "S";
  const made = h(
    "button",
    { type: "button", class: `case ${tone(one.verdict)}`, tabindex: -1, "aria-label": `${one.side}${one.repeat > 1 ? ` #${one.repeat}` : ""}: ${one.verdict}`, title: `${one.name}: ${one.verdict}`, "data-case": one.number },
    h("span", {}, text),
    mark(one.verdict),
  );
  one.button = made;
  return made;
}

function scenarioRow(scenario, shown) {
  const cells = shown.map((column) => {
    const own = scenario.cases.filter((one) => one.column === column);
    return h("td", { "data-column": column.number }, own.map(caseButton));
  });
  const element = h("tr", {}, h("th", { scope: "row", title: scenario.title }, scenario.name), cells);
  const made = { scenario, element };
  rows.push(made);
  return element;
}

function areaSection(area, shown) {
  const own = scenarios.filter((scenario) => scenario.area === area);
  const id = `area-${areas.indexOf(area)}`;
  const headers = shown.map((column) =>
    h("th", { scope: "col", "data-column": column.number }, column.name, column.under ? h("small", {}, column.under) : null),
  );
  const table = h(
    "table",
    { "aria-labelledby": id, "aria-describedby": "keys" },
    h("colgroup", {}, h("col", { class: "name" }), shown.map((column) => h("col", { "data-column": column.number }))),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "scenario"), headers)),
    h("tbody", {}, own.map((scenario) => scenarioRow(scenario, shown))),
  );
  // Until it is scrolled to, nothing in it is laid out.
  const section = h("section", { class: "area" }, h("h2", { id }, area || "(no area)", h("small", {})), h("div", { class: "scroll" }, table));
  section.style.containIntrinsicSize = `auto ${80 + own.length * 29}px`;
  return section;
}

function buildMatrix() {
  matrix.style.setProperty("--columns", columns.length);
  matrix.replaceChildren(...areas.map((area) => areaSection(area, columns)));
}

// Those that are shown, in their order on the page.
const reachable = () => [...matrix.querySelectorAll("tr:not([hidden]) td:not([hidden]) button.case")].filter((one) => !one.closest(".area").hidden);

// The whole matrix is one stop of the tab key.
function rove(target, isFocus) {
  matrix.querySelector('button.case[tabindex="0"]')?.setAttribute("tabindex", -1);
  if (!target) return;
  target.setAttribute("tabindex", 0);
  if (isFocus) target.focus();
}

function neighbour(from, key) {
  const row = from.closest("tr");
  const within = (one) => [...one.querySelectorAll("td:not([hidden]) button.case")];
  const own = within(row);
  const place = own.indexOf(from);
  if (key === "ArrowLeft") return own[place - 1];
  if (key === "ArrowRight") return own[place + 1];
  if (key === "Home") return own[0];
  if (key === "End") return own[own.length - 1];
  const shown = rows.filter(({ element }) => !element.hidden).map(({ element }) => element);
  const step = key === "ArrowDown" ? 1 : -1;
  for (let at = shown.indexOf(row) + step; at >= 0 && at < shown.length; at += step) {
    const others = within(shown[at]);
    const column = from.closest("td").dataset.column;
    const side = from.firstChild.textContent;
    const best = others.find((one) => one.closest("td").dataset.column === column && one.firstChild.textContent === side);
    const found = best ?? others.find((one) => one.closest("td").dataset.column === column) ?? others[Math.min(place, others.length - 1)];
    if (found) return found;
  }
  return undefined;
}

matrix.addEventListener("keydown", (event) => {
  const from = event.target.closest?.("button.case");
  if (!from || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const to = neighbour(from, event.key);
  if (to) rove(to, true);
});

matrix.addEventListener("click", (event) => {
  const chosen = event.target.closest("button.case");
  if (!chosen) return;
  rove(chosen, false);
  openAt(cases[Number(chosen.dataset.case)]);
});
