// Numbers and templates as the Python side writes them.

// x with so many significant digits, as Python's "g" has it: halves go to the even digit, zeros at the end are left out.
function general(x, precision) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  let [mantissa, exponent] = x.toExponential(precision - 1).split("e");
  const [exact, power] = x.toExponential(100).split("e");
  const end = exact.indexOf(".") + precision;
  if (/^50*$/.test(exact.slice(end)) && Number(exact[end - 1]) % 2 === 0) [mantissa, exponent] = [exact.slice(0, end), power];
  const strip = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent < -4 || exponent >= precision) {
    return `${strip(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return strip(Number(`${mantissa}e${exponent}`).toFixed(precision - 1 - exponent));
}

// format_number of the drawings.
function formatNumber(x) {
  if (!(Math.abs(x) < 1e6)) return general(x, 4);
  if (Number.isInteger(x)) return Object.is(x, -0) ? "-0" : String(x);
  for (let digits = 4; digits <= 7; digits++) {
    const text = general(x, digits);
    if (!Number.isInteger(Number(text))) return text;
  }
  return Math.round(Math.abs(x)) < 1000 ? x.toPrecision(4) : x.toFixed(1);
}

const SLOT = /\{(\(?)(\w+)\)?\}/g;

// A template with texts in its slots: {name}, or {(name)} where a negative number needs brackets.
function fill(template, texts) {
  return template.replace(SLOT, (slot, bracket, name) => {
    if (!(name in texts)) return slot;
    const text = String(texts[name]);
    return bracket && /^[-−]/.test(text) ? `(${text})` : text;
  });
}
