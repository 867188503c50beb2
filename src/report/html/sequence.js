// The calls and frames of a case as a sequence diagram: the subject's lifeline left, the peer's right.

const ROW = 24;
const LETTER = 6.7;
const MOST_ROWS = 300;
const MOST_LETTERS = 58;

const rungText = ([, , text, times]) => (times > 1 ? `${text}  ×${times}` : text);
const isWire = (place) => place === ">" || place === "<";

// The columns as wide as what stands in them.
function layout(rungs) {
  const widest = (places, least) => {
    const lengths = rungs.filter(([, place]) => places.includes(place)).map((rung) => Math.min(rungText(rung).length, MOST_LETTERS));
    return Math.max(least, ...lengths) * LETTER;
  };
  const time = Math.max(5, ...rungs.map(([at]) => at.length)) * LETTER + 14;
  const subject = time + widest(["s"], 8) + 16;
  const peer = subject + widest([">", "<"], 20) + 48;
  return { time, subject, peer, width: peer + widest(["p"], 8) + 24 };
}

function label(text, attributes) {
  const shown = cut(text, MOST_LETTERS);
  return svg("text", attributes, shown, shown === visible(text) ? null : svg("title", {}, text));
}

function arrow(x1, x2, y) {
  const back = x2 > x1 ? -7 : 7;
  return [
    svg("line", { x1, x2, y1: y, y2: y, class: "frame" }),
    svg("path", { d: `M${x2} ${y}l${back} -4v8z`, class: "head" }),
  ];
}

function drawRung(rung, y, at) {
  const [, place] = rung;
  const text = rungText(rung);
  const middle = (at.subject + at.peer) / 2;
  if (place === "-") {
    return [
      svg("line", { x1: at.time, x2: at.width, y1: y, y2: y, class: "step" }),
      label(text, { x: middle, y: y - 4, "text-anchor": "middle", class: "note" }),
    ];
  }
  if (place === "s") {
    return [
      svg("circle", { cx: at.subject, cy: y, r: 3.5, class: "call" }),
      label(text, { x: at.subject - 10, y, dy: "0.32em", "text-anchor": "end" }),
    ];
  }
  if (place === "p") {
    return [svg("circle", { cx: at.peer, cy: y, r: 3.5, class: "call" }), label(text, { x: at.peer + 10, y, dy: "0.32em" })];
  }
  const [from, to] = place === ">" ? [at.subject, at.peer] : [at.peer, at.subject];
  const kind = /^(raw|garbage)/.test(text) ? "wrong" : /RST|^go_away|^end/.test(text) ? "ends" : "";
  return svg("g", { class: `wire ${kind}` }, arrow(from, to, y + 5), label(text, { x: middle, y: y - 1, "text-anchor": "middle" }));
}

// Rungs [first, end) of a sequence; those from `shaded` on, which the failed step has, stand on a shade.
function diagram({ rungs, names, first, end, shaded, name }) {
  const shown = rungs.slice(first, end);
  const at = layout(shown);
  const head = 26;
  const height = head + shown.length * ROW + 14;
  const y = (row) => head + row * ROW + ROW / 2 + 2;
  const drawing = svg("svg", { viewBox: `0 0 ${at.width} ${height}`, width: at.width, height, role: "img", "aria-label": name, class: "diagram" });
  if (shaded !== null && shaded < end) {
    const top = head + Math.max(0, shaded - first) * ROW;
    drawing.append(svg("rect", { x: 0, y: top, width: at.width, height: height - top - 8, class: "shade" }));
  }
  for (const [x, who] of [[at.subject, names[0]], [at.peer, names[1]]]) {
    drawing.append(svg("line", { x1: x, x2: x, y1: head - 4, y2: height - 6, class: "life" }));
    drawing.append(svg("text", { x, y: 14, "text-anchor": "middle", class: "who" }, cut(who, 40)));
  }
  let before = null;
  shown.forEach((rung, row) => {
    const [time] = rung;
    if (time !== before) drawing.append(svg("text", { x: at.time - 12, y: y(row), dy: "0.32em", "text-anchor": "end", class: "time" }, time));
    before = time;
    drawing.append(...[drawRung(rung, y(row), at)].flat());
  });
  return drawing;
}

