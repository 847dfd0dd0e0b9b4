"""Writing LLVM instructions: one function at a time, as text, on vectors of doubles.

Everything is single assignment: an instruction's result has a name of its own, and a loop hands on what it
changes.  LLVM's passes are not run (they would take longer than all the rest), so the text is written the way
it should run.  LLVM is version 15 or later: pointers have no element type.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence

LINE = 8  # 64-bit numbers in a line of code: the kernel's address and its arguments


class Emitter:
    """The text of one function ``void name(ptr base, ptr tables, i64 lanes, ptr args)``, a kernel.

    ``base`` is the workspace, an array of doubles; ``tables`` an array of 32-bit offsets into it; ``lanes``
    how many numbers of a row to work on, a multiple of the vector length; ``args`` the kernel's own 64-bit
    arguments.
    """

    def __init__(self, name: str, lanes: int, vector_functions: Mapping[str, str]) -> None:
        self.name = name
        self.lanes = lanes
        self.type = f"<{lanes} x double>"
        self.mask = f"<{lanes} x i1>"
        self.declarations: set[str] = set()
        self.masks: dict[str, str] = {}  # the mask behind a vector of 1.0 and 0.0
        self._vector_functions = vector_functions
        self._lines: list[str] = []
        self._count = 0
        self._block = "entry"

    def text(self) -> str:
        """The finished function."""
        head = f"define void @{self.name}(ptr %base, ptr %tables, i64 %lanes, ptr %args) {{"
        return "\n".join([head, "entry:", *self._lines, "  ret void", "}"])

    # --- single instructions ----------------------------------------------------------------------------

    def emit(self, instruction: str) -> str:
        """Add an instruction and return the name of its result."""
        name = self._new("t")
        self._lines.append(f"  {name} = {instruction}")
        return name

    def integer(self, operation: str, a: str | int, b: str | int) -> str:
        return self.emit(f"{operation} i64 {a}, {b}")

    def argument(self, i: int) -> str:
        """The i-th 64-bit argument of the kernel."""
        return self.emit(f"load i64, ptr {self.emit(f'getelementptr i64, ptr %args, i64 {i}')}")

    def table(self, start: str, i: str | int) -> str:
        """The offset in row start + i of the tables."""
        at = self.emit(f"getelementptr i32, ptr %tables, i64 {self.integer('add', start, i)}")
        return self.emit(f"sext i32 {self.emit(f'load i32, ptr {at}')} to i64")

    def address(self, offset: str, more: str | int = 0) -> str:
        """The place in the workspace at offset + more."""
        place = self.element("%base", offset)
        return place if more == 0 else self.element(place, more)  # in two steps: loops keep the first

    def load(self, offset: str, more: str | int = 0) -> str:
        """A vector from the workspace."""
        return self.emit(f"load {self.type}, ptr {self.address(offset, more)}, align 8")

    def store(self, x: str, offset: str, more: str | int = 0) -> None:
        self._lines.append(f"  store {self.type} {x}, ptr {self.address(offset, more)}, align 8")

    def load_scalar(self, offset: str, more: str | int = 0) -> str:
        return self.emit(f"load double, ptr {self.address(offset, more)}")

    def store_scalar(self, x: str, offset: str, more: str | int = 0) -> None:
        self._lines.append(f"  store double {x}, ptr {self.address(offset, more)}")

    def number_at(self, pointer: str, i: str | int) -> str:
        """The i-th 64-bit number behind a pointer that is itself a number."""
        array = self.emit(f"inttoptr i64 {pointer} to ptr")
        return self.emit(f"load i64, ptr {self.emit(f'getelementptr i64, ptr {array}, i64 {i}')}")

    def double_at(self, pointer: str, i: str | int) -> str:
        """The address of the i-th double behind a pointer that is itself a number."""
        return self.element(self.emit(f"inttoptr i64 {pointer} to ptr"), i)

    def element(self, array: str, i: str | int) -> str:
        """The address of the i-th double of an array."""
        return self.emit(f"getelementptr double, ptr {array}, i64 {i}")

    def run(self, code: str, count: str, lanes: str) -> None:
        """Call the kernels of some lines of code one after the other."""

        def line(i: str) -> None:
            start = self.integer("add", code, self.integer("mul", i, 8 * LINE))
            kernel = self.emit(f"inttoptr i64 {self.number_at(start, 0)} to ptr")
            args = self.emit(f"inttoptr i64 {self.integer('add', start, 8)} to ptr")
            self._lines.append(f"  call void {kernel}(ptr %base, ptr %tables, i64 {lanes}, ptr {args})")

        self.when(count, "sgt", 0, lambda: self.do(self.loop(count, line)))

    def put(self, instruction: str) -> None:
        """Add an instruction without a result."""
        self._lines.append(f"  {instruction}")

    def do(self, results: object) -> None:
        """For the sake of lambdas: drop a result."""

    def spread(self, scalar: str) -> str:
        """A vector with one number in all lanes."""
        first = self.emit(f"insertelement {self.type} undef, double {scalar}, i32 0")
        return self.emit(f"shufflevector {self.type} {first}, {self.type} undef, <{self.lanes} x i32> zeroinitializer")

    def constant(self, x: float) -> str:
        """A vector of one number, as LLVM writes doubles: by their bits."""
        bits = f"double 0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"
        return f"<{', '.join([bits] * self.lanes)}>"

    def arithmetic(self, operation: str, *operands: str) -> str:
        return self.emit(f"{operation} {self.type} {', '.join(operands)}")

    def compare(self, condition: str, x: str, y: str) -> str:
        return self.emit(f"fcmp {condition} {self.type} {x}, {y}")

    def choose(self, mask: str, a: str, b: str) -> str:
        return self.emit(f"select {self.mask} {mask}, {self.type} {a}, {self.type} {b}")

    def join(self, operation: str, a: str, b: str) -> str:
        """Two masks as one."""
        return self.emit(f"{operation} {self.mask} {a}, {b}")

    def number(self, mask: str) -> str:
        """A mask as 1.0 and 0.0."""
        name = self.choose(mask, self.constant(1.0), self.constant(0.0))
        self.masks[name] = mask
        return name

    def holds(self, x: str) -> str:
        """The mask of the lanes that are not 0."""
        return self.masks.get(x) or self.compare("une", x, self.constant(0.0))

    def multiply_add(self, a: str, b: str, c: str) -> str:
        """a·b + c, rounded once where the processor can."""
        return self.intrinsic("fmuladd", a, b, c)

    def intrinsic(self, name: str, *operands: str) -> str:
        return self._call(f"@llvm.{name}.v{self.lanes}f64", self.type, operands)

    def sum(self, x: str) -> str:
        """The sum of the lanes, a scalar."""
        function = f"@llvm.vector.reduce.fadd.v{self.lanes}f64"
        self.declarations.add(f"declare double {function}(double, {self.type})")
        return self.emit(f"call reassoc double {function}(double -0.0, {self.type} {x})")

    def sums(self, vectors: Sequence[str]) -> list[str]:
        """The sum of the lanes of each vector: of as many as there are lanes together, of others one by one."""
        whole = len(vectors) - len(vectors) % self.lanes
        scalars = []
        for first in range(0, whole, self.lanes):
            turned = self.transpose(vectors[first : first + self.lanes])
            while len(turned) > 1:
                turned = [self.arithmetic("fadd", a, b) for a, b in zip(turned[::2], turned[1::2], strict=True)]
            scalars += [self.emit(f"extractelement {self.type} {turned[0]}, i32 {i}") for i in range(self.lanes)]
        return scalars + [self.sum(vector) for vector in vectors[whole:]]

    def transpose(self, vectors: Sequence[str]) -> list[str]:
        """As many vectors as there are lanes, their lanes and numbers exchanged: blocks of 1, 2, 4, ... at a time."""
        turned, block = list(vectors), 1
        while block < self.lanes:
            first = [lane if not lane & block else self.lanes + lane - block for lane in range(self.lanes)]
            second = [lane + block for lane in first]
            for i in range(self.lanes):
                if not i & block:
                    a, b = turned[i], turned[i + block]
                    turned[i], turned[i + block] = self.shuffle(a, b, first), self.shuffle(a, b, second)
            block *= 2
        return turned

    def shuffle(self, a: str, b: str, lanes: Sequence[int]) -> str:
        """A vector of some lanes of two, those of the second counted on."""
        mask = ", ".join(f"i32 {lane}" for lane in lanes)
        return self.emit(f"shufflevector {self.type} {a}, {self.type} {b}, <{len(lanes)} x i32> <{mask}>")

    def call(self, name: str, *operands: str) -> str:
        """A function of the C library: its vector version where there is one, else lane by lane."""
        vector = self._vector_functions.get(name)
        if vector:
            return self._call(f"@{vector}", self.type, operands)
        self.declarations.add(f"declare double @{name}({', '.join(['double'] * len(operands))})")
        result = "undef"
        for lane in range(self.lanes):
            scalars = [self.emit(f"extractelement {self.type} {operand}, i32 {lane}") for operand in operands]
            one = self.emit(f"call double @{name}({', '.join(f'double {s}' for s in scalars)})")
            result = self.emit(f"insertelement {self.type} {result}, double {one}, i32 {lane}")
        return result

    def _call(self, function: str, type: str, operands: Sequence[str]) -> str:
        self.declarations.add(f"declare {type} {function}({', '.join([type] * len(operands))})")
        return self.emit(f"call {type} {function}({', '.join(f'{type} {operand}' for operand in operands)})")

    # --- loops ------------------------------------------------------------------------------------------

    def loop(
        self,
        stop: str,
        body: Callable[..., Sequence[str] | None],
        *,
        start: str | int = 0,
        step: int = 1,
        carried: Sequence[str] = (),
    ) -> list[str]:
        """``for i from start to stop - 1 by step: carried = body(i, *carried)``; start < stop must hold.

        ``carried`` are vectors; the result is what the last round made of them.
        """
        head, before = self._new("loop")[1:], self._block
        index, following = self._new("i"), self._new("i")
        names = [self._new("c") for _ in carried]
        self._lines += [f"  br label %{head}", f"{head}:"]
        self._block = head
        place = len(self._lines)
        results = list(body(index, *names) or ())
        phis = [f"  {index} = phi i64 [{start}, %{before}], [{following}, %{self._block}]"]
        for name, first, result in zip(names, carried, results, strict=True):
            phis.append(f"  {name} = phi {self.type} [{first}, %{before}], [{result}, %{self._block}]")
        self._lines[place:place] = phis
        done = self._new("done")[1:]
        self._lines.append(f"  {following} = add i64 {index}, {step}")
        more = self.emit(f"icmp slt i64 {following}, {stop}")
        self._lines += [f"  br i1 {more}, label %{head}, label %{done}", f"{done}:"]
        self._block = done
        return results

    def when(self, a: str, condition: str, b: str | int, body: Callable[[], None]) -> None:
        """``if a condition b: body()`` for integers."""
        inside, after = self._new("if")[1:], self._new("end")[1:]
        test = self.emit(f"icmp {condition} i64 {a}, {b}")
        self._lines += [f"  br i1 {test}, label %{inside}, label %{after}", f"{inside}:"]
        self._block = inside
        body()
        self._lines += [f"  br label %{after}", f"{after}:"]
        self._block = after

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"%{kind}{self._count}"
