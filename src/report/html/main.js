// The page comes to life: negative cases, the pairs that met, the matrix, and the case that the address names.

const negative = cases.filter((one) => tone(one.verdict) === "bad");

// Opens a case among those that the filters leave.
function openAt(one) {
  const place = matching.indexOf(one);
  showCase(one, place < 0 ? [] : [matching[place - 1], matching[place + 1]]);
  remember();
}

dialog.addEventListener("close", () => {
  const last = openCase;
  openCase = null;
  dialog.replaceChildren();
  remember();
  if (last && matching.includes(last)) rove(last.button, true);
});

// A click beside the case closes it.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

// A line for each scenario with negative cases, and a button for each of these.
function negativeLine([scenario, own]) {
  const choice = (one) => button(`${one.side}, ${one.column.label}`, { class: "choice" }, () => openAt(one));
  const verdicts = [...new Set(own.map((one) => one.verdict))];
  return h(
    "li",
    {},
    h("p", {}, verdicts.map(badge), h("b", {}, scenario.id)),
    h("p", { class: "brief", title: own[0].brief ?? "" }, own[0].brief ?? ""),
    h("p", { class: "choices" }, own.map(choice)),
  );
}

function buildNegative(most) {
  const section = document.getElementById("negative");
  section.hidden = negative.length === 0;
  const lines = [...Map.groupBy(negative, (one) => one.scenario)];
  const list = section.querySelector("ol");
  list.replaceChildren(...lines.slice(0, most).map(negativeLine));
  if (lines.length > most) {
    const all = (event) => {
      event.target.remove();
      buildNegative(lines.length);
    };
    list.after(button(`Show all ${lines.length} scenarios`, {}, all));
  }
}

// Where each implementation met each, a matrix of client and server stands before all.
function buildPairs() {
  const { players } = index;
  if (players.length === 0) return;
  const section = document.getElementById("pairs");
  section.hidden = false;
  const byPair = Map.groupBy(cases, (one) => one.column.pair?.join());
  const cell = (client, server) => {
    const own = byPair.get(`${client},${server}`) ?? [];
    if (own.length === 0) return h("td", {}, "–");
    const count = (...tones) => own.filter((one) => tones.includes(tone(one.verdict))).length;
    const counts = [count("good", "weak"), count("odd"), count("bad"), count("none")];
    const worst = counts[2] ? "bad" : counts[1] ? "odd" : counts[0] ? "good" : "none";
    const choose = () => {
      form.elements.target.value = own[0].column.label;
      changed();
      matrix.scrollIntoView();
    };
    const words = `${players[client]} as client, ${players[server]} as server: ${counts[0]} passed, ${counts[1]} lawfully otherwise, ${counts[2]} failed, ${counts[3]} skipped`;
    return h("td", {}, button(counts.join(" / "), { class: `pair ${worst}`, "aria-label": words }, choose));
  };
  const places = players.map((_, place) => place);
  section.querySelector(".scroll").append(
    h(
      "table",
      { "aria-labelledby": "pairs-title" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "client \\ server"), players.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, places.map((client) => h("tr", {}, h("th", { scope: "row" }, players[client]), places.map((server) => cell(client, server))))),
    ),
  );
}

const begun = performance.now();
buildMatrix();
buildFilters();
buildNegative(8);
buildPairs();
recall();
window.addEventListener("hashchange", recall);
document.documentElement.dataset.ready = Math.round(performance.now() - begun);
