"""Programs as C: one file of C99 that needs nothing but the C library.

A row that names an instruction of the machine is that of C or of its library.  Every other row is its forward, traced
and printed; a gradient is a program like any other, so no derivative is written here.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import primitives
from ..errors import TraceError
from ..html import printable
from ..primitives import Primitive
from ..program import Program, forward_program
from .printing import Printer, bare, letters

if TYPE_CHECKING:
    from ..compiler import Jitted

INSTRUCTIONS = {
    "fneg": "-{}", "fadd": "{} + {}", "fsub": "{} - {}", "fmul": "{} * {}", "fdiv": "{} / {}",
    "olt": "(double)({} < {})", "ole": "(double)({} <= {})", "ogt": "(double)({} > {})", "oge": "(double)({} >= {})",
    "oeq": "(double)({} == {})", "une": "(double)({} != {})",
    "and": "(double)({?} && {?})", "or": "(double)({?} || {?})", "not": "(double)(!({?}))", "select": "{?} ? {} : {}",
}  # fmt: skip

# What rows need that C has not, or has otherwise than Python.
FUNCTIONS = {
    "mod": """(double x, double y) {
    double rest = fmod(x, y);
    if (rest == 0.0) return copysign(0.0, y);
    return (rest < 0.0) != (y < 0.0) ? rest + y : rest;
}""",
    "floordiv": """(double x, double y) {
    double rest = fmod(x, y), whole = (x - rest) / y;
    if (y == 0.0) return x / y;
    if (rest != 0.0 && (rest < 0.0) != (y < 0.0)) whole -= 1.0;
    if (whole == 0.0) return copysign(0.0, x / y);
    return whole - floor(whole) > 0.5 ? floor(whole) + 1.0 : floor(whole);
}""",
    "chain": """(double g, double p) {
    return g != 0.0 && p != 0.0 ? g * p : 0.0;
}""",
    "dot": """(int n, const double *w, const double *x, double sum) {
    for (int i = 0; i < n; i++) sum += w[i] * x[i];
    return sum;
}""",
    "total": """(int n, const double *x) {
    double sum = 0.0;
    for (int i = 0; i < n; i++) sum += x[i];
    return sum;
}""",
    "logsumexp": """(int n, const double *x) {
    double top = x[0], sum = 0.0;
    for (int i = 0; i < n; i++) {
        if (x[i] != x[i]) return NAN;
        if (x[i] > top) top = x[i];
    }
    if (isinf(top)) return top;
    for (int i = 0; i < n; i++) sum += exp(x[i] - top);
    return top + log(sum);
}""",
    "pick": """(double index, int n, const double *x) {
    return index >= 0.0 && index < n && index == floor(index) ? x[(int)index] : NAN;
}""",
}
# Every other instruction of a row is the C function of that name.
INSTRUCTIONS |= {
    row.instruction: f"{row.instruction}({', '.join(['{,}'] * len(row.domain))})"
    for row in primitives.TABLE.values()
    if row.instruction and row.instruction not in INSTRUCTIONS and row.instruction not in FUNCTIONS
}
# What a function cannot be called.
TAKEN = {
    *INSTRUCTIONS, "main", "x", "out", "p", "v", "auto", "break", "case", "char", "const", "continue", "default", "do",
    "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict",
    "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while",
}  # fmt: skip
ELEMENT = re.compile(r"([a-z]\w*)\[(\d+)\]")
WIDTH = 100  # characters of a line


def to_c(f: Jitted[Any], name: str = "f") -> str:
    """The program of a function compiled by ``jit``, of its latest call, as a file of C99 that needs nothing else.

    It has one function, ``void f(const double *x, double *out)``, for the numbers of the arguments and of the result
    from left to right.  The first comment says which is which, and how to compile it: then it gives what f gives to the
    last bit, if the C library is the one that Python runs on.  Values that f closes over are in it as the numbers that
    they are now.  ``to_c(jit(value_and_grad(f)))`` has the gradient too; for models see ``nn.to_c``.

    TypeError for what is no result of ``jit``.  TraceError where f draws random numbers, or uses a primitive of your
    own whose forward calls ``math``; ValueError where C cannot call a function by this name.

    >>> from autograd import jit
    >>> print(to_c(jit(lambda x, y: x * y + 1.0), "g").split("\\n\\n")[-1])
    void g(const double *x, double *out) {
        out[0] = (x[0] * x[1]) + 1.0;
    }
    """
    if not hasattr(f, "_shown"):
        raise TypeError(f"to_c takes what jit gives, as in to_c(jit(f)), not {f!r:.60}; for a model there is nn.to_c")
    shown = f._shown()
    if shown.generators:
        raise TraceError("the function draws random numbers, and C has none that are the same: make them arguments")
    program = copy.copy(shown.program)
    program.outputs = program.outputs[: len(shown.result.leaves)]  # without the guard
    inputs = [program.labels.get(v, "") for v in program.inputs]
    outputs = [f"result{path}" if path else "" for path in shown.result.paths]
    return c_function(program, name, f"{getattr(f, '__name__', 'f')}, written by stepgrad.", inputs, outputs)


def c_function(program: Program, name: str, what: str, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> str:
    """A file of C with one function, ``void name(const double *x, double *out)``, that computes a program.

    The leaves of the program are in it, as the numbers that they are now.  ``what`` says in its first comment what the
    function is, ``inputs`` and ``outputs`` what each of its numbers is.  TraceError where a row cannot be written out.

    >>> from autograd import Value
    >>> x, w = Value(2.0), Value(3.0)
    >>> print(*c_function(Program([x], [w * x * x]), "f", "w·x²").splitlines()[-6:], sep="\\n")
    static const double f_p[1] = {3.0};
    <BLANKLINE>
    void f(const double *x, double *out) {
        const double *p = f_p;
        out[0] = (p[0] * x[0]) * x[0];
    }
    """
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) or name in TAKEN:
        raise ValueError(f"a function of C cannot be called {name!r}: take letters, digits and _, such as 'model'")
    printer = _Printer(name)
    body = printer.body(program)
    parts = [
        _comment(name, what, inputs or [""] * len(program.inputs), outputs or [""] * len(program.outputs)),
        "#include <math.h>",
        *printer.functions.values(),
    ]
    if program.leaves:
        numbers = [_number(leaf._data) for leaf in program.leaves.values()]
        parts.append(_filled(f"static const double {name}_p[{len(numbers)}] = {{", numbers, "};"))
    lines = "".join(f"    {line}\n" for line in body)
    parts.append(f"void {name}(const double *x, double *out) {{\n{lines}}}\n")
    return "\n\n".join(parts)


class _Printer(Printer):
    """Prints programs as C; ``functions`` are those that the code calls, each after those that it calls itself."""

    instructions, numbered, differs, longest = INSTRUCTIONS, ("(double)(", ")"), "!=", WIDTH

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.functions: dict[str, str] = {}
        self._of_rows: dict[tuple[Primitive, int], str] = {}

    def body(self, program: Program) -> list[str]:
        """The statements of the function that computes a program from x into out."""
        places = _places(program)
        names = {v: f"v[{places[v]}]" if v in places else f"t{v}" for v in range(program.variables)}
        texts = {v: f"x[{i}]" for i, v in enumerate(program.inputs)}
        texts |= {v: f"p[{i}]" for i, v in enumerate(program.leaves)}
        texts |= {v: _number(x) for v, x in program.constants.items()}
        lines, outputs = self.statements(program, texts, names, places)
        head = [f"const double *p = {self.prefix}_p;"] if program.leaves else []
        if places:
            head.append(f"double v[{len(places)}];")
        results = [f"out[{i}] = {text};" for i, text in enumerate(outputs)]
        if not any(re.search(r"\bx\b", line) for line in [*lines, *results]):
            head.append("(void)x;")  # lest compilers warn
        return [*head, *lines, *results]

    def called(self, row: Primitive, operands: list[str]) -> str:
        n = len(operands)
        if row is primitives.dot:
            w, x, bias = operands[: n // 2], operands[n // 2 : -1], operands[-1]
            return f"{self.helper('dot')}({n // 2}, {_array(w)}, {_array(x)}, {bias})" if w else bias
        if row is primitives.total or row.instruction == "logsumexp":
            return f"{self.helper(row.name)}({n}, {_array(operands)})" if n else "0.0"
        if row.instruction == "pick":
            return f"{self.helper('pick')}({operands[0]}, {n - 1}, {_array(operands[1:])})"
        if row.instruction in FUNCTIONS:
            return f"{self.helper(row.instruction)}({', '.join(operands)})"
        return f"{self.function_of(row, n)}({', '.join(operands)})"

    def assigned(self, name: str, text: str) -> str:
        return f"{name} = {text};" if name.startswith("v[") else f"const double {name} = {text};"

    def helper(self, name: str) -> str:
        """The name of one of ``FUNCTIONS``, which is then in the file."""
        full = f"{self.prefix}_{name}"
        self.functions.setdefault(full, f"static double {full}{FUNCTIONS[name]}")
        return full

    def function_of(self, row: Primitive, count: int) -> str:
        """The name of a function that computes a row of so many operands, which is then in the file."""
        if (row, count) not in self._of_rows:
            program = forward_program(row, count)
            names = letters(program.variables)
            texts = {v: names[i] for i, v in enumerate(program.inputs)}
            texts |= {v: _number(x) for v, x in program.constants.items()}
            texts |= {v: _number(leaf._data) for v, leaf in program.leaves.items()}
            arguments = ", ".join(f"double {texts[v]}" for v in program.inputs)
            lines, (result,) = self.statements(program, texts, dict(enumerate(names)))
            full = f"{self.prefix}_{re.sub(r'[^A-Za-z0-9]', '_', row.name)}"
            full += f"_{len(self.functions)}" if full in self.functions or row.name in FUNCTIONS else ""
            body = "".join(f"    {line}\n" for line in [*lines, f"return {result};"])
            self.functions[full] = f"static double {full}({arguments}) {{\n{body}}}"
            self._of_rows[row, count] = full
        return self._of_rows[row, count]


def _places(program: Program) -> dict[int, int]:
    """Places in an array for the results that are summed up or picked from, side by side where they are used so."""
    results = {equation.out for equation in program.equations}
    found: dict[int, int] = {}
    for _, row, args in program.equations:
        if row in (primitives.dot, primitives.total) or row.instruction in ("logsumexp", "pick"):
            for arg in args[len(args) // 2 : -1] if row is primitives.dot else args:
                if arg in results:
                    found.setdefault(arg, len(found))
    return found


def _array(texts: Sequence[str]) -> str:
    """A pointer to numbers: into an array where they stand in one side by side, else to a new one."""
    elements = [ELEMENT.fullmatch(text) for text in texts]
    first = elements[0]
    if first is not None:
        base, start = first[1], int(first[2])
        if all(text == f"{base}[{start + i}]" for i, text in enumerate(texts)):
            return f"{base} + {start}" if start else base
    return f"(const double[]){{{', '.join(map(bare, texts))}}}"


def _number(x: float) -> str:
    if math.isfinite(x):
        return f"({x!r})" if math.copysign(1.0, x) < 0.0 else repr(x)
    return "NAN" if x != x else "INFINITY" if x > 0 else "(-INFINITY)"


def _filled(start: str, words: Sequence[str], end: str) -> str:
    """Words, apart by commas, in lines of a readable width; in one line if they fit."""
    whole = f"{start}{', '.join(map(bare, words))}{end}"
    if len(whole) <= WIDTH:
        return whole
    lines = [start, "   "]
    for word in map(bare, words):
        if len(lines[-1]) + len(word) > WIDTH:
            lines.append("   ")
        lines[-1] += f" {word},"
    return "\n".join([*lines, end])


def _comment(name: str, what: str, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    lines = [
        what,
        "",
        f"void {name}(const double *x, double *out);",
        "",
        f"x has {len(inputs)} numbers, out gets {len(outputs)}; the two must not overlap.",
        *(f"x[{i}]: {text}" for i, text in enumerate(inputs) if text),
        *(f"out[{i}]: {text}" for i, text in enumerate(outputs) if text),
        "",
        "Where Python would raise an error, as in 1 / 0, the result is what IEEE 754 has: inf or nan.",
        f"Compile: cc -std=c99 -O2 -ffp-contract=off -fno-builtin -c {name}.c, and link with -lm.  These flags keep a",
        "compiler from another rounding than Python's: with them results are the same to the last bit, if the C",
        "library is the same.",
    ]
    safe = [printable(line).replace("*/", "* /").replace("/*", "/ *") for line in lines]
    return "\n".join([f"/* {safe[0]}", *(f" * {line}".rstrip() for line in safe[1:]), " */"])
