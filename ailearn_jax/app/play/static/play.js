// The page of `python scripts/run.py play`. Every address is relative to the page's own, which holds the launch's token.
// What comes from the server is only ever set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

// --- Making elements -------------------------------------------------------------------------------------------------

// An element with attributes and children, each a node or a text.
function make(tag, attributes = {}, ...children) {
  const drawn = ["svg", "path", "line", "circle", "text"].includes(tag);
  const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

let numControls = 0;

// A labelled input of `type`, whose value stands beside it in the words of `say`.
function makeControl(controls, label, type, attributes, say, changed) {
  const id = `control${++numControls}`;
  const input = make("input", { id, type, ...attributes });
  const output = make("output", { for: id });
  const tell = () => {
    output.textContent = say(input.valueAsNumber);
    if (type === "range") input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    tell();
    changed();
  });
  tell();
  controls.append(make("div", { class: "control" }, make("label", { for: id }, label), output, input));
  return input;
}

// --- Asking the server -----------------------------------------------------------------------------------------------

class Refusal extends Error {} // its message is a sentence for the reader
const GONE = "The server does not answer: look into the terminal where it was started."

async function request(path, asked, signal) {
  const headers = { "Content-Type": "application/json" };
  const options = asked && { method: "POST", headers, body: JSON.stringify(asked), signal };
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(GONE);
  }
  if (!response.ok) throw new Refusal((await response.json()).error);
  return response;
}

async function answer(path, asked) {
  return (await request(path, asked)).json();
}

// The pieces of a text, as they come.
async function* piecesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(GONE);
  }
}

// Does `act`; a refusal is shown in `complaint`.
async function attempt(complaint, act) {
  complaint.textContent = "";
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    complaint.textContent = error.message;
  }
}

// `act` as a follower of changes: never twice at a time, and of the changes meanwhile only the last one counts.
function following(complaint, act) {
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await attempt(complaint, act);
    }
    running = false;
  };
}

// --- Lesson 5: XOR ---------------------------------------------------------------------------------------------------

const ZERO = [0, 114, 178];
const UNSURE = [250, 250, 250];
const ONE = [230, 159, 0];

// The colour of a probability: from ZERO over UNSURE to ONE.
function colourOf(probability) {
  const [from, to, share] = probability < 0.5 ? [ZERO, UNSURE, 2 * probability] : [UNSURE, ONE, 2 * probability - 1];
  return from.map((channel, i) => channel + share * (to[i] - channel));
}

// `surface` [rows][columns] over the square from -0.5 to 1.5, rows from the bottom up.
function drawSurface(canvas, surface) {
  const size = surface.length;
  const pixels = new ImageData(size, size);
  surface.forEach((row, y) =>
    row.forEach((probability, x) => pixels.data.set([...colourOf(probability), 255], 4 * ((size - 1 - y) * size + x))),
  );
  const small = make("canvas", { width: size, height: size });
  small.getContext("2d").putImageData(pixels, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  context.font = "600 30px system-ui";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [x, y] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
    const place = [((x + 0.5) / 2) * canvas.width, ((1.5 - y) / 2) * canvas.height];
    context.beginPath();
    context.arc(...place, 26, 0, 2 * Math.PI);
    context.fillStyle = "white";
    context.fill();
    context.lineWidth = 3;
    context.stroke();
    context.fillStyle = "black";
    context.fillText(x ^ y, ...place);
  }
}

function xor(body, run, complaint) {
  const controls = body.querySelector(".controls");
  const canvas = body.querySelector("canvas");
  const output = body.querySelector("output");
  const follow = following(complaint, async () => {
    const asked = { hidden: hidden.valueAsNumber, seed: seed.valueAsNumber };
    const { surface, right, loss } = await answer(`${run.path}/learn`, asked);
    drawSurface(canvas, surface);
    const steps = run.num_steps.toLocaleString("en");
    output.replaceChildren(make("b", {}, `${right} of 4`), ` right after ${steps} steps; loss ${loss.toPrecision(2)} nats`);
    canvas.setAttribute("aria-label", `Decision surface of ${asked.hidden} hidden units: ${right} of 4 corners right`);
  });
  const width = { min: 1, max: run.most_hidden, value: run.hidden };
  const hidden = makeControl(controls, "hidden units", "range", width, String, follow);
  const seed = makeControl(controls, "seed", "range", { min: 0, max: 99, value: Math.min(run.seed, 99) }, String, follow);
  return follow;
}

// --- Lessons 6 and 7: bikes ------------------------------------------------------------------------------------------

const MODELS = { neural: "the network", linear: "the straight line" };

