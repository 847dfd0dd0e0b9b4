// The film of a training: after each epoch the curve, what the model and each hidden neuron answer on the plane of two
// inputs, and the numbers of each layer.  The page computes what is answered: the model comes printed from Python.
const FINEST = 160, TILE = 40; // points across and up, of the plane and of a neuron's tile
const COSTLY = 400; // parameters of a model for which the plane has fewer points
const LENGTH = 15000, SHORTEST = 60; // milliseconds that the whole film takes, and the least that an epoch stays

class Film {
  constructor(box, data) {
    Object.assign(this, { box, data, last: data.epochs.length - 1, done: -1 });
    const figures = [...box.querySelectorAll("figure")];
    for (const figure of figures) {
      const image = figure.querySelector("img");
      if (!image) continue;
      const svg = inlined(image), view = figure.matches(".graph") && new View(svg);
      image.replaceWith(...(view ? [view.buttons, view.element] : [svg]));
    }
    this.figure = (kind) => figures.find((figure) => figure.dataset.kind === kind);
    this.graphs = figures.filter((figure) => figure.matches(".graph"));
    this.prepareCurve();
    if (data.plane && box.model) this.preparePlane();
    this.cells = [...box.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const film = {
      counted: "Epoch", names: {}, last: this.last, classes: new Set(), written: new Set(), above: box.querySelector(".panes"),
      pause: Math.max(still ? 1000 : SHORTEST, Math.min(1500, LENGTH / (this.last + 1))),
      marks: () => [], texts: () => new Map(), seen: () => 0,
      item: (at) => data.listed.findLastIndex((epoch) => epoch <= data.epochs[at]),
      said: (at) => this.said(at),
      label: (at) => `after epoch ${data.epochs[at]} of ${data.count}`,
      place: (at) => `epoch ${data.epochs[at]} / ${data.count}`,
      shown: (at) => {
        this.show(at);
        this.walk(at);
      },
    };
    this.player = play(box, film);
    this.player.items.forEach((item, i) => (item.onclick = (event) => {
      event.stopPropagation();
      this.go(data.listed[i]);
    }));
    this.player.go(this.last);
    // What comes after the film in its page is there when all is read.
    const begin = () => {
      this.row = box.parentElement.querySelector("details.onerow");
      if (this.row) this.row.addEventListener("toggle", () => this.walk(this.player.at));
      this.walk(this.player.at);
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
    else begin();
  }

  // To the frame that is nearest to an epoch.
  go(epoch) {
    const away = this.data.epochs.map((one) => Math.abs(one - epoch));
    this.player.go(away.indexOf(Math.min(...away)));
  }

  // What was recorded of the epoch of a frame; before the first epoch nothing was.
  record(at) {
    return at - (this.data.epochs[0] === 0 ? 1 : 0);
  }

  said(at) {
    const { data } = this, i = this.record(at), epoch = data.epochs[at];
    if (i < 0) return "before the first epoch: the model as it was made";
    const loss = data.losses[i], layers = data.layers[i].map(([gradient, moved], k) => `${this.layer(k)}: gradient ${gradient}, moved ${moved}`);
    return `after epoch ${epoch}: loss ${loss === null ? "not finite" : formatNumber(loss)}; ${layers.join("; ")}`;
  }

  layer(k) {
    return this.cells[k][0].parentElement.querySelector("th").textContent;
  }

  show(at) {
    const { data } = this, i = this.record(at), epoch = data.epochs[at];
    const units = data.units.findLast(([since]) => since <= epoch);
    this.cells.forEach((cells, k) => {
      const texts = i < 0 ? ["", "", ""] : [...data.layers[i][k], units ? units[1][k] : ""];
      cells.forEach((cell, j) => (cell.textContent = texts[j]));
    });
    this.moveCursor(epoch, i < 0 ? null : data.losses[i]);
    const shown = this.graphs.filter((figure) => Number(figure.dataset.kind.slice(5)) <= epoch).at(-1) || this.graphs[0];
    for (const figure of this.graphs) figure.hidden = figure !== shown;
    if (this.model) this.paint(at);
  }

  // --- the curve ---

  prepareCurve() {
    const svg = this.figure("loss").querySelector("svg"), [left, across] = this.data.curve;
    this.dot = svg.querySelector("circle.now");
    this.line = document.createElementNS(svg.namespaceURI, "line");
    this.line.setAttribute("class", "cursor");
    svg.append(this.line);
    if (this.dot) svg.append(this.dot);
    const take = (event) => {
      const { x } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      this.go((x - left) / across + 1);
    };
    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      take(event);
      svg.setPointerCapture(event.pointerId);
      svg.onpointermove = take;
    });
    svg.onpointerup = svg.onpointercancel = () => (svg.onpointermove = null);
  }

  moveCursor(epoch, loss) {
    const [left, across, below, up] = this.data.curve, x = left + across * Math.max(epoch - 1, 0);
    for (const [name, value] of Object.entries({ x1: x, x2: x, y1: 14, y2: below })) this.line.setAttribute(name, value);
    if (!this.dot) return;
    this.dot.style.display = loss === null ? "none" : "";
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", below - up * Math.max(loss, 0));
  }

