// Films that come as frames: [{class: parts to mark with it}, {part: text to write into it, to stay}]; parts are apart
// by blanks.
function framesFilm(box, { names, frames }) {
  const marks = frames.map(([marks]) => Object.entries(marks).map(([mark, some]) => [mark, some.split(" ")]));
  const items = [...box.querySelector("ol").children], last = frames.length - 1;
  return {
    names, last,
    classes: new Set(marks.flat().map(([mark]) => mark)),
    written: new Set(frames.flatMap(([, texts]) => Object.keys(texts))),
    marks: (at) => marks[at],
    texts: (at) => new Map(frames.slice(0, at + 1).flatMap(([, texts]) => Object.entries(texts))),
    seen: (at) => at,
    item: (at) => at,
    said: (at) => items[at].textContent,
    label: (at) => `step ${at} of ${last}`,
    place: (at) => `${at} / ${last}`,
  };
}

// A notebook may show several players, and runs this once for each: take those that have not begun.
for (const box of document.querySelectorAll(".stepgrad-player:not([data-ready])")) {
  const data = box.querySelector('script[type="application/json"]');
  if (data && !box.matches(".walk")) play(box, framesFilm(box, JSON.parse(data.textContent)));
}
