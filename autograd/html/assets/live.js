// A walk that plays: its card, its picture at each step, and what a learner may do with its numbers.
const SLOTS = { grad: "grad", slope: "slope", product: "product", before: "grad", after: "grad", derivation: "slope", data: "data" };
const FORMULAS = new Set(["slope", "product", "sum", "one way", "seed"]);
const NUDGE = 0.001;

// A template as nodes of the page, its numbers in the colours of what they are.
function coloured(template, texts) {
  const nodes = [];
  let end = 0;
  for (const slot of template.matchAll(SLOT)) {
    nodes.push(template.slice(end, slot.index));
    const text = fill(slot[0], texts);
    nodes.push(SLOTS[slot[2]] ? make("span", { className: SLOTS[slot[2]], textContent: text }) : text);
    end = slot.index + slot[0].length;
  }
  return [...nodes, template.slice(end)];
}

class Live {
  constructor(box, data) {
    this.box = box;
    box.live = this; // for the film of a training, which gives it the numbers of an epoch
    this.data = data;
    this.walk = new Walk(data, box.rows);
    this.byParts = Boolean(data.byParts);
    this.opened = new Set(); // the numbers of the parts of the program that are gone through step by step
    this.title = box.getAttribute("aria-label");
    this.lines = make("div", { className: "lines" });
    this.looked = make("div", { className: "looked" });
    this.card = make("div", { className: "card" }, this.lines, this.looked);
    this.told = make("p", { className: "told" });
    this.told.setAttribute("aria-live", "polite");
    this.answers = new Map(); // by the step: whether it was right at the first try
    this.tries = 0;
    this.losses = [];
    this.player = play(box, this.film());
    this.panel();
    this.look();
    this.player.show();
  }

  // --- the film ---

  // Places are the numbers of the steps, or of runs of steps in one part of the program; before the first is one that
  // says what is to come, after the last one that says what was found.
  film() {
    const { names, nodes } = this.walk, place = (at, text) => (this.runs[at] ? text() : at < 0 ? "start" : "end");
    const count = () => this.runs.length - 1, steps = (at) => this.run(at), what = () => (this.byParts ? "part" : "step");
    this.group();
    return {
      names: Object.fromEntries(names.map((name, i) => [`n${i}`, name]).filter((_, i) => nodes[i].kind !== "given")),
      classes: ["forward", "backward", "wrong"],
      above: this.card,
      grows: true,
      first: -1,
      get last() { return count() + 1; },
      written: new Set(this.parts()),
      since: new Map([...this.walk.since].flatMap(([node, since]) =>
        [`n${node}`, `o${node}`, ...this.walk.nodes[node].operands.map((_, k) => `e${node}.${k}`)].map((part) => [part, since]))),
      seen: (at) => (this.runs[at] ? this.runs[at][1] - 1 : at < 0 ? -1 : Infinity),
      item: (at) => (this.runs[at] ? this.runs[at][1] - 1 : -1),
      place: (at) => place(at, () => `${at} / ${count()}`),
      label: (at) => place(at, () => `${what()} ${at} of ${count()}`),
      said: (at) => {
        if (!this.runs[at]) return this.frame(at).join(" ");
        return this.asks(at) ? this.question(this.step(at)).textContent : steps(at).map((step) => this.walk.line(step)).join("; ");
      },
      marks: (at) => steps(at).flatMap((step) => this.marks(step)),
      texts: (at) => this.texts(at),
      shown: (at, marked) => this.shown(at, marked),
    };
  }

  // The steps of each place: [the first, the one after the last].
  group() {
    const { steps } = this.walk;
    this.runs = [];
    const part = (step) => (this.byParts ? this.around(step).find((one) => !this.opened.has(one)) : undefined);
    steps.forEach((step, i) => {
      const last = steps[i - 1], together = last && part(step) !== undefined && part(step) === part(last) && (last.kind === "forward") === (step.kind === "forward");
      if (together) this.runs.at(-1)[1] = i + 1;
      else this.runs.push([i, i + 1]);
    });
  }

  // The parts of the program around a step, outermost first.
  around(step) {
    const { scopes, chains } = this.data;
    return (scopes && chains[scopes[step.node]]) || [];
  }

