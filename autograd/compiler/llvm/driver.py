"""The loops around the kernels: steps of training, and in each the blocks of its samples; itself a kernel.

Its arguments are a job, an array of 64-bit numbers with the fields below; pointers among them are addresses.
The numbers of sample s stand at data[s·sample_stride + c·column_stride], or in columns of their own.
"""

from __future__ import annotations

from .emitter import Emitter

TRAIN = (
    "data", "columns", "sample_stride", "column_stride", "sequential", "order", "reload",
    "first_row", "row_stride", "block", "seed", "seed_value",
    "prologue", "prologue_lines", "body", "body_lines",
    "steps", "bounds", "sums", "sums_vectors", "epilogue", "epilogue_lines", "gradients", "gradients_lines",
    "rule", "rule_lines", "update", "update_lines", "parameters", "changed", "changed_vectors", "current", "time",
    "losses", "loss_place", "penalty_place", "failed",
)  # fmt: skip


EVALUATE = (
    "columns", "addresses", "strides", "first_row", "row_stride", "block", "samples", "prologue", "prologue_lines",
    "body", "body_lines", "outputs", "output_rows", "output_addresses",
)  # fmt: skip


class Job:
    """The fields of a job by name, read inside the driver."""

    def __init__(self, e: Emitter, names: tuple[str, ...]) -> None:
        self._e, self._names = e, names

    def __getattr__(self, name: str) -> str:
        return self._e.argument(self._names.index(name))


def train(e: Emitter) -> Emitter:
    """Run steps: the sums over the samples of a batch, the rule, the update; stop where one is not finite."""
    job = Job(e, TRAIN)

    def step(s: str) -> None:
        twice = e.integer("mul", s, 2)
        first, end = e.number_at(job.bounds, twice), e.number_at(job.bounds, e.integer("add", twice, 1))
        samples = e.integer("sub", end, first)
        zero(e, job.sums, job.sums_vectors)
        count = e.emit(f"sitofp i64 {samples} to double")
        weight = e.emit(f"fdiv double 1.0, {count}")
        e.store_scalar(weight, job.seed_value)
        e.run(job.prologue, job.prologue_lines, str(e.lanes))
        size = job.block
        blocks = blocks_of(e, samples, size)

        def block(i: str) -> None:
            start = e.integer("add", first, e.integer("mul", i, size))
            valid = smaller(e, size, e.integer("sub", end, start))
            lanes = whole_vectors(e, valid)
            # One block that is the same in every step stays where it is.
            first_step = e.emit(f"icmp eq i64 {s}, 0")
            fresh = e.emit(f"select i1 {first_step}, i64 1, i64 {job.reload}")

            def load() -> None:
                load_samples(e, job, start, valid)
                load_weights(e, job, valid)

            e.when(fresh, "ne", 0, load)
            e.run(job.body, job.body_lines, lanes)

        e.loop(blocks, block)
        e.run(job.epilogue, job.epilogue_lines, str(e.lanes))
        e.run(job.gradients, job.gradients_lines, job.parameters)
        e.run(job.rule, job.rule_lines, str(e.lanes))
        e.run(job.update, job.update_lines, job.parameters)
        loss = e.emit(f"fadd double {e.load_scalar(job.loss_place)}, {e.load_scalar(job.penalty_place)}")
        e.put(f"store double {loss}, ptr {e.double_at(job.losses, twice)}")
        data_loss = e.load_scalar(job.loss_place)
        e.put(f"store double {data_loss}, ptr {e.double_at(job.losses, e.integer('add', twice, 1))}")
        check = e.arithmetic(
            "fadd", times_zero(e, job.sums, job.sums_vectors), times_zero(e, job.changed, job.changed_vectors)
        )
        total = e.sum(check)
        finite = e.emit(f"fcmp oeq double {total}, 0.0")
        good = e.emit(f"zext i1 {finite} to i64")

        def accept() -> None:
            copy_vectors(e, job.changed, job.current, job.changed_vectors)
            time = e.load_scalar(job.time)
            e.store_scalar(e.emit(f"fadd double {time}, 1.0"), job.time)

        def refuse() -> None:
            e.put(f"store i64 {s}, ptr {failed}")

        e.when(good, "eq", 1, accept)
        e.when(good, "eq", 0, refuse)

    failed = e.emit(f"getelementptr i64, ptr %args, i64 {TRAIN.index('failed')}")
    e.loop(job.steps, lambda s: e.when(e.emit(f"load i64, ptr {failed}"), "slt", 0, lambda: step(s)))
    return e


