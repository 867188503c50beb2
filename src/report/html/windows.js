// How many bytes each end may send on each stream: computed from the frames, and drawn as steps.

const INITIAL = 256 * 1024;
const MOST_PLOTS = 6;

// A frame as the trace writes it: `data SYN s1 len=5 got=3 crc=…`, `window_update - s1 +100`.
function frame(text) {
  const [kind, flags, stream, ...rest] = text.split(" ");
  if ((kind !== "data" && kind !== "window_update") || !/^s\d+$/.test(stream ?? "")) return null;
  const value = (prefix) => Number(rest.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? NaN);
  const got = value("got=");
  const amount = kind === "data" ? (Number.isNaN(got) ? value("len=") : got) : value("+");
  return { kind, flags: flags.split("+"), stream, amount };
}

function opened(stream, at, time) {
  const begin = () => [{ at, time, value: INITIAL }];
  return { stream, ">": begin(), "<": begin(), sent: { ">": 0, "<": 0 }, over: { ">": false, "<": false } };
}

// The windows of a sequence, stream by stream; a number that is used again begins another stream.
function windowsOf(sequence) {
  const streams = [];
  const current = new Map();
  const end = sequence.gap ? sequence.gap[1] : sequence.rungs.length;
  sequence.rungs.slice(0, end).forEach(([time, place, text, times], at) => {
    const seen = place === ">" || place === "<" ? frame(text) : null;
    if (!seen) return;
    let stream = current.get(seen.stream);
    const isNew = !stream || (seen.flags.includes("SYN") && stream.over[">"] && stream.over["<"]);
    if (isNew) {
      stream = opened(seen.stream, at, Number(time));
      current.set(seen.stream, stream);
      streams.push(stream);
    }
    const isData = seen.kind === "data";
    // Data uses up the sender's own window; an update adds to that of the other end.
    const way = isData === (place === ">") ? ">" : "<";
    const line = stream[way];
    const change = seen.amount * times * (isData ? -1 : 1);
    if (isData) stream.sent[place] += seen.amount * times;
    if (change !== 0) line.push({ at, time: Number(time), value: line[line.length - 1].value + change });
    if (seen.flags.includes("FIN")) stream.over[place] = true;
    if (seen.flags.includes("RST")) stream.over[">"] = stream.over["<"] = true;
  });
  return streams;
}

function bytes(value) {
  if (value === 0 || value % 1024 !== 0) return `${value.toLocaleString("en")} B`;
  return value % (1024 * 1024) === 0 ? `${value / 1024 / 1024} MiB` : `${(value / 1024).toLocaleString("en")} KiB`;
}

function told(stream, way, who) {
  const values = stream[way].map((point) => point.value);
  const least = Math.min(...values);
  return `${who}: sent ${bytes(stream.sent[way])}, window at least ${bytes(least)}, ${bytes(values[values.length - 1])} at the end`;
}

// Steps from point to point, up to the right edge.
function steps(points, x, y, right) {
  let path = `M${x(points[0])} ${y(points[0].value)}`;
  for (const point of points.slice(1)) path += `H${x(point)}V${y(point.value)}`;
  return `${path}H${right}`;
}

function plot(stream, { by, first, last }) {
  const [width, height, left, bottom, top] = [640, 150, 62, 24, 10];
  const right = width - 12;
  const all = [...stream[">"], ...stream["<"]];
  const most = Math.max(...all.map((point) => point.value), 1);
  const least = Math.min(...all.map((point) => point.value), 0);
  const x = (point) => (left + ((right - left) * (point[by] - first)) / (last - first || 1)).toFixed(1);
  const y = (value) => (top + ((height - top - bottom) * (most - value)) / (most - least)).toFixed(1);
  const grid = [most, most / 2, 0, ...(least < 0 ? [least] : [])];
  const name = `Stream ${stream.stream.slice(1)}. ${told(stream, ">", "Subject")}. ${told(stream, "<", "Peer")}.`;
  const shown = (value) => (by === "time" ? `${value} s` : `row ${value + 1}`);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": name, class: "plot" },
    grid.map((value) => svg("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: value === 0 ? "zero" : "grid" })),
    grid.map((value) => svg("text", { x: left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, bytes(Math.round(value)))),
    svg("text", { x: left, y: height - 6 }, shown(first)),
    svg("text", { x: right, y: height - 6, "text-anchor": "end" }, shown(last)),
    svg("path", { d: steps(stream[">"], x, y, right), class: "subject line" }),
    svg("path", { d: steps(stream["<"], x, y, right), class: "peer line" }),
  );
}

// All plots have the same axis. Where everything happens at one moment, the order of frames says more than time.
function windowPlots(sequence) {
  const streams = windowsOf(sequence);
  if (streams.length === 0) return null;
  const times = sequence.rungs.map(([time]) => Number(time));
  const distinct = new Set(times).size;
  const axes = {
    at: { by: "at", first: 0, last: sequence.rungs.length - 1 },
    time: { by: "time", first: 0, last: Math.max(...times) },
  };
  const holder = h("div", { class: "plots" });
  const draw = (axis, limit) => {
    holder.replaceChildren(
      ...streams.slice(0, limit).map((stream) =>
        h(
          "figure",
          {},
          h("figcaption", {}, `Stream ${stream.stream.slice(1)}`),
          h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Window of stream ${stream.stream.slice(1)}` }, plot(stream, axes[axis])),
          h("p", { class: "quiet" }, told(stream, ">", "subject"), h("br"), told(stream, "<", "peer")),
        ),
      ),
    );
    if (streams.length > limit) {
      holder.append(button(`Draw all ${streams.length} streams`, {}, () => draw(axis, streams.length)));
    }
  };
  const choice = h("select", {}, h("option", { value: "at" }, "frame by frame"), h("option", { value: "time" }, "by time"));
  choice.value = distinct > 4 ? "time" : "at";
  choice.addEventListener("change", () => draw(choice.value, MOST_PLOTS));
  draw(choice.value, MOST_PLOTS);
  return h(
    "section",
    { class: "windows", "aria-labelledby": "windows-title" },
    h("h3", { id: "windows-title" }, "Windows"),
    h(
      "p",
      { class: "key" },
      h("span", { class: "subject swatch" }, "what the subject may send (the peer's receive window)"),
      h("span", { class: "peer swatch" }, "what the peer may send (the subject's receive window)"),
      h("label", {}, "Axis ", choice),
    ),
    sequence.gap ? h("p", { class: "quiet" }, "Up to the frames that are left out.") : null,
    holder,
  );
}
