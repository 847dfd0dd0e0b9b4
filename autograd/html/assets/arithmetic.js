// What rows of the table need that JavaScript has not, or has otherwise than Python and C.
const chain = (g, p) => (g !== 0 && p !== 0 ? g * p : 0); // the product rule: 0 if either is 0

const power = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y));

// Quotient and remainder as Python has them: the remainder has the sign of y.
const divmod = (x, y) => {
  let rest = x % y, quotient = (x - rest) / y;
  if (rest === 0) rest = y < 0 ? -0 : 0;
  else if (rest < 0 !== y < 0) [rest, quotient] = [rest + y, quotient - 1];
  const floor = Math.floor(quotient);
  return [quotient === 0 ? (Math.sign(x) * Math.sign(y) < 0 ? -0 : 0) : quotient - floor > 0.5 ? floor + 1 : floor, rest];
};
const modulo = (x, y) => divmod(x, y)[1];
const floorDivide = (x, y) => (y === 0 ? x / y : divmod(x, y)[0]);

// Scaled by a power of two, which rounds nothing: neither overflows nor loses small numbers.
const hypot = (x, y) => {
  const top = Math.max(Math.abs(x), Math.abs(y));
  if (Math.abs(x) === Infinity || Math.abs(y) === Infinity) return Infinity;
  if (!(top > 0)) return top;
  const scale = 2 ** Math.max(-1022, Math.min(1022, Math.floor(Math.log2(top))));
  return Math.sqrt((x / scale) ** 2 + (y / scale) ** 2) * scale;
};

// 2/√π · x · exp(−x²) · (1 + 2x²/3 + (2x²)²/15 + …): all terms have one sign, so nothing cancels.
const erf = (x) => {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? NaN : Math.sign(x);
  let sum = 1;
  for (let n = 1, term = 1; term > sum * 1e-17; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return x * (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
};

const pick = (i, ...xs) => (i in xs ? xs[i] : NaN);

const logsumexp = (xs) => {
  const top = Math.max(...xs);
  return Number.isFinite(top) ? top + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - top), 0)) : top;
};