def load_samples(e: Emitter, job: Job, start: str, valid: str) -> None:
    """Fill the input rows with ``valid`` samples, one after the other or those that the order names."""

    def column(c: str) -> None:
        first = e.integer("add", e.integer("mul", start, job.sample_stride), e.integer("mul", c, job.column_stride))
        row = e.integer("add", job.first_row, e.integer("mul", c, job.row_stride))
        read_column(e, e.double_at(job.data, first), job.sample_stride, valid, row)

    def load() -> None:
        e.when(job.sequential, "eq", 1, lambda: e.do(e.loop(job.columns, column)))
        e.when(job.sequential, "eq", 0, lambda: read_in_order(e, job, start, valid))

    e.when(job.columns, "sgt", 0, load)


def read_in_order(e: Emitter, job: Job, start: str, valid: str) -> None:
    """Copy the samples that the order names: as many together as there are lanes, in squares turned about."""
    last, columns = e.integer("sub", valid, 1), job.columns
    neighbours = e.emit(f"icmp eq i64 {job.column_stride}, 1")
    together = e.emit(f"select i1 {neighbours}, i64 {e.integer('and', columns, -e.lanes)}, i64 0")

    def samples(i: str) -> None:
        sources = []
        for lane in range(e.lanes):
            number = e.number_at(job.order, e.integer("add", start, smaller(e, e.integer("add", i, lane), last)))
            sources.append(e.double_at(job.data, e.integer("mul", number, job.sample_stride)))

        def row(c: str, more: int) -> str:
            return e.integer("add", job.first_row, e.integer("mul", e.integer("add", c, more), job.row_stride))

        def square(c: str) -> None:
            vectors = [e.emit(f"load {e.type}, ptr {e.element(source, c)}, align 8") for source in sources]
            for more, vector in enumerate(e.transpose(vectors)):
                e.store(vector, row(c, more), i)

        def column(c: str) -> None:
            for lane, source in enumerate(sources):
                x = e.emit(f"load double, ptr {e.element(source, e.integer('mul', c, job.column_stride))}")
                e.store_scalar(x, row(c, 0), e.integer("add", i, lane))

        e.when(together, "sgt", 0, lambda: e.do(e.loop(together, square, step=e.lanes)))
        e.when(columns, "sgt", together, lambda: e.do(e.loop(columns, column, start=together)))

    e.loop(whole_vectors(e, valid), samples, step=e.lanes)


def load_weights(e: Emitter, job: Job, valid: str) -> None:
    """The weight of each sample in the mean; 0 for the lanes past the last one."""
    weight = e.load_scalar(job.seed_value)
    whole = e.integer("and", valid, -e.lanes)
    e.when(whole, "sgt", 0, lambda: e.do(e.loop(whole, lambda i: e.store(e.spread(weight), job.seed, i), step=e.lanes)))

    def seed(i: str) -> None:
        inside = e.emit(f"icmp slt i64 {i}, {valid}")
        e.store_scalar(e.emit(f"select i1 {inside}, double {weight}, double 0.0"), job.seed, i)

    lanes = whole_vectors(e, valid)
    e.when(lanes, "sgt", whole, lambda: e.do(e.loop(lanes, seed, start=whole)))


