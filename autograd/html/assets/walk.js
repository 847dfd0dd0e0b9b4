// A walk computed in the page: the numbers of a graph, its steps forward and back, and what is said of each.
// The rows of the table come printed from Python (``rows``), the words as templates; here is the walk alone.
const product = (g, p) => (g !== 0 && p !== 0 ? g * p : 0);

class Walk {
  constructor(data, rows) {
    Object.assign(this, data);
    this.count = data.nodes.length;
    this.root = this.count - 1;
    this.rows = data.rows.map((row) => ({ ...row, ...(rows ? rows[row.key] : {}) }));
    const isLeaf = ([, kind]) => typeof kind === "string";
    this.nodes = data.nodes.map((node) => {
      if (isLeaf(node)) return { kind: node[1], wants: node[1] === "wants" };
      const [number, operands, receivers = [...operands.keys()], places = {}, written] = node, row = this.rows[number];
      return { row, operands, receivers, places, wants: receivers.length > 0, written: written || fill(row.written, operands.map((j) => data.names[j])) };
    });
    this.given = data.nodes.map((node) => (isLeaf(node) ? Number(node[0]) : NaN));
    this.ways = Array(this.count).fill(0);
    for (const node of this.nodes) for (const k of node.receivers || []) this.ways[node.operands[k]]++;
    this.compute(this.given);
  }

  // --- the numbers ---

  // The number of every value, its slopes, the special point that holds and the branches of its rule.
  forward(leaves) {
    const found = { data: [...leaves], slopes: [], special: [], branches: [] };
    for (const i of this.order) {
      const { row, operands } = this.nodes[i];
      if (!row) continue;
      if (!this.live) {
        const [x, slopes, special, branches] = this.numbers[i];
        [found.data[i], found.slopes[i], found.special[i], found.branches[i]] = [Number(x), slopes.map(Number), special, branches];
        continue;
      }
      const xs = operands.map((j) => found.data[j]);
      found.data[i] = row.forward(...xs);
      found.slopes[i] = row.partials(...xs, found.data[i]);
      found.special[i] = row.special(...xs, found.data[i]);
      found.branches[i] = row.branches(...xs, found.data[i]);
    }
    return found;
  }

  compute(leaves) {
    this.leaves = leaves;
    Object.assign(this, this.forward(leaves));
    this.steps = [];
    let broken = false;
    for (const node of this.order) {
      if (!this.nodes[node].row) continue;
      const infinite = !broken && !Number.isFinite(this.data[node]);
      broken = broken || infinite;
      this.steps.push({ kind: "forward", node, infinite });
    }
    this.since = new Map(this.steps.map((step, i) => [step.node, i]));
    this.grads = Array(this.count).fill(0);
    if (!this.nodes[this.root].wants) this.steps.push({ kind: "nothing back", node: this.root });
    else if (!Number.isFinite(this.data[this.root])) this.steps.push({ kind: "no start", node: this.root });
    else this.backward();
  }

  backward() {
    this.grads[this.root] = 1;
    this.steps.push({ kind: "begin", node: this.root, after: 1 });
    this.received = Array(this.count).fill(0);
    if (this.naive) this.walkNaively();
    else this.sweep(true);
  }

  // Each value once, after everything that was computed from it.
  sweep(recording) {
    const last = new Map();
    for (const node of [...this.order].reverse()) {
      const { receivers, operands } = this.nodes[node];
      if (!receivers || !receivers.length) continue;
      if (this.grads[node] === 0) {
        if (recording && this.received[node]) this.steps.push({ kind: "stop", node, below: [...new Set(receivers.map((k) => operands[k]))] });
        continue;
      }
      for (const k of receivers) {
        const step = this.add(node, k);
        if (!recording) continue;
        this.steps.push(step);
        last.set(step.parent, step);
      }
    }
    for (const [leaf, step] of last) {
      const held = this.held[leaf];
      if (!this.nodes[leaf].row && held && held !== this.grads[leaf]) step.held = held;
    }
  }

  walkNaively() {
    const before = new Map();
    let flagged = false;
    for (const [node, k] of this.naive) {
      const sent = before.get(`${node}.${k}`) || 0;
      before.set(`${node}.${k}`, this.grads[node]);
      const step = this.add(node, k);
      if (product(sent, step.slope) !== 0) [step.sent, flagged] = [sent, true];
      this.steps.push(step);
    }
    const naive = this.grads, step = { kind: "compare", node: this.root, wrong: [] };
    if (flagged || this.stopped) {
      this.grads = Array(this.count).fill(0);
      this.grads[this.root] = 1;
      this.sweep(false);
      const right = this.grads;
      this.nodes.forEach((node, i) => {
        const near = Math.abs(naive[i] - right[i]) <= 1e-9 * Math.max(Math.abs(naive[i]), Math.abs(right[i]));
        if (node.kind === "wants" && !near && naive[i] !== right[i]) step.wrong.push([i, naive[i], right[i]]);
      });
      this.grads = naive;
    }
    this.steps.push(step);
  }

  // node passes its gradient on along the arrow from its operand k.
  add(node, k) {
    const parent = this.nodes[node].operands[k], grad = this.grads[node], slope = this.slopes[node][k];
    const before = this.grads[parent], contribution = product(grad, slope), after = before + contribution;
    this.grads[parent] = after;
    return { kind: "add", node, k, parent, grad, slope, product: contribution, before, after, way: ++this.received[parent] };
  }

  // --- the words ---

  say(words, texts) {
    return fill(this.words[words], texts);
  }

