// Which cases are shown: what the form says, the address of the page keeps.

const form = document.getElementById("filters");
const found = form.elements.found;
let matching = cases;

function option(select, value, text) {
  select.append(h("option", { value }, text));
}

function verdictChoice(verdict, count) {
  const input = h("input", { type: "checkbox", name: "verdict", value: verdict });
  return h("label", { class: `choice ${tone(verdict)}` }, input, h("span", { "aria-hidden": "true" }, mark(verdict)), ` ${verdict} `, h("small", {}, count));
}

function buildFilters() {
  areas.forEach((area) => option(form.elements.area, area || "-", area || "(no area)"));
  columns.forEach((column) => option(form.elements.target, column.label, column.label));
  const counts = Map.groupBy(cases, (one) => one.verdict);
  const present = Object.keys(VERDICTS).filter((verdict) => counts.has(verdict));
  document.getElementById("verdicts").append(...present.map((verdict) => verdictChoice(verdict, counts.get(verdict).length)));
}

function chosen() {
  const data = new FormData(form);
  return { q: (data.get("q") ?? "").trim(), area: data.get("area"), target: data.get("target"), verdicts: new Set(data.getAll("verdict")) };
}

function applyFilters() {
  const { q, area, target, verdicts } = chosen();
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const isScenario = ({ text, area: own }) => (!area || (own || "-") === area) && words.every((word) => text.includes(word));
  const isCase = (one) => (!target || one.column.label === target) && (verdicts.size === 0 || verdicts.has(one.verdict));
  matching = [];
  for (const { scenario, element } of rows) {
    const own = isScenario(scenario) ? scenario.cases.filter(isCase) : [];
    element.hidden = own.length === 0;
    matching.push(...own);
    if (own.length > 0) for (const one of scenario.cases) one.button.classList.toggle("off", !own.includes(one));
  }
  showColumns(target);
  const counts = Map.groupBy(matching, (one) => one.scenario.area);
  [...matrix.children].forEach((section, number) => {
    const count = counts.get(areas[number])?.length ?? 0;
    section.hidden = count === 0;
    section.querySelector("h2 small").textContent = `${count} ${count === 1 ? "case" : "cases"}`;
  });
  found.textContent = `${matching.length.toLocaleString("en")} of ${cases.length.toLocaleString("en")} cases`;
  rove(matching[0]?.button, false);
}

let shownColumn = "";

// Other columns than the chosen one take no room.
function showColumns(target) {
  if (shownColumn === target) return;
  shownColumn = target;
  matrix.style.setProperty("--columns", target ? 1 : columns.length);
  for (const cell of matrix.querySelectorAll("[data-column]")) {
    cell.hidden = Boolean(target) && columns[Number(cell.dataset.column)].label !== target;
  }
}

// The address: filters, and the case that is open.
function remember() {
  const { q, area, target, verdicts } = chosen();
  const said = new URLSearchParams();
  if (q) said.set("q", q);
  if (area) said.set("area", area);
  if (target) said.set("target", target);
  for (const verdict of verdicts) said.append("verdict", verdict);
  if (openCase) said.set("case", openCase.key);
  const text = said.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

function recall() {
  const said = new URLSearchParams(location.hash.slice(1));
  form.elements.q.value = said.get("q") ?? "";
  form.elements.area.value = said.get("area") ?? "";
  form.elements.target.value = said.get("target") ?? "";
  const verdicts = new Set(said.getAll("verdict"));
  for (const input of form.querySelectorAll('input[name="verdict"]')) input.checked = verdicts.has(input.value);
  applyFilters();
  const wanted = said.get("case");
  const one = wanted && (cases.find(({ key }) => key === wanted) ?? cases.find(({ name }) => name === wanted));
  if (one) openAt(one);
}

function changed() {
  applyFilters();
  remember();
}

form.addEventListener("input", changed);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(changed));