def evaluate(e: Emitter) -> Emitter:
    """Run a program over columns, one block of samples after the other, and write columns of its outputs."""
    job = Job(e, EVALUATE)
    e.run(job.prologue, job.prologue_lines, str(e.lanes))
    size, samples = job.block, job.samples
    blocks = blocks_of(e, samples, size)

    def block(i: str) -> None:
        start = e.integer("mul", i, size)
        valid = smaller(e, size, e.integer("sub", samples, start))

        def column(c: str) -> None:
            stride = e.number_at(job.strides, c)
            source = e.double_at(e.number_at(job.addresses, c), e.integer("mul", start, stride))
            read_column(e, source, stride, valid, e.integer("add", job.first_row, e.integer("mul", c, job.row_stride)))

        def output(o: str) -> None:
            row, target = e.table(job.output_rows, o), e.double_at(e.number_at(job.output_addresses, o), start)
            e.loop(valid, lambda j: e.put(f"store double {e.load_scalar(row, j)}, ptr {e.element(target, j)}"))

        e.when(job.columns, "sgt", 0, lambda: e.do(e.loop(job.columns, column)))
        e.run(job.body, job.body_lines, whole_vectors(e, valid))
        e.loop(job.outputs, output)

    e.loop(blocks, block)
    return e


def read_column(e: Emitter, source: str, stride: str, valid: str, row: str) -> None:
    """Copy ``valid`` numbers that stand ``stride`` apart into a row.

    The lanes that are left of the last vector repeat the last number.
    """
    lanes, last = whole_vectors(e, valid), e.integer("sub", valid, 1)
    neighbours = e.emit(f"icmp eq i64 {stride}, 1")
    together = e.emit(f"select i1 {neighbours}, i64 {e.integer('and', valid, -e.lanes)}, i64 0")

    def vector(j: str) -> None:
        e.store(e.emit(f"load {e.type}, ptr {e.element(source, j)}, align 8"), row, j)

    def lane(j: str) -> None:
        at = e.integer("mul", smaller(e, j, last), stride)
        e.store_scalar(e.emit(f"load double, ptr {e.element(source, at)}"), row, j)

    e.when(together, "sgt", 0, lambda: e.do(e.loop(together, vector, step=e.lanes)))
    e.when(lanes, "sgt", together, lambda: e.do(e.loop(lanes, lane, start=together)))


def smaller(e: Emitter, a: str, b: str) -> str:
    less = e.emit(f"icmp slt i64 {a}, {b}")
    return e.emit(f"select i1 {less}, i64 {a}, i64 {b}")


def blocks_of(e: Emitter, samples: str, size: str) -> str:
    """How many blocks of that size hold the samples; the last may be shorter."""
    return e.integer("sdiv", e.integer("sub", e.integer("add", samples, size), 1), size)


def whole_vectors(e: Emitter, valid: str) -> str:
    """valid, rounded up to whole vectors."""
    return e.integer("and", e.integer("add", valid, e.lanes - 1), -e.lanes)


def zero(e: Emitter, start: str, vectors: str) -> None:
    e.loop(vectors, lambda i: e.store("zeroinitializer", start, e.integer("mul", i, e.lanes)))


def copy_vectors(e: Emitter, source: str, target: str, vectors: str) -> None:
    def one(i: str) -> None:
        at = e.integer("mul", i, e.lanes)
        e.store(e.load(source, at), target, at)

    e.loop(vectors, one)


def times_zero(e: Emitter, start: str, vectors: str) -> str:
    """Σ 0·x over a stretch: 0 where all are finite, else nan."""

    def one(i: str, total: str) -> list[str]:
        x = e.load(start, e.integer("mul", i, e.lanes))
        return [e.arithmetic("fadd", total, e.arithmetic("fmul", x, e.constant(0.0)))]

    return e.loop(vectors, one, carried=[e.constant(0.0)])[0]