// A value in the words of its column: "17:00", "13 °C".
function inWords(column, value) {
  if (column.names) return column.names[value - column.low];
  const [scale, offset, unit] = column.unit;
  return `${Math.round(scale * value + offset)} ${unit}`;
}

// The hours' bikes by each model; the axis reaches up to `top`.
function drawDay(svg, day, hour, top) {
  const [left, right, up, down] = [44, svg.clientWidth - 14, 28, svg.clientHeight - 40];
  const x = (i) => left + (i / 23) * (right - left);
  const y = (bikes) => down - (bikes / top) * (down - up);
  const parts = [make("text", { x: 8, y: 14 }, "bikes an hour")];
  for (let bikes = 0; bikes <= top; bikes += top / 4) {
    parts.push(make("line", { class: "grid", x1: left, x2: right, y1: y(bikes), y2: y(bikes) }));
    parts.push(make("text", { x: left - 8, y: y(bikes) + 4, "text-anchor": "end" }, String(bikes)));
  }
  for (const i of [0, 6, 12, 18, 23]) parts.push(make("text", { x: x(i), y: down + 18, "text-anchor": "middle" }, String(i)));
  parts.push(make("text", { x: (left + right) / 2, y: down + 36, "text-anchor": "middle" }, "hour of the day"));
  parts.push(make("line", { class: "hour", x1: x(hour), x2: x(hour), y1: up, y2: down }));
  for (const [name, bikes] of Object.entries(day)) {
    parts.push(make("path", { class: name, d: `M${bikes.map((value, i) => `${x(i)} ${y(value)}`).join("L")}` }));
    parts.push(make("circle", { class: name, cx: x(hour), cy: y(bikes[hour]), r: 5 }));
  }
  svg.replaceChildren(...parts);
}

function rentals(body, run, complaint) {
  const svg = body.querySelector("svg");
  const output = body.querySelector("output");
  const inputs = {};
  let top = 400; // grows with what is predicted and never shrinks, so that one day can be compared with another
  let redraw = () => {};
  const follow = following(complaint, async () => {
    const asked = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.valueAsNumber]));
    const { day, clipped } = await answer(`${run.path}/predict`, asked);
    top = Math.max(top, 200 * Math.ceil(Math.max(...Object.values(day).flat()) / 200));
    redraw = () => drawDay(svg, day, asked.hr, top);
    redraw();
    const said = Object.entries(day).map(([name, bikes]) => `${Math.round(bikes[asked.hr])} by ${MODELS[name]}`);
    const note = clipped.map((name) => `; ${MODELS[name]} said less than none, which counts as none`).join("");
    const [number, ...words] = said.join(", ").split(" ");
    output.replaceChildren(make("b", {}, number), ` bikes an hour ${words.join(" ")}${note}`);
    svg.setAttribute("aria-label", `Bikes over the day; at ${asked.hr}:00 ${said.join(", ")}`);
  });
  for (const column of run.columns) {
    const range = { min: column.low, max: column.high, step: column.step, value: column.value };
    const say = (value) => inWords(column, value);
    inputs[column.name] = makeControl(body.querySelector(".controls"), column.label, "range", range, say, follow);
  }
  for (const name of run.models) {
    const sample = make("svg", { class: "sample", viewBox: "0 0 28 10" }, make("path", { class: name, d: "M0 5H28" }));
    body.querySelector(".key").append(make("span", {}, sample, ` by ${MODELS[name]}`));
  }
  new ResizeObserver(() => redraw()).observe(svg);
  return follow;
}

// --- Lesson 8: text --------------------------------------------------------------------------------------------------

const chosenRanges = new Highlight();
const promptRanges = new Highlight();
CSS.highlights.set("chosen", chosenRanges);
CSS.highlights.set("prompt", promptRanges);

// `text` with a picture for each control character and "\ufffd" for what would steer the text's direction; as long as it.
function visible(text) {
  return text
    .replace(/[\x00-\x08\x0b-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt()))
    .replace(/\x7f/g, "\u2421")
    .replace(/[\x80-\x9f]|\p{Cf}/gu, (control) => "\ufffd".repeat(control.length));
}

function nameOf(symbol) {
  return { " ": "␣", "\n": "↵", "\t": "⇥" }[symbol] ?? visible(symbol);
}

const percent = (share) => (share > 0 && share < 0.01 ? "<1%" : `${Math.round(100 * share)}%`);

