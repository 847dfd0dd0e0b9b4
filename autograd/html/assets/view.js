function make(tag, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inside);
  return made;
}

// Scroll the holder, never the page, as little as shows some elements in it.
function bring(holder, elements, margin = 0) {
  if (!elements.length) return;
  const outer = holder.getBoundingClientRect(), inner = elements.map((element) => element.getBoundingClientRect());
  const past = (from, to) => {
    const low = Math.min(...inner.map((one) => one[from])) - margin, high = Math.max(...inner.map((one) => one[to])) + margin;
    if (high - low > outer[to] - outer[from]) return (low + high - outer[from] - outer[to]) / 2;
    return low < outer[from] ? low - outer[from] : high > outer[to] ? high - outer[to] : 0;
  };
  holder.scrollBy(past("left", "right"), past("top", "bottom"));
}

// A picture that is as large as the room for it, or as its text needs to be read; it zooms, pans and follows the steps.
class View {
  constructor(svg) {
    this.svg = svg;
    [, , this.width, this.height] = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    this.frame = make("div", { className: "picture" }, svg);
    this.element = make("div", { className: "view" }, this.frame);
    this.zoom = 0; // as large as the room, and no smaller than can be read
    const button = (text, name, act) => {
      const made = make("button", { type: "button", textContent: text, title: name, onclick: act });
      made.setAttribute("aria-label", name);
      return made;
    };
    this.buttons = make("span", { className: "zoom" },
      button("−", "Smaller", () => this.scale(1 / 1.25)),
      button("+", "Larger", () => this.scale(1.25)),
      button("Fit", "Fit: the whole picture", () => this.set(this.whole())));
    this.buttons.setAttribute("role", "group");
    this.buttons.setAttribute("aria-label", "Size of the picture");
    new ResizeObserver(() => this.set(this.zoom)).observe(this.frame);
    this.frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.scale(event.deltaY < 0 ? 1.1 : 1 / 1.1);
    }, { passive: false });
    this.pan();
  }

  // Pixels for a unit of the picture at which everything can be seen; and the least at which its text can be read.
  whole() {
    const room = parseFloat(getComputedStyle(this.frame).maxHeight) || innerHeight;
    return Math.min(this.frame.clientWidth / this.width, room / this.height, 1.5);
  }

  readable() {
    const sizes = [...this.svg.querySelectorAll("text")].slice(0, 50).map((text) => parseFloat(getComputedStyle(text).fontSize) || 14);
    return 11 / Math.min(12, ...sizes);
  }

  set(zoom) {
    this.zoom = zoom;
    this.shown = zoom || Math.max(this.readable(), this.whole());
    this.svg.style.width = `${this.width * this.shown}px`;
    this.svg.style.height = `${this.height * this.shown}px`;
    if (this.followed) this.follow(this.followed);
  }

  scale(by) {
    this.set(Math.max(0.05, Math.min(4, this.shown * by)));
  }

  // The picture has grown or shrunk: what was seen stays as large as it was.
  resize(width, height) {
    [this.width, this.height] = [width, height];
    this.set(this.shown);
  }

  // Where nothing is marked, at the start and the end, the beginning is seen: the numbers that can be changed.
  follow(elements) {
    this.followed = elements;
    if (elements.length) bring(this.frame, elements, 12);
    else this.frame.scrollTo(0, 0);
  }

  // With the mouse the ground of the picture is dragged; a finger scrolls by itself.
  pan() {
    this.frame.addEventListener("pointerdown", (event) => {
      this.moved = false;
      if (event.pointerType !== "mouse" || event.button || event.target.closest(".leaf")) return;
      const from = [event.clientX, event.clientY, this.frame.scrollLeft, this.frame.scrollTop];
      const move = ({ clientX, clientY, buttons }) => {
        if (!buttons) return stop();
        if (Math.hypot(clientX - from[0], clientY - from[1]) > 3) this.moved = true;
        this.frame.scrollLeft = from[2] + from[0] - clientX;
        this.frame.scrollTop = from[3] + from[1] - clientY;
      };
      const stop = () => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", stop);
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", stop);
    });
  }
}