  // Other places: at the first of them that has the step which was shown.
  regroup() {
    const [first] = this.runs[this.player.at] || [this.player.at < 0 ? -1 : Infinity];
    this.answers.clear();
    this.group();
    const at = this.runs.findIndex(([from, to]) => from <= first && first < to);
    this.player.resize(first < 0 ? -1 : at < 0 ? this.runs.length : at);
  }

  // A button for the part that is one place, which opens it, or for the innermost open one around a step, which closes it.
  door(run) {
    const chain = this.byParts && run.length ? this.around(run[0]) : [];
    const closed = run.length > 1 ? chain.find((one) => !this.opened.has(one)) : undefined;
    const part = closed === undefined ? chain.filter((one) => this.opened.has(one)).at(-1) : closed;
    if (part === undefined) return [];
    const onclick = () => {
      if (!this.opened.delete(part)) this.opened.add(part);
      this.regroup();
      const again = this.lines.querySelector(".door");
      if (again) again.focus({ preventScroll: true });
    };
    const name = this.data.scopeNames[part];
    return [" ", make("button", { type: "button", className: "door", textContent: closed === undefined ? `Close ${name}` : `Open ${name}`, onclick })];
  }

  run(at) {
    return this.runs[at] ? this.walk.steps.slice(...this.runs[at]) : [];
  }

  // The step of a place that is one step.
  step(at) {
    return this.runs[at] && this.runs[at][1] - this.runs[at][0] === 1 ? this.walk.steps[this.runs[at][0]] : undefined;
  }

  // Everything in the picture that is written into.
  parts() {
    const shared = new Set(this.data.shared || []);
    const ranges = (this.data.ranges || []).map(([part]) => part);
    return ranges.concat(this.walk.nodes.flatMap((node, i) => shared.has(i) ? [] : [`n${i}.data`, `n${i}.grad`, ...(this.data.boxes ? [] : node.receivers || []).map((k) => `e${i}.${k}.slope`)]));
  }

  marks(step) {
    const { boxes } = this.data;
    if (boxes) {
      const others = step.kind === "forward" ? this.walk.nodes[step.node].operands : step.parent === undefined ? [] : [step.parent];
      return [[step.kind === "forward" ? "forward" : step.sent === undefined ? "backward" : "wrong", [step.node, ...others].map((j) => boxes[j])]];
    }
    const i = step.node, again = (j) => (this.player && this.player.parts.has(`n${j}_${i}`) ? `n${j}_${i}` : `n${j}`);
    if (step.kind === "forward") {
      const { operands } = this.walk.nodes[i];
      return [["forward", [`n${i}`, `o${i}`, ...operands.flatMap((j, k) => [`e${i}.${k}`, again(j)])]]];
    }
    if (step.kind === "add") return [[step.sent === undefined ? "backward" : "wrong", [`n${i}`, `o${i}`, `e${i}.${step.k}`, again(step.parent)]]];
    if (step.kind === "compare" && step.wrong.length) return [["wrong", step.wrong.map(([j]) => `n${j}`)]];
    return [["backward", [`n${i}`]]];
  }

  texts(at) {
    const { nodes, data, steps } = this.walk, texts = new Map();
    nodes.forEach((node, i) => node.row || texts.set(`n${i}.data`, formatNumber(data[i])));
    for (const [part, word, shown] of this.data.ranges || []) texts.set(part, word + range(shown.map((i) => data[i])));
    const run = this.runs[at], known = run ? run[this.asks(at) ? 0 : 1] : at < 0 ? 0 : steps.length;
    for (const step of steps.slice(0, known)) {
      if (step.kind === "forward") texts.set(`n${step.node}.data`, formatNumber(data[step.node]));
      else if (step.kind === "begin") texts.set(`n${step.node}.grad`, "grad 1");
      else if (step.kind === "add") {
        texts.set(`n${step.parent}.grad`, `grad ${formatNumber(step.after)}`);
        texts.set(`e${step.node}.${step.k}.slope`, ` slope ${formatNumber(step.slope)}`);
      } else if (step.kind === "compare") {
        for (const [i, grad, right] of step.wrong) texts.set(`n${i}.grad`, `grad ${formatNumber(grad)} ≠ ${formatNumber(right)}`);
      }
    }
    return texts;
  }

  // --- the card ---