// The likeliest symbols, each [symbol, believed, drawn]; the one that `came` next in the text is marked.
function drawLikely(table, likely, came) {
  const rows = likely.map(([symbol, believed, drawn]) => {
    const bars = ["believed", "drawn"].map((name) => make("span", { class: `bar ${name}` }));
    bars[0].style.setProperty("--share", believed);
    bars[1].style.setProperty("--share", drawn);
    const name = make("th", { scope: "row" }, nameOf(symbol));
    const shares = [believed, drawn].map((share) => make("td", {}, percent(share)));
    return make("tr", symbol === came ? { class: "came" } : {}, name, make("td", { class: "bars" }, ...bars), ...shares);
  });
  table.tBodies[0].replaceChildren(...rows);
}

// `attention` [blocks][heads][characters] from the last character of `seen`.
function drawAttention(place, attention, seen) {
  if (attention.length === 0) {
    place.replaceChildren("This model has no blocks, so it looks at its last character alone.");
    return;
  }
  const symbols = [...seen];
  const axis = symbols.map((symbol) => make("th", { scope: "col" }, nameOf(symbol)));
  const rows = [make("tr", {}, make("td"), ...axis)];
  const summary = [];
  attention.forEach((heads, block) =>
    heads.forEach((weights, head) => {
      const cells = weights.map((weight) => {
        const cell = make("td");
        cell.style.setProperty("--weight", Math.sqrt(weight)); // or all but the strongest would be as good as white
        return cell;
      });
      rows.push(make("tr", {}, make("th", { scope: "row" }, `${block + 1}·${head + 1}`), ...cells));
      const strongest = weights.indexOf(Math.max(...weights));
      const most = `${nameOf(symbols[strongest])} (${percent(weights[strongest])})`;
      summary.push(`block ${block + 1} head ${head + 1} most at ${most}`);
    }),
  );
  const label = `From the last of ${symbols.length} characters, ${summary.join(", ")}`;
  place.replaceChildren(make("table", { class: "heads", role: "img", "aria-label": label }, make("tbody", {}, ...rows)));
  place.scrollLeft = place.scrollWidth; // to the latest characters
}

// The place in `node`, a text, of the character under the pointer.
function placeUnder(event, node) {
  const caret = document.caretPositionFromPoint(event.clientX, event.clientY);
  if (caret?.offsetNode !== node) return null;
  const range = document.createRange();
  for (const place of [caret.offset, caret.offset - 1]) {
    if (place < 0 || place >= node.length) continue;
    range.setStart(node, place);
    range.setEnd(node, place + 1);
    const boxes = [...range.getClientRects()];
    if (boxes.some((box) => box.left <= event.clientX && event.clientX <= box.right)) return place;
  }
  return Math.min(caret.offset, node.length - 1);
}

