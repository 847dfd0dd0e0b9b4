(() => {
  const PAUSE = 1500; // milliseconds a frame stays while playing
  const SMALLEST = 0.6; // of its own size, to which a picture shrinks before it scrolls

  // A notebook may show several players, and runs this once for each: take those that have not begun.
  for (const box of document.querySelectorAll(".stepgrad-player:not([data-ready])")) {
    const data = box.querySelector('script[type="application/json"]');
    if (data) start(box, JSON.parse(data.textContent));
  }

  // A frame is [{class: parts to mark with it}, {part: text to write into it}]; parts are apart by blanks.
  function start(box, { names, frames }) {
    box.dataset.ready = "";
    box.dataset.lmSuppressShortcuts = "true"; // JupyterLab: leave the keys to us while we have the focus
    box.tabIndex = 0;
    const details = box.querySelector("details");
    const list = box.querySelector("ol");
    const items = [...list.children];
    const last = frames.length - 1;
    let at = 0;
    let timer = 0;

    // --- the picture: the parts by name, and the frames in which a part is marked ---
    const parts = new Map();
    const written = new Set(frames.flatMap(([, texts]) => Object.keys(texts)));
    const picture = box.querySelector("img") && inline(box.querySelector("img"));
    for (const part of picture ? picture.querySelectorAll("[data-part]") : []) {
      for (const name of part.dataset.part.split(" ")) {
        parts.set(name, [...(parts.get(name) || []), part]);
      }
    }
    let marked = [...parts.values()].flat().flatMap((part) => [...part.classList].map((mark) => [part, mark]));
    marked = marked.filter(([, mark]) => frames.some(([marks]) => marks[mark])); // those of the static picture
    const marks = frames.map(([marks]) => Object.entries(marks).map(([mark, some]) => [mark, some.split(" ")]));

    function inline(image) {
      const svg = inlined(image);
      const size = svg.getAttribute("width");
      svg.style.maxWidth = size;
      svg.style.minWidth = `calc(${SMALLEST} * ${size})`;
      const frame = make("div", { className: "picture" });
      frame.append(svg);
      image.replaceWith(frame);
      return frame;
    }

    // --- the controls ---
    const said = make("p", { className: "said" });
    said.setAttribute("role", "status");
    const buttons = {
      First: () => go(0),
      Back: () => go(at - 1),
      Forward: () => go(at + 1),
      Last: () => go(last),
      Play: () => (timer ? pause() : play()),
    };
    for (const [name, act] of Object.entries(buttons)) {
      buttons[name] = make("button", { type: "button", textContent: name, onclick: act });
    }
    buttons.Play.className = "play";
    const slider = make("input", { type: "range", min: 0, max: last, step: 1 });
    slider.oninput = () => go(Number(slider.value));
    const place = make("span", { className: "place" });
    place.setAttribute("aria-hidden", "true"); // the slider says it
    const slide = label("Step", slider, place);
    slide.className = "slide";
    const controls = make("div", { className: "controls" });
    controls.append(...Object.values(buttons), slide);
    if (Object.keys(names).length && picture) {
      const menu = make("select");
      menu.append(make("option", { textContent: "a value", value: "" }));
      for (const [part, name] of Object.entries(names)) menu.append(make("option", { textContent: name, value: part }));
      menu.onchange = () => {
        if (menu.value) visit([menu.value]);
        menu.value = "";
      };
      controls.append(label("Next step of", menu));
    }
    details.before(controls, said);

    function make(tag, properties = {}) {
      return Object.assign(document.createElement(tag), properties);
    }

    function label(text, ...inside) {
      const made = make("label");
      made.append(text, ...inside);
      return made;
    }

    // --- going to a frame ---
    function go(to) {
      if (timer) pause();
      show(to);
    }

    function show(to) {
      at = Math.max(0, Math.min(last, to));
      const texts = new Map();
      for (const [, changes] of frames.slice(0, at + 1)) {
        for (const [part, text] of Object.entries(changes)) texts.set(part, text);
      }
      for (const name of written) {
        for (const part of parts.get(name) || []) part.textContent = texts.get(name) || "";
      }
      for (const [part, mark] of marked) part.classList.remove(mark);
      marked = marks[at].flatMap(([mark, some]) => some.flatMap((name) => (parts.get(name) || []).map((part) => [part, mark])));
      for (const [part, mark] of marked) part.classList.add(mark);
      if (picture) {
        for (const part of picture.querySelectorAll("[data-from]")) part.classList.toggle("todo", part.dataset.from > at);
        centre(picture, marked.map(([part]) => part));
      }
      items.forEach((item, i) => (i === at ? item.setAttribute("aria-current", "step") : item.removeAttribute("aria-current")));
      if (details.open) centre(list, [items[at]]);
      said.textContent = items[at].textContent;
      slider.value = at;
      slider.setAttribute("aria-valuetext", `step ${at} of ${last}`);
      place.textContent = `${at} / ${last}`;
      for (const name of ["First", "Back"]) buttons[name].setAttribute("aria-disabled", at === 0);
      for (const name of ["Forward", "Last"]) buttons[name].setAttribute("aria-disabled", at === last);
    }

    // Scroll the holder, never the page, so that some elements in it can be seen.
    function centre(holder, elements) {
      if (!elements.length) return;
      const outer = holder.getBoundingClientRect();
      const inner = elements.map((element) => element.getBoundingClientRect());
      const past = (from, to) => {
        const low = Math.min(...inner.map((one) => one[from]));
        const high = Math.max(...inner.map((one) => one[to]));
        return low >= outer[from] && high <= outer[to] ? 0 : (low + high - outer[from] - outer[to]) / 2;
      };
      holder.scrollBy(past("left", "right"), past("top", "bottom"));
    }

    // The next frame in which one of the parts is marked; after the last the first.
    function visit(some) {
      const touching = [...frames.keys()].filter((i) => marks[i].some(([, held]) => held.some((name) => some.includes(name))));
      const next = touching.find((i) => i > at);
      if (touching.length) go(next === undefined ? touching[0] : next);
    }

    function play() {
      if (at === last) show(0);
      buttons.Play.textContent = "Pause";
      said.setAttribute("aria-live", "off"); // a reader of the screen cannot keep up
      timer = setInterval(() => {
        show(at + 1);
        if (at === last) pause();
      }, PAUSE);
    }

    function pause() {
      clearInterval(timer);
      timer = 0;
      buttons.Play.textContent = "Play";
      said.setAttribute("aria-live", "polite");
    }

    // --- mouse and keys ---
    if (picture) {
      picture.onclick = (event) => {
        const part = event.target.closest("g[data-part]");
        if (part) visit(part.dataset.part.split(" "));
      };
    }
    list.onclick = (event) => {
      const item = items.indexOf(event.target.closest("li"));
      if (item >= 0) go(item);
    };
    details.ontoggle = () => centre(list, [items[at]]);
    const keys = {
      ArrowLeft: buttons.Back,
      ArrowRight: buttons.Forward,
      Home: buttons.First,
      End: buttons.Last,
      " ": buttons.Play,
    };
    const own = { INPUT: /Arrow|Home|End/, BUTTON: / /, SUMMARY: / /, SELECT: /./ }; // keys that a control has uses for
    box.onkeydown = (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !keys[event.key]) return;
      if (own[event.target.tagName] && own[event.target.tagName].test(event.key)) return;
      event.preventDefault();
      keys[event.key].click();
    };
    pause();
    show(0);
  }
})();