  // What is said before the first step and after the last.
  frame(at) {
    const last = this.walk.steps.at(-1);
    if (at >= 0 && last.kind === "compare") return [this.walk.line(last)];
    const words = at >= 0 ? ["end", "end, then"] : ["start", "start, then"];
    if (at < 0 && this.walk.live) words.splice(1, 0, "start, live");
    return words.map((words) => this.walk.say(words, { root: this.walk.names[this.walk.root] }));
  }

  shown(at, marked) {
    const run = this.run(at), step = run[0], phase = !step ? (at < 0 ? "start" : "end") : step.kind === "forward" ? "forward" : "backward";
    const head = make("p", { className: "head" }, make("span", { className: `badge ${phase}`, textContent: phase }), ` ${this.title}`);
    if (run.length > 1) head.lastChild.textContent = ` ${this.data.scopeNames[this.around(step).find((one) => !this.opened.has(one))]}: ${run.length} steps`;
    else if (step && step.kind === "add") head.lastChild.textContent = ` from ${this.walk.names[step.node]} back to ${this.walk.names[step.parent]}`;
    head.append(...this.door(run));
    let lines;
    if (!step) {
      lines = this.frame(at).map((text) => make("p", { textContent: text }));
      if (at >= 0) lines.push(this.results());
      if (at >= 0 && this.answers.size) lines.push(make("p", { textContent: this.score() }));
    } else if (run.length > 1) lines = run.map((one) => make("p", { className: "formula small", textContent: this.walk.line(one) }));
    else if (this.asks(at)) lines = [this.question(step), ...this.field(at, step)];
    else {
      lines = this.walk.card(step).map(([words, texts], i) => {
        const formula = words ? FORMULAS.has(words) : i === 0;
        const wrong = step.sent !== undefined && !words;
        const kind = !words && texts.text === this.walk.source(step) ? "source" : formula ? "formula" : wrong ? "wrong" : "why";
        return make("p", { className: kind }, ...(words ? coloured(this.walk.words[words], texts) : [texts.text]));
      });
    }
    this.lines.replaceChildren(head, ...lines);
    this.lines.scrollTop = 0;
    this.focusable(marked);
    this.explain();
  }

  // At the end: every leaf with its gradient.
  results() {
    const { nodes, names, grads } = this.walk, line = make("p", { className: "formula" });
    nodes.forEach((node, i) => node.kind === "wants" && line.append(`${names[i]}.grad = `, make("span", { className: "grad", textContent: formatNumber(grads[i]) }), "   "));
    return line;
  }

  // --- ask me first ---

  asks(at) {
    const step = this.step(at);
    return Boolean(this.asking && this.asking.checked && step && ["forward", "begin", "add"].includes(step.kind) && !this.answers.has(at));
  }

  question(step) {
    const words = { forward: "ask forward", begin: "ask seed", add: "ask back" }[step.kind];
    return make("p", { className: "formula" }, this.walk.say(words, this.walk.texts(step)));
  }

  field(at, step) {
    const input = make("input", { type: "text", inputMode: "decimal", autocomplete: "off" }), hint = make("p", { className: "why" });
    input.setAttribute("aria-label", "Your answer");
    hint.setAttribute("aria-live", "polite");
    const wanted = step.kind === "forward" ? this.walk.data[step.node] : step.after, texts = this.walk.texts(step);
    const near = (x, y) => Math.abs(x - y) <= 0.01 * Math.abs(y) + 5e-4 || x === y;
    let tries = 0;
    const check = () => {
      const said = Number(input.value.replace(",", ".").replace("−", "-"));
      if (!input.value.trim()) return;
      const answer = formatNumber(wanted), right = near(said, wanted);
      if (right || ++tries > 1) {
        this.answers.set(at, right && tries === 0);
        this.player.show();
        const told = this.walk.say(right ? "right" : "answer", { answer, said: input.value });
        this.tell(`${told} ${this.score()}`);
        this.box.focus();
        return;
      }
      let words = { forward: "hint forward", begin: "hint seed", add: "hint back" }[step.kind];
      if (step.kind === "add" && near(said, step.slope)) words = "hint slope";
      if (step.kind === "add" && step.before !== 0 && near(said, step.product)) words = "hint sum";
      hint.textContent = this.walk.say(words, texts);
      input.select();
    };
    input.onkeydown = (event) => event.key === "Enter" && check();
    requestAnimationFrame(() => input.isConnected && input.focus({ preventScroll: true }));
    return [make("p", {}, input, " ", make("button", { type: "button", textContent: "Check", onclick: check })), hint];
  }