function writer(body, run, complaint) {
  const controls = body.querySelector(".controls");
  const prompt = body.querySelector("textarea");
  const [writeButton, stopButton] = body.querySelectorAll("button");
  const state = body.querySelector(".state");
  const shown = document.createTextNode("");
  const sheet = body.querySelector(".text");
  sheet.append(shown);
  const chosen = document.createRange();
  const given = document.createRange();
  chosenRanges.add(chosen);
  promptRanges.add(given);

  let text = ""; // as the model knows it; `shown` has pictures for some of its characters
  let place = null; // of the chosen character in it
  let stopping = null;

  const drawing = () => ({
    temperature: temperature.valueAsNumber,
    top_k: topK.value === "" ? null : topK.valueAsNumber,
    top_p: topP.valueAsNumber,
  });

  // Shows what the model makes of the chosen character, or of the prompt's last one.
  const look = following(complaint, async () => {
    const end = place === null ? 0 : place + (text.codePointAt(place) > 0xffff ? 2 : 1);
    const before = [...(place === null ? prompt.value : text.slice(0, end))].slice(-run.context_length);
    const came = place === null ? undefined : [...text.slice(end, end + 2)][0];
    const found = await answer(`${run.path}/look`, { text: before.join(""), ...drawing() });
    const name = before.slice(-24).map(nameOf).join("") || "an empty prompt";
    body.querySelector(".after").textContent = `After ${before.length > 24 ? "…" : ""}${name}`;
    drawLikely(body.querySelector(".likely"), found.likely, came);
    drawAttention(body.querySelector(".scroll"), found.attention, found.seen);
  });

  function choose(wanted) {
    if (text === "") return;
    place = Math.max(0, Math.min(wanted, text.length - 1));
    if (/[\udc00-\udfff]/.test(text[place])) place -= 1; // the second half of a character
    chosen.setStart(shown, place);
    chosen.setEnd(shown, place + (text.codePointAt(place) > 0xffff ? 2 : 1));
    const box = chosen.getBoundingClientRect();
    const frame = sheet.getBoundingClientRect();
    if (box.top < frame.top) sheet.scrollTop -= frame.top - box.top + 8;
    if (box.bottom > frame.bottom) sheet.scrollTop += box.bottom - frame.bottom + 8;
    look();
  }

  function append(piece) {
    const atEnd = sheet.scrollHeight - sheet.scrollTop - sheet.clientHeight < 40;
    text += piece;
    shown.appendData(visible(piece));
    if (atEnd) sheet.scrollTop = sheet.scrollHeight;
  }

  // One of the two buttons can be pressed; who has pressed one by the keyboard finds the other one there.
  function setWriting(writing) {
    const [on, off] = writing ? [stopButton, writeButton] : [writeButton, stopButton];
    on.disabled = false;
    if (document.activeElement === off) on.focus();
    off.disabled = true;
  }

  async function write() {
    stopping = new AbortController();
    setWriting(true);
    let written = 0;
    try {
      const asked = { prompt: prompt.value, length: length.valueAsNumber, seed: seed.valueAsNumber, ...drawing() };
      const response = await request(`${run.path}/write`, asked, stopping.signal);
      [text, place] = [prompt.value, null];
      shown.data = visible(text);
      given.selectNodeContents(shown);
      given.setEnd(shown, text.length);
      chosen.collapse(true);
      state.textContent = "writing…";
      for await (const piece of piecesOf(response)) {
        append(piece);
        written += [...piece].length;
      }
      state.textContent = `${written.toLocaleString("en")} characters`;
    } catch (error) {
      if (error.name !== "AbortError") throw error;
      state.textContent = `stopped after ${written.toLocaleString("en")} characters`;
    } finally {
      setWriting(false);
    }
  }

  body.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(complaint, write);
  });
  stopButton.addEventListener("click", () => stopping.abort());
  prompt.addEventListener("input", () => {
    place = null;
    chosen.collapse(true);
    look();
  });
  sheet.addEventListener("click", (event) => {
    const found = placeUnder(event, shown);
    if (found !== null) choose(found);
  });
  sheet.addEventListener("keydown", (event) => {
    const here = place ?? text.length;
    const places = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: text.length - 1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    choose(places[event.key]);
  });

  prompt.id = `control${++numControls}`;
  prompt.previousElementSibling.htmlFor = prompt.id;
  prompt.value = run.prompt;
  const range = (min, max, step, value) => ({ min, max, step, value });
  const none = () => "";
  const temperature = makeControl(controls, "temperature", "range", range(0, 2, 0.05, 0.8), (value) => value.toFixed(2), look);
  const topP = makeControl(controls, "top-p", "range", range(0.05, 1, 0.05, 1), (value) => value.toFixed(2), look);
  const topK = makeControl(controls, "top-k", "number", { min: 1, placeholder: "all" }, none, look);
  const length = makeControl(controls, "characters to write", "number", { min: 1, value: 500 }, none, none);
  const seed = makeControl(controls, "seed", "number", { min: 0, value: 0 }, none, none);
  return look;
}

// --- The page --------------------------------------------------------------------------------------------------------

const KINDS = { 5: xor, 6: rentals, 7: rentals, 8: writer };

// A run's part of its lesson's section. Returns what asks the server for the first time.
function addRun(section, lesson, run) {
  const kind = KINDS[lesson];
  const body = make("div");
  body.append(document.getElementById(kind.name).content.cloneNode(true));
  const complaint = make("p", { class: "complaint", role: "alert" });
  const heading = make("h3", {}, `${run.name} `, make("span", { class: "reached" }, run.reached));
  section.append(heading, complaint, body);
  return kind(body, { ...run, path: `runs/${encodeURIComponent(run.name)}` }, complaint);
}

function addLesson({ lesson, title, runs, train }) {
  const section = make("section", { id: `lesson${lesson}`, "aria-labelledby": `title${lesson}` });
  section.append(make("h2", { id: `title${lesson}` }, `Lesson ${lesson}. ${title}`));
  document.querySelector("main").append(section);
  document.querySelector("nav").append(make("a", { href: `#lesson${lesson}` }, `Lesson ${lesson}`));
  if (runs.length === 0) section.append(make("p", {}, "Not trained yet. Train it, and load this page anew: ", make("code", {}, train)));
  return runs.map((run) => addRun(section, lesson, run));
}

const complaint = document.querySelector("header .complaint");
await attempt(complaint, async () => {
  const { lessons, problems } = await answer("runs");
  const starts = lessons.flatMap(addLesson);
  complaint.textContent = problems.join(" ");
  for (const start of starts) await start(); // one after the other: each loads a model
});