  texts(step) {
    const found = { node: this.names[step.node], name: this.names[step.node], root: this.names[this.root] };
    if (step.parent !== undefined) Object.assign(found, { parent: this.names[step.parent], way: step.way, ways: this.ways[step.parent] });
    for (const what of ["grad", "slope", "product", "before", "after", "sent", "held"]) {
      if (step[what] !== undefined) found[what] = formatNumber(step[what]);
    }
    if (step.kind === "add") found.arrow = this.arrow(step);
    if (step.kind === "begin") found.grad = "1";
    if (step.kind === "stop") {
      const below = step.below.map((i) => this.names[i]);
      found.below = below.slice(0, 4).join(", ") + (below.length > 4 ? ` and ${below.length - 4} more` : "");
      found.grad = "0";
    }
    if (this.nodes[step.node].row) {
      const { row, operands, written } = this.nodes[step.node];
      found.written = written;
      found.numbers = fill(row.numbers, operands.map((j) => formatNumber(this.data[j])));
    }
    found.data = formatNumber(this.data[step.node]);
    return found;
  }

  arrow({ node, k, parent }) {
    const place = this.nodes[node].places[k], texts = { parent: this.names[parent], node: this.names[node], place };
    return this.say(place ? "arrow of one operand" : "arrow", texts);
  }

  // The special point of a value's row, in words.
  point(node) {
    const i = this.special[node];
    return i < 0 ? "" : fill(this.nodes[node].row.notes[i], { slope: formatNumber(this.slopes[node][0]) });
  }

  note(step) {
    const joined = (...notes) => notes.filter(Boolean).join("; "), texts = this.texts(step);
    if (step.kind === "forward") return joined(this.point(step.node), step.infinite && this.say("not finite", {}));
    if (step.kind === "compare") {
      return this.stopped || this.say(step.wrong.length ? "must wait" : "nothing twice", {});
    }
    if (step.kind !== "add") return "";
    let special = this.point(step.node);
    if (step.product === 0 && !(Number.isFinite(step.grad) && Number.isFinite(step.slope))) special = joined(special, this.say("zero", {}));
    else if (step.slope === 0 && !special) special = this.say("flat", {});
    else if (!Number.isFinite(step.slope) && !special) special = this.say("steep", texts);
    if (step.sent !== undefined) return joined(this.say("wrong", texts), special);
    return joined(special, step.way > 1 && step.way <= this.ways[step.parent] && this.say("ways", texts), step.held !== undefined && this.say("earlier", texts));
  }

  // The line of a step.
  line(step) {
    const texts = this.texts(step), note = this.note(step);
    let said;
    if (step.kind === "forward") {
      const given = this.nodes[step.node].operands.every((j) => this.nodes[j].kind === "given");
      said = this.say(given ? "forward given" : "forward", texts);
    } else if (step.kind === "compare") {
      const parts = step.wrong.slice(0, 3).map(([i, grad, right]) =>
        this.say("compare", { node: this.names[i], grad: formatNumber(grad), right: formatNumber(right) }));
      if (step.wrong.length > 3) parts.push(this.say("more wrong", { more: step.wrong.length - 3 }));
      said = parts.join("; ") || this.say("same result", {});
    } else said = this.say(step.kind, texts);
    return note ? `${said} — ${note}` : said;
  }

  // Where the slope of a step comes from: in symbols, in numbers, and what it is.
  derivation(step) {
    const { row, operands } = this.nodes[step.node];
    let choice = row.slopes[step.k];
    while (typeof choice !== "string") choice = this.branches[step.node][choice[0]] ? choice[1] : choice[2];
    const value = formatNumber(step.slope);
    if (!choice) return { text: value, remark: "" };
    const texts = (of) => Object.assign(operands.map(of), { out: of(step.node) });
    const sides = [fill(choice, texts((i) => this.names[i])), fill(choice, texts((i) => formatNumber(this.data[i]))), value];
    return { text: [...new Set(sides)].join(" = "), remark: choice.replaceAll("{(", "").includes("(") ? row.remark : "" };
  }

  // The line of the program that made the value of a step, if it is known.
  source({ node }) {
    return this.sources ? this.sources[this.sourceOf[node]] || "" : "";
  }

  // The lines of the card: [words or a text, what is put into its slots].
  card(step) {
    const texts = this.texts(step), [formula, ...notes] = this.line(step).split(" — "), note = notes.join(" — ");
    const own = (text) => [null, { text }];
    let lines;
    if (step.kind === "forward") {
      const operands = [...new Set(this.nodes[step.node].operands.map((j) => this.names[j]))].join(", ");
      lines = [own(formula), ["computed", { operands }], own(note)];
    } else if (step.kind === "begin") lines = [["seed", texts], ["seed, why", texts]];
    else if (step.kind === "add") {
      const { text, remark } = this.derivation(step), several = this.ways[step.parent] > 1;
      const rest = step.sent === undefined && several ? note.replace(this.say("ways", texts), "").replace(/^; |; $/g, "") : note;
      lines = [
        ["slope", { ...texts, derivation: text }], ["product", texts], [several ? "sum" : "one way", texts], ["rate", texts],
        several && step.way <= this.ways[step.parent] ? ["add up", texts] : own(""), own(remark), own(rest),
      ];
      if (step.sent !== undefined) lines = [...lines.slice(0, 2), ["sum", texts], own(note)];
    } else lines = [own(formula), own(note), step.kind === "stop" ? ["stopped", texts] : own("")];
    lines.push(own(this.source(step)));
    return lines.filter(([words, { text }]) => words || text);
  }
}