  score() {
    const answers = [...this.answers.values()];
    return this.walk.say("score", { right: answers.filter(Boolean).length, asked: answers.length });
  }

  tell(text) {
    this.told.textContent = text;
  }

  // --- the numbers ---

  panel() {
    const { walk } = this, wants = walk.order.filter((i) => ["wants", "frozen"].includes(walk.nodes[i].kind));
    const asking = make("input", { type: "checkbox" });
    this.asking = asking;
    asking.onchange = () => {
      this.answers.clear();
      this.tell("");
      this.player.show();
    };
    const bar = make("div", { className: "bar" }, make("label", {}, asking, "Ask me first"));
    if (this.data.scopes) {
      const parts = make("input", { type: "checkbox", checked: this.byParts });
      parts.onchange = () => {
        this.byParts = parts.checked;
        this.regroup();
      };
      bar.append(make("label", {}, parts, "Part by part"));
    }
    this.fields = new Map();
    if (walk.live) {
      const rate = this.rate = make("input", { type: "number", step: "any", value: "0.1", className: "rate" });
      this.curve = make("span", { className: "curve" });
      bar.append(
        make("button", { type: "button", textContent: "Take a step", onclick: () => this.train(Number(rate.value)) }),
        make("label", {}, "learning rate", rate), this.curve,
        make("button", { type: "button", textContent: "Reset numbers", onclick: () => this.reset() }));
    }
    const fields = make("div", { className: "leaves" });
    for (const i of walk.live ? wants : []) fields.append(this.leaf(i));
    const legend = make("p", { className: "legend" },
      make("span", { className: "grad", textContent: "■\u00a0grad" }), `: how fast ${walk.names[walk.root]} moves with this box   `,
      make("span", { className: "slope", textContent: "■\u00a0slope" }), ": how fast the next box moves along this arrow   ",
      make("span", { className: "data", textContent: "■\u00a0" }), "a number you may change");
    this.player.details.before(legend, bar, this.told, fields);
    if (walk.apology) this.tell(walk.apology);
  }

  leaf(i) {
    const { names, leaves } = this.walk, name = names[i];
    const input = make("input", { type: "number", step: "any", value: String(leaves[i]) });
    input.setAttribute("aria-label", `${name}, its number`);
    const take = () => Number.isFinite(input.valueAsNumber) && this.set({ [i]: input.valueAsNumber }, input);
    input.oninput = take;
    input.onkeydown = (event) => {
      if (event.key === "Enter") take();
      const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      this.set({ [i]: rounded(this.walk.leaves[i] + way * (event.shiftKey ? 1 : 0.1)) });
    };
    this.fields.set(i, input);
    const nudge = make("button", { type: "button", textContent: `+${NUDGE}`, onclick: () => this.nudge(i) });
    nudge.setAttribute("aria-label", `${name}, nudge by ${NUDGE}`);
    nudge.disabled = !this.walk.nodes[i].wants;
    for (const part of this.player.parts.get(`n${i}`) || []) this.draggable(part, i);
    return make("span", { className: "leafbox" }, make("label", {}, `${name} = `, input), nudge);
  }

