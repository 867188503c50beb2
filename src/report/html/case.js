// An open case: what came of it and why, its diagrams, and how to run it again.

const dialog = document.getElementById("case");
let openCase = null;

const seconds = (nanos) => (nanos < 1e6 ? "less than 1 ms" : nanos < 1e8 ? `${(nanos / 1e6).toFixed(0)} ms` : `${(nanos / 1e9).toFixed(3)} s`);

function row(name, value) {
  if (value === null || value === undefined || value === "" || value.length === 0) return null;
  const values = Array.isArray(value) ? value : [value];
  return h("div", {}, h("dt", {}, name), values.map((one) => h("dd", {}, one)));
}

function block(heading, text) {
  return text ? h("section", {}, h("h3", {}, heading), h("pre", { tabindex: 0 }, text)) : null;
}

function place(detail, failure) {
  const where = failure.line ? `${detail.path}:${failure.line}:${failure.column}` : detail.path;
  const name = failure.step ? `step ${failure.step}` : "scenario";
  return row(name, failure.name ? `${where} (${failure.name})` : where);
}

function failureRows(detail, failure) {
  const runs = failure.runs ? `in ${failure.runs[0]} of ${failure.runs[1]} runs` : null;
  return [
    place(detail, failure),
    row("end", detail.end ?? (detail.peer ? `the ${failure.end ?? "subject"}` : null)),
    row("watched", failure.is_rule ? "in every scenario, whatever it is about" : null),
    row("expected", failure.expected),
    row("observed", failure.observed),
    row("or weaker", failure.alternatives),
    row("happened", runs),
    row("fingerprint", h("code", {}, failure.fingerprint)),
  ];
}

// What the verdict says for itself.
function verdictRows(detail) {
  const { verdict } = detail;
  return [
    verdict.failure ? failureRows(detail, verdict.failure) : [],
    row("because", verdict.because),
    row("reason", verdict.reason),
    verdict.link ? row("link", link(verdict.link)) : null,
    row("ledger", verdict.entry ? `it passes in spite of ${verdict.entry}` : null),
    row("golden", verdict.golden),
    row("trouble", verdict.message),
  ].flat();
}

function answerRows(detail) {
  return (detail.answers ?? []).map((answer) => row(answer.question, `${answer.by ?? "nothing"} after ${seconds(answer.after_ns)}`));
}

function clauseList(detail) {
  const broken = detail.broken;
  const others = detail.clauses.filter((clause) => clause.id !== broken?.id);
  const line = (clause, isBroken) =>
    h(
      "li",
      { class: isBroken ? "broken" : null },
      h("b", {}, clause.id),
      isBroken ? h("span", { class: "badge bad" }, detail.negative ? "broken" : "not kept") : null,
      ` ${clause.statement} `,
      clause.level ? h("span", { class: "quiet" }, `(${clause.level})`) : null,
    );
  return h("section", {}, h("h3", {}, "Clauses"), h("ul", { class: "clauses" }, broken ? line(broken, true) : null, others.map((one) => line(one, false))));
}

// Both diffs, of which one is often the other.
function differences(detail) {
  const { verdict, comparison } = detail;
  const own = verdict.kind === "trace_changed" ? verdict.diff : null;
  const heading = verdict.against === "golden" ? "The trace differs from the golden one" : "The trace differs from the reference's";
  const other = comparison.kind === "differs" && comparison.diff !== own ? comparison.diff : null;
  return [
    block(heading, own),
    block("The trace differs from the reference's", other),
    comparison.kind === "declared" ? block("The trace differs from the reference's, as a ledger says", comparison.reason) : null,
  ];
}

function took(detail) {
  const real = `${seconds(detail.real_ns)} of real time`;
  return detail.clock === "virtual" ? `${(detail.virtual_ns / 1e9).toFixed(3)} s of virtual time, ${real}` : real;
}

// A case of which no sequence is kept may have the last rungs of its failure.
function sequenceOf(number, detail) {
  const kept = parse(`sequence-${number}`);
  const rungs = detail.verdict.failure?.rungs ?? [];
  if (kept || rungs.length === 0) return kept;
  const places = { subject: "s", peer: "p", subject_to_peer: ">", peer_to_subject: "<", note: "-" };
  return { rungs: rungs.map((rung) => [(rung.time_ns / 1e9).toFixed(3), places[rung.place], rung.text, 1]) };
}

function head(shown, detail, around) {
  const step = (name, other) => button(name, { disabled: !other }, () => other && openAt(other));
  return h(
    "header",
    {},
    h("div", { class: "bar" }, badge(shown.verdict), step("Previous", around[0]), step("Next", around[1]), button("Close", { class: "close", "aria-keyshortcuts": "Escape" }, () => dialog.close())),
    h("h2", { id: "case-title", tabindex: -1 }, shown.name),
    h("p", { class: "title" }, detail.title),
    h("p", { class: "quiet" }, shown.column.label, detail.peer && !shown.column.pair ? "" : null, ` · ${took(detail)}`, detail.times > 1 ? ` · the same in ${detail.times} repetitions` : null),
  );
}

function caseBody(shown, detail) {
  const sequence = sequenceOf(shown.number, detail);
  const side = detail.side;
  const other = side === "client" ? "server" : "client";
  const names = [`${detail.target} (${side})`, `${detail.peer ?? "peer"} (${other})`];
  const rows = [...verdictRows(detail), ...answerRows(detail)].filter(Boolean);
  return [
    rows.length > 0 ? h("dl", { class: "rows" }, rows) : null,
    h("section", {}, h("h3", {}, "Run it again"), copyable(detail.again, "the command"), detail.bless ? [h("p", { class: "quiet" }, "If the change is meant, accept it:"), copyable(detail.bless, "the command that accepts the trace")] : null),
    clauseList(detail),
    ...differences(detail),
    sequence?.expected ? besideEachOther(sequence, names) : null,
    sequence ? sequenceSection(sequence, names, detail.verdict.failure?.step) : h("p", { class: "quiet" }, shown.verdict === "skip" ? "It did not run." : "Its calls and frames are not in this file."),
    sequence ? windowPlots(sequence) : null,
    block("The last lines of the shim's stderr", (detail.verdict.stderr ?? detail.verdict.failure?.stderr ?? []).join("\n")),
  ];
}

// Fills the dialog with a case; `around` is what stands before and behind it.
function showCase(shown, around) {
  const detail = parse(`case-${shown.number}`);
  openCase = shown;
  dialog.replaceChildren(head(shown, detail, around), h("div", { class: "body" }, caseBody(shown, detail).filter(Boolean)));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector("#case-title").focus();
}
