// The player: places of a film, shown one after the other, in a picture of which parts are marked and written into.
//
// A film says of each place ``at``: ``label``, ``said`` (for those who hear the page), ``item`` (its line in the list, or
// -1), ``marks`` ([class, names of parts]), ``texts`` (a Map of what is written into parts by then) and ``seen`` (the parts
// that are ``since`` a larger number are still to come).  Places go from ``first`` to ``last``; ``names`` what a menu offers to go to, and
// ``shown`` is called after each change; ``pause`` is how many milliseconds a place stays
// while playing, where that is not the usual time,
// and ``counted`` what a place is called, where not a step.
const PAUSE = 1500; // milliseconds a place stays while playing
const KEYS = { ArrowLeft: "Back", ArrowRight: "Forward", Home: "First", End: "Last", " ": "Play" };
const OWN = { INPUT: /Arrow|Home|End| /, BUTTON: / /, SUMMARY: / /, SELECT: /./ }; // keys that a control has uses for

function play(box, film) {
  box.dataset.ready = "";
  box.dataset.lmSuppressShortcuts = "true"; // JupyterLab: leave the keys to us while we have the focus
  box.tabIndex = 0;
  const details = box.querySelector("details"), list = box.querySelector("ol"), items = [...list.children];
  const first = film.first || 0;
  let at = first;
  let timer = 0;

  // --- the picture, and its parts by name ---
  const parts = new Map();
  const image = box.querySelector("img");
  const view = image && new View(inlined(image));
  if (view) {
    image.replaceWith(view.element);
    for (const row of view.svg.querySelectorAll("g[data-part] > text[class]")) {
      const says = { d: "data", g: "grad", s: "slope" }[row.getAttribute("class")];
      if (says) row.dataset.part = `${row.parentNode.dataset.part.split(" ")[0]}.${says}`;
    }
    for (const part of view.svg.querySelectorAll("[data-part]")) {
      for (const name of part.dataset.part.split(" ")) parts.set(name, [...(parts.get(name) || []), part]);
      for (const mark of film.classes) part.classList.remove(mark); // those of the static picture
    }
  }
  const room = new Map(); // that each text has in its box
  let marked = [];

  // --- the controls ---
  const said = make("p", { className: "said" });
  said.setAttribute("role", "status");
  const acts = { First: () => go(first), Back: () => go(at - 1), Forward: () => go(at + 1), Last: () => go(film.last), Play: () => (timer ? pause() : start()) };
  const buttons = {};
  for (const [name, act] of Object.entries(acts)) buttons[name] = make("button", { type: "button", textContent: name, onclick: act });
  buttons.Play.className = "play";
  const slider = make("input", { type: "range", min: first, max: film.last, step: 1 });
  slider.oninput = () => go(Number(slider.value));
  const place = make("span", { className: "place" });
  place.setAttribute("aria-hidden", "true"); // the slider says it
  const controls = make("div", { className: "controls" }, ...Object.values(buttons), make("label", { className: "slide" }, film.counted || "Step", slider, place));
  const named = Object.entries(film.names).filter(([part]) => parts.has(part));
  if (named.length) {
    const menu = make("select", {}, make("option", { textContent: "a value", value: "" }));
    for (const [part, name] of named) menu.append(make("option", { textContent: name, value: part }));
    menu.onchange = () => {
      if (menu.value) visit([menu.value]);
      menu.value = "";
    };
    controls.append(make("label", {}, "Next step of", menu));
  }
  if (view) controls.append(view.buttons);
  if (film.above) box.prepend(film.above, controls, said);
  else details.before(controls, said);

  // --- going to a place ---
  function go(to) {
    if (timer) pause();
    show(to);
  }

  function show(to = at) {
    at = Math.max(first, Math.min(film.last, to));
    const texts = film.texts(at), seen = film.seen(at), item = film.item(at);
    for (const name of film.written) for (const part of parts.get(name) || []) write(part, texts.get(name) || "");
    for (const [part, mark] of marked) part.classList.remove(mark);
    marked = film.marks(at).flatMap(([mark, names]) => names.flatMap((name) => (parts.get(name) || []).map((part) => [part, mark])));
    for (const [part, mark] of marked) part.classList.add(mark);
    if (view) {
      for (const [part, since] of film.since) for (const one of parts.get(part) || []) one.classList.toggle("todo", since > seen);
      view.follow(marked.map(([part]) => part));
    }
    items.forEach((line, i) => (i === item ? line.setAttribute("aria-current", "step") : line.removeAttribute("aria-current")));
    if (details.open && items[item]) bring(list, [items[item]]);
    said.textContent = film.said(at);
    slider.value = at;
    slider.setAttribute("aria-valuetext", film.label(at));
    place.textContent = film.place(at);
    for (const name of ["First", "Back"]) buttons[name].setAttribute("aria-disabled", at === first);
    for (const name of ["Forward", "Last"]) buttons[name].setAttribute("aria-disabled", at === film.last);
    if (film.shown) film.shown(at, marked.map(([part]) => part));
  }

  // A text that grew longer than its room is written narrower.
  function write(part, text) {
    if (part.textContent === text) return;
    part.textContent = text;
    part.removeAttribute("textLength");
    if (!film.grows) return;
    if (!room.has(part)) {
      const box = part.parentNode.querySelector("rect");
      room.set(part, box ? box.getBBox().width - 6 : Infinity);
    }
    const most = room.get(part);
    if (part.getComputedTextLength() > most) {
      part.setAttribute("textLength", most);
      part.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  // The next place at which one of the parts is marked; after the last the first.
  function visit(some) {
    const touching = [];
    for (let i = first; i <= film.last; i++) if (film.marks(i).some(([, names]) => names.some((name) => some.includes(name)))) touching.push(i);
    const next = touching.find((i) => i > at);
    if (touching.length) go(next === undefined ? touching[0] : next);
  }

  function start() {
    if (at === film.last) show(first);
    buttons.Play.textContent = "Pause";
    said.setAttribute("aria-live", "off"); // a reader of the screen cannot keep up
    timer = setInterval(() => {
      show(at + 1);
      if (at === film.last) pause();
    }, film.pause || PAUSE);
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    buttons.Play.textContent = "Play";
    said.setAttribute("aria-live", "polite");
  }

  // --- mouse and keys ---
  if (view) {
    view.svg.addEventListener("click", (event) => {
      const part = event.target.closest("g[data-part]");
      if (part && !view.moved) visit(part.dataset.part.split(" "));
    });
  }
  list.onclick = (event) => {
    const item = items.indexOf(event.target.closest("li"));
    for (let i = first; item >= 0 && i <= film.last; i++) if (film.item(i) >= item) return go(i);
  };
  details.ontoggle = () => items[film.item(at)] && bring(list, [items[film.item(at)]]);
  const press = (event) => {
    const { target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented || !KEYS[event.key]) return;
    if (OWN[target.tagName] && (target.type === "number" || OWN[target.tagName].test(event.key))) return;
    event.preventDefault();
    buttons[KEYS[event.key]].click();
  };
  box.addEventListener("keydown", press);
  // A saved page of which one player is seen takes its keys before anyone has clicked.
  const seen = () => [...document.querySelectorAll(".stepgrad-player")].filter((one) => !one.closest("details:not([open])"));
  const alone = () => box.matches("body > main > *") && seen().length === 1;
  document.addEventListener("keydown", (event) => event.target === document.body && alone() && press(event));
  // The film may have become longer or shorter.
  function resize(to) {
    slider.max = film.last;
    show(to);
  }

  pause();
  show(first);
  return { go, resize, show, parts, view, items, details, get at() { return at; } };
}