  // A box of the picture is dragged to the left or right; what it holds changes by about a hundredth for each pixel.
  draggable(part, i) {
    part.classList.add("leaf");
    part.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      part.setPointerCapture(event.pointerId);
      const from = event.clientX, held = this.walk.leaves[i], unit = 10 ** Math.max(-3, Math.floor(Math.log10(Math.abs(held) || 1))) / 100;
      part.onpointermove = ({ clientX }) => {
        if (Math.abs(clientX - from) > 3) this.player.view.moved = true;
        if (this.player.view.moved) this.set({ [i]: rounded(held + Math.round(clientX - from) * unit) });
      };
      part.onpointerup = part.onpointercancel = () => (part.onpointermove = null);
    });
  }

  // Other numbers for leaves: everything is computed again, and shown at the same step.
  set(numbers, typed) {
    const leaves = [...this.walk.leaves], at = this.player.at, step = this.step(at);
    for (const [i, x] of Object.entries(numbers)) leaves[i] = x;
    const end = at === this.runs.length;
    this.walk.compute(leaves);
    this.group();
    for (const [i, input] of this.fields) if (input !== typed && input.value !== String(leaves[i])) input.value = String(leaves[i]);
    const is = (one) => one.kind === step.kind && one.node === step.node && one.k === step.k && one.way === step.way;
    const same = step ? this.runs.findIndex(([from]) => is(this.walk.steps[from])) : -1;
    this.player.resize(end ? this.runs.length : same < 0 ? at : same);
    this.list();
  }

  // The list of steps says what they are now, where it is open.
  list() {
    const { items, details } = this.player;
    if (!details.open) return;
    items.forEach((item, i) => (item.textContent = this.walk.steps[i] ? this.walk.line(this.walk.steps[i]) : ""));
  }

  // Other numbers to begin with, and the learning rate of a step.
  begin(numbers, rate) {
    this.walk.given = this.walk.given.map((x, i) => (i in numbers ? numbers[i] : x));
    if (rate) this.rate.value = rate;
    this.reset();
  }

  reset() {
    this.losses = [];
    this.curve.replaceChildren();
    this.tell("");
    this.set(Object.fromEntries(this.walk.given.map((x, i) => [i, x])));
  }

  // What a small change really does, beside what the gradient foretold; it runs forward along the arrows.
  nudge(i) {
    const { walk } = this, leaves = [...walk.leaves];
    leaves[i] += NUDGE;
    const found = walk.forward(leaves), root = walk.root, grad = walk.grads[i];
    this.tell(walk.say("nudge", {
      name: walk.names[i], root: walk.names[root], moved: formatNumber(found.data[root] - walk.data[root]),
      grad: formatNumber(grad), foretold: formatNumber(NUDGE * grad),
    }));
    const moving = [i, ...walk.order.filter((j) => walk.nodes[j].row && found.data[j] !== walk.data[j])];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    clearInterval(this.running);
    const clear = () => this.box.querySelectorAll(".nudged").forEach((part) => part.classList.remove("nudged"));
    clear();
    let next = 0;
    this.running = setInterval(() => {
      if (next < moving.length) for (const name of [`n${moving[next]}`, `o${moving[next]}`]) (this.player.parts.get(name) || []).forEach((part) => part.classList.add("nudged"));
      if (++next > moving.length + 5) {
        clearInterval(this.running);
        clear();
      }
    }, 150);
  }

  // Each number a little against its gradient: one step of gradient descent.
  train(rate) {
    const { walk } = this, before = walk.data[walk.root];
    if (!Number.isFinite(rate)) return;
    if (!this.losses.length) this.losses.push(before);
    const moved = {};
    walk.nodes.forEach((node, i) => node.kind === "wants" && (moved[i] = walk.leaves[i] - rate * walk.grads[i]));
    this.set(moved);
    this.losses.push(walk.data[walk.root]);
    this.tell(walk.say("stepped", { rate: formatNumber(rate), root: walk.names[walk.root], before: formatNumber(before), after: formatNumber(walk.data[walk.root]) }));
    this.curve.replaceChildren(plot(120, 30, this.losses.map((y, x) => [x, y])));
  }

  // --- what an arrow and a box say when they are pointed at ---

  look() {
    const { view } = this.player;
    if (!view) return;
    view.svg.setAttribute("role", "group"); // of an image, what is inside would not be told
    view.svg.setAttribute("aria-label", view.svg.querySelector("title").textContent);
    const over = (event) => {
      const part = event.target.closest && event.target.closest("g[data-part]");
      if (part) this.explain(part.dataset.part.split(" ").pop());
    };
    const out = () => this.explain();
    for (const type of ["pointerover", "focusin"]) view.svg.addEventListener(type, over);
    for (const type of ["pointerleave", "focusout"]) view.svg.addEventListener(type, out);
  }

  // The parts of the step are reached by the keyboard.
  focusable(marked) {
    for (const part of this.reached || []) for (const said of ["tabindex", "role", "aria-label"]) part.removeAttribute(said);
    this.reached = this.player ? marked.filter((part) => /^e|^n/.test(part.dataset.part)) : [];
    for (const part of this.reached) {
      part.tabIndex = 0;
      part.setAttribute("role", "img");
      part.setAttribute("aria-label", this.name(part.dataset.part.split(" ").pop()));
    }
  }

  // A box or an arrow, for those who hear the page.
  name(part) {
    const { walk } = this, edge = /^e(\d+)\.(\d+)$/.exec(part), box = /^n(\d+)/.exec(part);
    if (edge) return walk.arrow({ node: edge[1], k: edge[2], parent: walk.nodes[edge[1]].operands[edge[2]] });
    return box ? walk.names[box[1]] : part;
  }

  // Beside the card: of an arrow its curve, of a box its ways; of nothing that is pointed at, of the arrow of the step.
  explain(name) {
    const step = this.player && this.step(this.player.at);
    if (!name && step && step.kind === "add" && !this.asks(this.player.at)) name = `e${step.node}.${step.k}`;
    const { walk } = this, edge = /^e(\d+)\.(\d+)$/.exec(name), box = /^n(\d+)/.exec(name);
    let lines = [];
    if (edge && walk.live) lines = this.explainArrow(Number(edge[1]), Number(edge[2]));
    else if (box) lines = this.explainBox(Number(box[1]));
    this.looked.replaceChildren(...lines);
  }

  explainArrow(node, k) {
    const { walk } = this, { row, operands } = walk.nodes[node], xs = operands.map((j) => walk.data[j]), x0 = xs[k], y0 = walk.data[node];
    const reach = 1.5 * Math.max(1, Math.abs(x0)), slope = walk.slopes[node][k], points = [];
    for (let i = -40; i <= 40; i++) {
      const x = x0 + (reach * i) / 40, y = row.forward(...xs.map((old, j) => (j === k ? x : old)));
      if (Number.isFinite(y)) points.push([x, y]);
    }
    const text = walk.say("curve", { node: walk.names[node], parent: walk.names[operands[k]], slope: formatNumber(slope) });
    return [make("p", {}, text), plot(200, 110, points, [x0, y0], slope)];
  }

  explainBox(i) {
    const { walk } = this, ways = walk.steps.slice(0, (this.runs[this.player.at] || [0, this.player.at < 0 ? 0 : walk.steps.length])[1]).filter((step) => step.kind === "add" && step.parent === i);
    if (!ways.length) return [];
    const head = walk.say("box", { node: walk.names[i], root: walk.names[walk.root], grad: formatNumber(ways.at(-1).after) });
    return [make("p", {}, head), ...ways.slice(0, 6).map((step) => make("p", {}, ...coloured("{node}.grad × slope = {grad} × {slope} = {product}", walk.texts(step))))];
  }
}

