"""Writing LLVM instructions: one function at a time, as text, on vectors of doubles.

Everything is single assignment: an instruction's result has a name of its own, and what a loop changes is a
:class:`Variable`.  LLVM's passes are not run (they would take longer than all the rest), so the text is written
the way it should run.  LLVM is version 15 or later: pointers have no element type.

    with e.loop(n) as i:                    for (i = 0; i < n; i++)
        with e.when(i, ">", first):             if (i > first)
            e.store(x, row + i, 0)                  ...
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

LINE = 12  # 64-bit numbers in a line of code: the kernel's address, its arguments, at last a count or 0

CONDITIONS = {"<": "slt", ">": "sgt", "==": "eq", "!=": "ne"}

Record = TypeVar("Record", bound="tuple[Any, ...]")


class Integer:
    """A 64-bit number in the function that is written: ``a + b`` writes an instruction, and is its result."""

    def __init__(self, e: Emitter, name: str) -> None:
        self._e, self._name = e, name

    def __str__(self) -> str:
        return self._name

    def __add__(self, other: Integer | int) -> Integer:
        return self._e.integer(f"add i64 {self}, {other}")

    def __sub__(self, other: Integer | int) -> Integer:
        return self._e.integer(f"sub i64 {self}, {other}")

    def __mul__(self, other: Integer | int) -> Integer:
        return self._e.integer(f"mul i64 {self}, {other}")

    def __floordiv__(self, other: Integer | int) -> Integer:
        return self._e.integer(f"sdiv i64 {self}, {other}")

    def __and__(self, other: Integer | int) -> Integer:
        return self._e.integer(f"and i64 {self}, {other}")


class Variable:
    """A vector that the rounds of a loop change: ``value`` is what it is at this place of the code."""

    def __init__(self, value: str) -> None:
        self.value = value


class Fields:
    """The arguments of a kernel: asking for one by its name writes the instruction that reads it."""

    def __init__(self, e: Emitter, record: Any) -> None:
        self._e, self._names = e, record._fields

    def __getattr__(self, name: str) -> Integer:
        return self._e.argument(self._names.index(name))


class Emitter:
    """The text of one function ``void name(ptr base, ptr tables, i64 count, ptr args)``, a kernel.

    ``base`` is the workspace, an array of doubles; ``tables`` an array of 32-bit offsets into it; ``count``
    how many numbers of a row to work on, a multiple of the vector length; ``args`` the kernel's own 64-bit
    arguments.
    """

    def __init__(self, name: str, lanes: int, vector_functions: Mapping[str, str]) -> None:
        self.name = name
        self.lanes = lanes
        self.type = f"<{lanes} x double>"
        self.mask = f"<{lanes} x i1>"
        self.count = Integer(self, "%count")
        self.declarations: set[str] = set()
        self.masks: dict[str, str] = {}  # the mask behind a vector of 1.0 and 0.0
        self._vector_functions = vector_functions
        self._lines: list[str] = []
        self._names = 0
        self._block = "entry"

    def text(self) -> str:
        """The whole function."""
        head = f"define void @{self.name}(ptr %base, ptr %tables, i64 %count, ptr %args) {{"
        return "\n".join([head, "entry:", *self._lines, "  ret void", "}"])

    def emit(self, instruction: str) -> str:
        """Add an instruction and return the name of its result."""
        name = self._new("t")
        self._lines.append(f"  {name} = {instruction}")
        return name

    def put(self, instruction: str) -> None:
        """Add an instruction without a result."""
        self._lines.append(f"  {instruction}")

    # --- 64-bit numbers -----------------------------------------------------------------------------------

    def integer(self, instruction: str) -> Integer:
        return Integer(self, self.emit(instruction))

    def arguments(self, record: type[Record]) -> Record:
        """The kernel's arguments, by the names of their fields, all read here."""
        make: Any = record  # a NamedTuple
        return cast(Record, make._make(self.argument(i) for i in range(len(make._fields))))

    def job(self, record: type[Record]) -> Record:
        """The same, but each is read where the code that follows needs it: a driver has too many for the registers."""
        return cast(Record, Fields(self, record))

    def argument(self, i: int) -> Integer:
        return self.integer(f"load i64, ptr {self.argument_address(i)}")

    def argument_address(self, i: int) -> str:
        """Where the i-th argument of the kernel stands."""
        return self.emit(f"getelementptr i64, ptr %args, i64 {i}")

    def table(self, start: Integer, i: Integer | int) -> Integer:
        """The offset in row start + i of the tables."""
        at = self.emit(f"getelementptr i32, ptr %tables, i64 {start + i}")
        return self.integer(f"sext i32 {self.emit(f'load i32, ptr {at}')} to i64")

    def number_at(self, pointer: Integer, i: Integer | int) -> Integer:
        """The i-th 64-bit number behind a pointer that is itself a number."""
        array = self.emit(f"inttoptr i64 {pointer} to ptr")
        return self.integer(f"load i64, ptr {self.emit(f'getelementptr i64, ptr {array}, i64 {i}')}")

    def next_number(self, pointer: Integer) -> Integer:
        """The 64-bit number behind a pointer, which is one more from then on; no two threads get the same."""
        place = self.emit(f"inttoptr i64 {pointer} to ptr")
        return self.integer(f"atomicrmw add ptr {place}, i64 1 monotonic")

    def record(self, record: type[Record], pointer: Integer, i: Integer) -> Record:
        """The i-th of the records behind a pointer that is itself a number, all its fields read here."""
        make: Any = record  # a NamedTuple
        start = i * len(make._fields)
        return cast(Record, make._make(self.number_at(pointer, start + field) for field in range(len(make._fields))))

    def select(self, a: Integer, condition: str, b: Integer | int, yes: Integer | int, no: Integer | int) -> Integer:
        """``yes if a condition b else no``."""
        test = self._test(a, condition, b)
        return self.integer(f"select i1 {test}, i64 {yes}, i64 {no}")

    def smaller(self, a: Integer, b: Integer) -> Integer:
        return self.select(a, "<", b, a, b)

    def _test(self, a: Integer, condition: str, b: Integer | int) -> str:
        return self.emit(f"icmp {CONDITIONS[condition]} i64 {a}, {b}")

    # --- memory -------------------------------------------------------------------------------------------

    def address(self, offset: Integer, more: Integer | int = 0) -> str:
        """The address of the double in the workspace at offset + more."""
        place = self.element("%base", offset)
        return place if more == 0 else self.element(place, more)  # in two steps: loops keep the first

    def double_at(self, pointer: Integer, i: Integer | int) -> str:
        """The address of the i-th double behind a pointer that is itself a number."""
        return self.element(self.emit(f"inttoptr i64 {pointer} to ptr"), i)

    def element(self, array: str, i: Integer | int) -> str:
        """The address of the i-th double of an array."""
        return self.emit(f"getelementptr double, ptr {array}, i64 {i}")

    def load(self, offset: Integer, more: Integer | int = 0) -> str:
        """A vector from the workspace."""
        return self.load_from(self.address(offset, more))

    def load_from(self, address: str) -> str:
        """A vector from anywhere."""
        return self.emit(f"load {self.type}, ptr {address}, align 8")

    def store(self, x: str, offset: Integer, more: Integer | int = 0) -> None:
        self.store_to(x, self.address(offset, more))

    def store_to(self, x: str, address: str) -> None:
        self.put(f"store {self.type} {x}, ptr {address}, align 8")

    def load_scalar(self, offset: Integer, more: Integer | int = 0) -> str:
        return self.emit(f"load double, ptr {self.address(offset, more)}")

    def store_scalar(self, x: str, offset: Integer, more: Integer | int = 0) -> None:
        self.put(f"store double {x}, ptr {self.address(offset, more)}")

    # --- vectors ------------------------------------------------------------------------------------------

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

    def any_bit(self, a: str, b: str) -> str:
        """Each bit that is set in one of them."""
        bits = f"<{self.lanes} x i64>"
        first, second = (self.emit(f"bitcast {self.type} {x} to {bits}") for x in (a, b))
        return self.emit(f"bitcast {bits} {self.emit(f'or {bits} {first}, {second}')} to {self.type}")

    def multiply_add(self, a: str, b: str, c: str) -> str:
        """a·b + c, rounded once where the processor can."""
        return self.intrinsic("fmuladd", a, b, c)

    def bounded(self, x: str, low: float, high: float) -> str:
        """The nearest number between two, with them; nan stays nan."""
        for condition, bound in (("olt", low), ("ogt", high)):
            x = self.choose(self.compare(condition, x, self.constant(bound)), self.constant(bound), x)
        return x

    def power_of_two(self, x: str) -> str:
        """2ᵏ, where the last twelve bits of x are those of a whole k: k + 1023 is the exponent that a double has."""
        type = f"<{self.lanes} x i64>"
        bits = self.emit(f"bitcast {self.type} {x} to {type}")
        for operation, number in (("shl", 52), ("add", 1023 << 52)):
            bits = self.emit(f"{operation} {type} {bits}, <{', '.join([f'i64 {number}'] * self.lanes)}>")
        return self.emit(f"bitcast {type} {bits} to {self.type}")

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
            together = self.sums_together(vectors[first : first + self.lanes])
            scalars += [self.emit(f"extractelement {self.type} {together}, i32 {i}") for i in range(self.lanes)]
        return scalars + [self.sum(vector) for vector in vectors[whole:]]

    def sums_together(self, vectors: Sequence[str]) -> str:
        """The sum of the lanes of each of as many vectors as there are lanes, as a vector."""
        block = 1
        while block < self.lanes:  # two vectors become one, whose lanes are sums of 2, of 4, ... lanes of theirs
            pairs = zip(vectors[::2], vectors[1::2], strict=True)
            vectors = [self.arithmetic("fadd", *self.exchanged(a, b, block)) for a, b in pairs]
            block *= 2
        return vectors[0]

    def transpose(self, vectors: Sequence[str]) -> list[str]:
        """As many vectors as there are lanes, their lanes and numbers exchanged: blocks of 1, 2, 4, ... at a time."""
        turned, block = list(vectors), 1
        while block < self.lanes:
            for i in range(self.lanes):
                if not i & block:
                    turned[i], turned[i + block] = self.exchanged(turned[i], turned[i + block], block)
            block *= 2
        return turned

    def exchanged(self, a: str, b: str, block: int) -> tuple[str, str]:
        """Two vectors, of each two blocks of lanes the second one of a and the first one of b exchanged."""
        first = [lane if not lane & block else self.lanes + lane - block for lane in range(self.lanes)]
        return self.shuffle(a, b, first), self.shuffle(a, b, [lane + block for lane in first])

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

    # --- loops and branches -------------------------------------------------------------------------------

    @contextmanager
    def loop(self, stop: Integer, *variables: Variable, start: Integer | int = 0, step: int = 1) -> Iterator[Integer]:
        """``for (i = start; i < stop; i += step)``; start < stop must hold.

        ``variables`` are those that a round changes.
        """
        head, before = self._new("loop")[1:], self._block
        index, following = self._new("i"), self._new("i")
        names, first = [self._new("c") for _ in variables], [variable.value for variable in variables]
        for variable, name in zip(variables, names, strict=True):
            variable.value = name
        self._branch(f"label %{head}", head)
        place = len(self._lines)
        yield Integer(self, index)
        phis = [f"  {index} = phi i64 [{start}, %{before}], [{following}, %{self._block}]"]
        for variable, name, x in zip(variables, names, first, strict=True):
            phis.append(f"  {name} = phi {self.type} [{x}, %{before}], [{variable.value}, %{self._block}]")
        self._lines[place:place] = phis
        self.put(f"{following} = add i64 {index}, {step}")
        done = self._new("done")[1:]
        more = self.emit(f"icmp slt i64 {following}, {stop}")
        self._branch(f"i1 {more}, label %{head}, label %{done}", done)

    @contextmanager
    def loop_if_any(self, stop: Integer, start: Integer | int = 0, step: int = 1) -> Iterator[Integer]:
        """The same, where there may be no round at all."""
        with self.when(stop, ">", start), self.loop(stop, start=start, step=step) as i:
            yield i

    @contextmanager
    def when(self, a: Integer, condition: str, b: Integer | int) -> Iterator[None]:
        """``if (a condition b)``."""
        inside, after = self._new("if")[1:], self._new("end")[1:]
        test = self._test(a, condition, b)
        self._branch(f"i1 {test}, label %{inside}, label %{after}", inside)
        yield
        self._branch(f"label %{after}", after)

    def run(self, code: Integer, lines: Integer, count: Integer | int) -> None:
        """Call the kernels of some lines of code one after the other, on so many numbers of each row: on ``count``
        of them, if the line does not say how many.
        """
        with self.loop_if_any(lines) as i:
            start = code + i * (8 * LINE)
            own = self.number_at(start, LINE - 1)
            many = self.select(own, "==", 0, count, own)
            kernel = self.emit(f"inttoptr i64 {self.number_at(start, 0)} to ptr")
            args = self.emit(f"inttoptr i64 {start + 8} to ptr")
            self.put(f"call void {kernel}(ptr %base, ptr %tables, i64 {many}, ptr {args})")

    def _branch(self, where: str, block: str) -> None:
        """End a block, and begin another."""
        self._lines += [f"  br {where}", f"{block}:"]
        self._block = block

    def _new(self, kind: str) -> str:
        self._names += 1
        return f"%{kind}{self._names}"
