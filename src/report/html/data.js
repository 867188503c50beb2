// What the file holds: the index at once, a case when it is opened.

const parse = (id) => {
  const piece = document.getElementById(id);
  return piece ? JSON.parse(piece.textContent) : null;
};

const index = parse("index");

// From the worst on: the name of each verdict, its mark, and its tone.
const VERDICTS = {
  fail: ["✗", "bad"],
  crashed: ["✗", "bad"],
  stuck: ["✗", "bad"],
  "trace changed": ["≠", "bad"],
  "unexpected pass": ["!", "bad"],
  broken: ["?", "bad"],
  "known deviation": ["k", "odd"],
  differs: ["~", "odd"],
  "not reached": ["·", "odd"],
  "weak pass": ["✓", "weak"],
  pass: ["✓", "good"],
  skip: ["–", "none"],
};

const mark = (verdict) => VERDICTS[verdict]?.[0] ?? "?";
const tone = (verdict) => VERDICTS[verdict]?.[1] ?? "bad";

const columns = index.columns.map((column, number) => {
  const { players } = index;
  const names = column.pair?.map((place) => players[place] ?? "?");
  const name = names ? names.join(" → ") : column.name;
  return { ...column, number, label: `${name} (${column.under})`, name };
});

const scenarios = index.scenarios.map((scenario, number) => {
  const slash = scenario.id.indexOf("/");
  const clauses = scenario.clauses.map((id) => `${id} ${index.clauses[id] ?? ""}`);
  return {
    ...scenario,
    number,
    area: slash < 0 ? "" : scenario.id.slice(0, slash),
    name: slash < 0 ? scenario.id : scenario.id.slice(slash + 1),
    text: [scenario.id, scenario.title, ...clauses].join("\n").toLowerCase(),
    cases: [],
  };
});

const cases = index.cases.map(([scenario, column, side, repeat, verdict, brief], number) => {
  const made = { number, scenario: scenarios[scenario], column: columns[column], side, repeat, verdict, brief };
  made.name = `${made.scenario.id}/${side}${repeat > 1 ? `#${repeat}` : ""}`;
  made.key = `${made.name} ${made.column.label}`;
  made.scenario.cases.push(made);
  return made;
});

const areas = [...new Set(scenarios.map((scenario) => scenario.area))];

function badge(verdict) {
  return h("span", { class: `badge ${tone(verdict)}` }, verdict);
}