const scrolled = (drawing, name) => h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": name }, drawing);

// The same as lines of text, for those who do not see the drawing and for a mail.
function asText(sequence, names) {
  const [left, right] = names;
  const width = Math.max(left.length, ...sequence.rungs.filter(([, place]) => place !== "p").map((rung) => Math.min(rungText(rung).length + 2, 80)));
  const line = (time, a, b) => `${time.padStart(11)}  ${a.padEnd(width)}  ${b}`.trimEnd();
  const rows = sequence.rungs.map((rung) => {
    const [time, place] = rung;
    const text = visible(rungText(rung)).replace(/\n/g, "\\n");
    const columns = { "-": [`-- ${text}`, ""], s: [text, ""], p: ["", text], ">": [`${text} >`, ""], "<": ["", `< ${text}`] };
    return line(time, ...(columns[place] ?? [text, ""]));
  });
  if (sequence.gap) rows.splice(sequence.gap[1], 0, `… ${sequence.gap[0]} are left out`);
  return [line("time", left, right), ...rows].join("\n");
}

// Where the step that failed begins: behind the mark that the step before it has settled.
function beginOfStep(rungs, step) {
  if (!step) return null;
  if (step === 1) return 0;
  const mark = rungs.findIndex(([, place, text]) => place === "-" && text === `step ${step - 1} settled`);
  return mark < 0 ? null : mark + 1;
}

// What was compared: frames and the ends of steps, without calls.
const compared = ({ rungs }) => rungs.filter(([, place]) => isWire(place) || place === "-");

// Both sequences from a few rows before the first one on that is not the same, with its time, in both.
function besideEachOther(sequence, names) {
  const [ours, theirs] = [compared(sequence), compared(sequence.expected)];
  let same = 0;
  while (same < ours.length && same < theirs.length && ours[same].join("\n") === theirs[same].join("\n")) same += 1;
  const first = Math.max(0, same - 4);
  const side = (rungs, heading) => {
    const drawing = diagram({ rungs, names, first, end: first + 60, shaded: same, name: heading });
    return h("figure", {}, h("figcaption", {}, heading), scrolled(drawing, heading));
  };
  return h(
    "section",
    { class: "beside", "aria-labelledby": "beside-title" },
    h("h3", { id: "beside-title" }, "From the first difference on"),
    h("div", { class: "two" }, side(ours, "observed"), side(theirs, `expected: ${sequence.expected.name}`)),
  );
}

// The whole diagram, of which a long one shows the last rows until more is asked for.
function sequenceSection(sequence, names, step) {
  const { rungs } = sequence;
  const shaded = beginOfStep(rungs, step);
  const holder = h("div");
  const name = `Calls and frames, ${rungs.length} rows; the same stands below as text`;
  const draw = (first) => {
    holder.replaceChildren(scrolled(diagram({ rungs, names, first, end: rungs.length, shaded, name }), "Sequence diagram"));
    if (first > 0) holder.prepend(button(`Draw the ${first} rows before`, {}, () => draw(0)));
  };
  draw(Math.max(0, rungs.length - MOST_ROWS));
  return h(
    "section",
    { class: "sequence", "aria-labelledby": "sequence-title" },
    h("h3", { id: "sequence-title" }, "Calls and frames"),
    shaded === null ? null : h("p", { class: "quiet" }, shaded < rungs.length ? `Step ${step} is shaded.` : `In step ${step} nothing happened any more.`),
    sequence.gap ? h("p", { class: "quiet" }, `${sequence.gap[0]} rows are left out behind row ${sequence.gap[1]}.`) : null,
    holder,
    h("details", {}, h("summary", {}, "As text"), copyable(asText(sequence, names), "calls and frames")),
  );
}
