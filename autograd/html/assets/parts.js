// Boxes that open in place.  dot laid every picture out by itself; to make room for what is inside a box, all
// coordinates go through two maps that only ever grow, one for x and one for y: nothing comes to overlap.
for (const root of document.querySelectorAll(".stepgrad-parts:not([data-ready])")) (() => {
  "use strict";
  const NS = "http://www.w3.org/2000/svg", PAD = 12, HEAD = 26;
  const numbers = text => (text.match(/-?\d+(\.\d+)?/g) || []).map(Number);
  const shape = (tag, attributes, parent) => {
    const made = document.createElementNS(NS, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return parent.appendChild(made);
  };
  const title = g => g.querySelector(":scope > title").textContent;

  class Picture {
    constructor(svg, owner) {
      this.svg = svg;
      this.owner = owner; // the box that it is inside of
      svg.setAttribute("role", "group");
      [this.left, this.top, this.width, this.height] = numbers(svg.getAttribute("viewBox"));
      this.graph = svg.querySelector("g.graph");
      this.ground = this.graph.querySelector(":scope > polygon");
      [this.x, this.y] = numbers(/translate\(([^)]*)\)/.exec(this.graph.getAttribute("transform"))[1]);
      const of = name => [...this.graph.querySelectorAll(`:scope > g.${name}`)];
      this.boxes = new Map(of("node").map(g => [title(g), new Box(g, this)]));
      this.edges = of("edge").map(g => {
        const [tail, head] = title(g).split("->").map(name => this.boxes.get(name.split(":")[0]));
        const shapes = [...g.querySelectorAll("path, polygon")].map(drawn => {
          const key = drawn.tagName === "path" ? "d" : "points";
          return {drawn, key, at: numbers(drawn.getAttribute(key))};
        });
        return {tail, head, shapes, texts: [...g.querySelectorAll("text")]};
      });
    }

    // Where a coordinate goes, once the open boxes have taken their room.
    map(axis) {
      const open = [...this.boxes.values()].filter(box => box.open).map(box => {
        const [low, high] = axis ? [box.y0, box.y1] : [box.x0, box.x1];
        return {low, high, slope: Math.max(0, box.room()[axis] / (high - low) - 1)};
      });
      const cuts = [...new Set(open.flatMap(one => [one.low, one.high]))].sort((a, b) => a - b);
      const steps = cuts.slice(1).map((high, i) => {
        const low = cuts[i];
        return {low, high, slope: Math.max(0, ...open.filter(o => o.low <= low && o.high >= high).map(o => o.slope))};
      });
      return x => steps.reduce((sum, s) => sum + s.slope * Math.max(0, Math.min(x, s.high) - s.low), x);
    }

    layout() {
      const f = this.map(0), g = this.map(1);
      for (const box of this.boxes.values()) box.place(f, g);
      const shift = (box, x, y) => box && !box.open ? box.shift : [f(x) - x, g(y) - y];
      for (const {tail, head, shapes, texts} of this.edges) {
        for (const {drawn, key, at} of shapes) {
          const count = at.length / 2, moved = [];
          const tip = key === "points";
          for (let i = 0; i < count; i++) {
            const [x, y] = [at[2 * i], at[2 * i + 1]];
            let by = [f(x) - x, g(y) - y];
            if (!tip && i < 2) by = shift(tail, at[0], at[1]);
            if (tip || i >= count - 2) by = shift(head, at[tip ? 2 : at.length - 2], at[tip ? 3 : at.length - 1]);
            moved.push([x + by[0], y + by[1]].map(n => n.toFixed(2)).join(","));
          }
          drawn.setAttribute(key, tip ? moved.join(" ") : `M${moved[0]}C${moved.slice(1).join(" ")}`);
        }
        for (const text of texts) {
          const [x, y] = [+text.getAttribute("x"), +text.getAttribute("y")];
          text.setAttribute("transform", `translate(${f(x) - x} ${g(y) - y})`);
        }
      }
      const grown = (map, from, size) => size + map(from + size) - (from + size);
      this.size = [grown(f, this.left - this.x, this.width), grown(g, this.top - this.y, this.height)];
      const [w, h] = this.size;
      this.svg.setAttribute("viewBox", `${this.left} ${this.top} ${w} ${h}`);
      if (this.owner) {
        this.svg.setAttribute("width", w);
        this.svg.setAttribute("height", h);
      } else view.resize(w, h);
      const [l, t] = [this.left - this.x, this.top - this.y];
      this.ground.setAttribute("points", `${l},${t} ${l + w},${t} ${l + w},${t + h} ${l},${t + h}`);
      if (this.owner) this.owner.picture.layout();
    }
  }

  class Box {
    constructor(g, picture) {
      this.g = g;
      this.picture = picture;
      this.open = false;
      this.shift = [0, 0];
      const outline = g.querySelector("path, polygon");
      const at = numbers(outline.getAttribute(outline.tagName === "path" ? "d" : "points"));
      const xs = at.filter((_, i) => i % 2 === 0), ys = at.filter((_, i) => i % 2);
      [this.x0, this.x1, this.y0, this.y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    }

    // Becomes a button that opens what the details hold.
    arm(details) {
      this.details = details;
      this.name = details.querySelector(":scope > summary").textContent;
      this.inner = new Picture(details.querySelector(":scope > svg"), this);
      this.closed = [...this.g.children].filter(child => child.tagName !== "title");
      this.sign = shape("text", {class: "sign", x: this.x1 - 13, y: this.y0 + 16, "aria-hidden": "true"}, this.g);
      this.sign.textContent = "+";
      this.g.querySelector("title").textContent = this.name;
      for (const [key, value] of [["role", "button"], ["tabindex", "0"], ["aria-label", this.name]])
        this.g.setAttribute(key, value);
      this.g.setAttribute("aria-expanded", "false");
      this.g.addEventListener("click", () => view.moved || this.toggle(!this.open, true));
      this.g.addEventListener("keydown", event => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.toggle(!this.open, true);
      });
      for (const inner of details.querySelectorAll(":scope > details"))
        this.inner.boxes.get(inner.dataset.box).arm(inner);
    }

    get parts() {
      return [...this.inner.boxes.values()].filter(box => box.details);
    }

    // Width and height of the frame.
    room() {
      const [w, h] = this.inner.size;
      return [Math.max(w + 2 * PAD, 8.5 * Math.min(this.name.length, 60) + 40), h + HEAD + PAD];
    }

    // By the learner's own hand, what opens is brought into view.
    toggle(open, touched = false) {
      if (open === this.open) return;
      this.open = open;
      this.g.setAttribute("aria-expanded", open);
      this.sign.textContent = open ? "−" : "+";
      for (const child of this.closed) child.style.display = open ? "none" : "";
      if (open) {
        this.frame = shape("rect", {class: "frame", rx: 8}, this.g);
        this.heading = shape("text", {class: "heading"}, this.g);
        this.heading.textContent = this.name.length > 60 ? this.name.slice(0, 59) + "…" : this.name;
        this.g.append(this.sign);
        this.picture.graph.append(this.inner.svg);
      } else {
        this.frame.remove();
        this.heading.remove();
        this.inner.svg.remove();
      }
      this.inner.size ? this.picture.layout() : this.inner.layout();
      if (touched) bring(view.frame, [this.g], PAD);
      say(`${this.name}: ${open ? `open, ${this.inner.boxes.size} boxes inside` : "closed"}`);
    }

    place(f, g) {
      if (!this.open) {
        const x = (this.x0 + this.x1) / 2, y = (this.y0 + this.y1) / 2;
        this.shift = [f(x) - x, g(y) - y];
        this.g.setAttribute("transform", `translate(${this.shift})`);
        if (this.sign) this.put(this.sign, this.x1 - 13, this.y0 + 16);
        return;
      }
      this.g.removeAttribute("transform");
      const [l, t, r, b] = [f(this.x0), g(this.y0), f(this.x1), g(this.y1)], [w, h] = this.inner.size;
      this.put(this.frame, l, t);
      this.frame.setAttribute("width", r - l);
      this.frame.setAttribute("height", b - t);
      this.put(this.heading, l + PAD, t + 18);
      this.put(this.sign, r - 15, t + 18);
      this.put(this.inner.svg, (l + r - w) / 2, (t + HEAD + b - PAD - h) / 2);
    }

    put(drawn, x, y) {
      drawn.setAttribute("x", x);
      drawn.setAttribute("y", y);
    }
  }

  root.dataset.ready = "";
  const holder = root.querySelector(".stepgrad-view"), svg = holder.querySelector("svg");
  const view = new View(svg), whole = new Picture(svg, null);
  holder.append(view.element);
  const bar = make("div", {className: "bar"}), said = make("span");
  const say = text => { said.textContent = text; };
  said.setAttribute("role", "status");
  const armed = [...root.querySelectorAll(":scope > details")].map(details => {
    const box = whole.boxes.get(details.dataset.box);
    box.arm(details);
    return box;
  });
  const all = (boxes, open) => boxes.forEach(box => {
    box.toggle(open);
    all(box.parts, open);
  });
  for (const [name, open] of armed.length ? [["Open all", true], ["Close all", false]] : []) {
    const onclick = () => {
      all(armed, open);
      say(open ? "all open" : "all closed");
    };
    bar.append(make("button", {type: "button", textContent: name, onclick}));
  }
  bar.append(view.buttons, said);
  root.prepend(bar);
})();