  // --- the plane, and a tile for each hidden neuron ---

  preparePlane() {
    const { plane } = this.data, figure = this.figure("plane"), svg = figure.querySelector("svg");
    this.model = this.box.model;
    this.fine = this.data.numbers[0].length > COSTLY ? FINEST / 2 : FINEST;
    this.canvas = make("canvas", { width: this.fine, height: this.fine });
    this.canvas.setAttribute("aria-hidden", "true");
    svg.querySelector(".areas").remove();
    svg.querySelector(".ground").remove();
    const holder = make("div", { className: "plane" });
    svg.replaceWith(holder);
    holder.append(this.canvas, svg);
    this.tiles = [];
    const groups = new Map();
    for (const [layer, name] of plane.units) {
      const canvas = make("canvas", { width: TILE, height: TILE });
      canvas.setAttribute("role", "img");
      this.tiles.push([canvas, name]);
      if (!groups.has(layer)) groups.set(layer, make("p", {}, make("span", { textContent: layer })));
      groups.get(layer).append(canvas);
    }
    if (groups.size) this.figure("tiles").append(...groups.values());
    this.colours = plane.colours.map((text) => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)));
  }

  paint(at) {
    const { plane, numbers } = this.data, [left, right, low, high] = plane.corners, n = this.fine, every = n / TILE;
    const model = this.model(...numbers[at]), [count, hidden] = [plane.outputs, this.tiles.length];
    const classes = new Uint8Array(n * n), sure = new Float32Array(n * n), unit = this.tiles.map(() => new Float32Array(TILE * TILE));
    for (let j = 0; j < n; j++) {
      const y = high - ((high - low) * (j + 0.5)) / n; // the top row first
      for (let i = 0; i < n; i++) {
        const found = model(left + ((right - left) * (i + 0.5)) / n, y);
        [classes[j * n + i], sure[j * n + i]] = count === 1 ? this.side(found[0]) : best(found, count);
        if (j % every || i % every) continue;
        for (let k = 0; k < hidden; k++) unit[k][(j / every) * TILE + i / every] = found[count + k];
      }
    }
    const border = (p) => (p % n < n - 1 && classes[p] !== classes[p + 1]) || (p < n * (n - 1) && classes[p] !== classes[p + n]);
    draw(this.canvas, n, (p) => (border(p) ? [110, 110, 110, 1] : [...this.colours[classes[p] % this.colours.length], 0.08 + 0.55 * sure[p]]));
    this.tiles.forEach(([canvas, name], k) => {
      const xs = unit[k], most = xs.reduce((m, x) => Math.max(m, Math.abs(x)), 0) || 1;
      draw(canvas, TILE, (p) => [...this.colours[xs[p] > 0 ? 1 : 0], (0.9 * Math.abs(xs[p])) / most || 0]);
      const said = `${name}: from ${formatNumber(rounded3(Math.min(...xs)))} to ${formatNumber(rounded3(Math.max(...xs)))}`;
      canvas.setAttribute("aria-label", said);
      canvas.title = said;
    });
  }

  // Of one output: the class, and how far from the border it is.
  side(out) {
    const { threshold, reach } = this.data.plane;
    return [out > threshold ? 1 : 0, Math.min(Math.abs(out - threshold) / reach, 1) || 0];
  }

  // --- the walk through one row ---

  // With the numbers of the epoch, which are computed when somebody sees them.
  walk(at) {
    const { row, data } = this;
    if (!row) return;
    row.querySelector("summary").textContent = `One row after epoch ${data.epochs[at]}: forward, loss and backward`;
    const { live } = row.querySelector(".stepgrad-player");
    if (!live || !live.walk.live || !row.open || this.done === at) return;
    this.done = at;
    const leaves = row.dataset.leaves.split(" ").map(Number), numbers = {};
    leaves.forEach((leaf, i) => leaf >= 0 && (numbers[leaf] = data.numbers[at][i]));
    live.begin(numbers, data.rates[Math.max(this.record(at), 0)]);
  }
}

const rounded3 = (x) => Number(x.toPrecision(3));

// Of several outputs: the largest, and how much surer the softmax of them is of it than of the second.
function best(outs, count) {
  let first = 0, second = -Infinity, sum = 0;
  for (let k = 1; k < count; k++) if (outs[k] > outs[first]) first = k;
  for (let k = 0; k < count; k++) {
    sum += Math.exp(outs[k] - outs[first]);
    if (k !== first && outs[k] > second) second = outs[k];
  }
  return [first, (1 - Math.exp(second - outs[first])) / sum || 0];
}

// A colour, [red, green, blue, from 0 to 1 how much of it], at each point of a square.
function draw(canvas, n, colour) {
  const context = canvas.getContext("2d"), image = context.createImageData(n, n);
  for (let p = 0; p < n * n; p++) {
    const [red, green, blue, alpha] = colour(p);
    image.data.set([red, green, blue, 255 * alpha], 4 * p);
  }
  context.putImageData(image, 0, 0);
}

for (const box of document.querySelectorAll(".stepgrad-player.film:not([data-ready])")) {
  const text = box.querySelector('script[type="application/json"]');
  if (text) new Film(box, JSON.parse(text.textContent));
}