// One number, or the smallest and the largest of several.
function range(xs) {
  const low = formatNumber(Math.min(...xs)), high = formatNumber(Math.max(...xs));
  return low === high ? low : `${low} … ${high}`;
}

// Without the noise of binary fractions.
const rounded = (x) => Number(x.toPrecision(12));

// A curve, with a point on it and the tangent there.
function plot(width, height, points, point, slope) {
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y).filter(Number.isFinite);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const X = (x) => 4 + ((width - 8) * (x - left)) / (right - left || 1), Y = (y) => height - 4 - ((height - 8) * (y - low)) / (high - low || 1);
  const line = (some, mark) => {
    const shown = some.filter(([x, y]) => Number.isFinite(x + y)).map(([x, y]) => `${X(x).toFixed(1)},${Y(y).toFixed(1)}`);
    return `<polyline class="${mark}" points="${shown.join(" ")}"/>`;
  };
  let inside = line(points, "plotted");
  if (point && Number.isFinite(slope)) {
    const run = (right - left) / 4;
    inside += line([[point[0] - run, point[1] - run * slope], [point[0] + run, point[1] + run * slope]], "tangent");
    inside += `<circle class="point" cx="${X(point[0])}" cy="${Y(point[1])}" r="4"/>`;
  }
  const svg = `<svg aria-hidden="true" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inside}</svg>`;
  return make("span", { innerHTML: svg }).firstChild; // of numbers alone
}

// Take those that have not begun; one of which the rows are still to come is left to the script that comes after them.
for (const box of document.querySelectorAll(".stepgrad-player.walk:not([data-ready])")) {
  const text = box.querySelector('script[type="application/json"]'), data = text && JSON.parse(text.textContent);
  if (data && (box.rows || !data.live)) new Live(box, data);
}
