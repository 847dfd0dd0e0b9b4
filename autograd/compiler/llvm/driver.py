"""The loops around the kernels: steps of training, and in each the blocks of its samples; itself a kernel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .emitter import Emitter, Integer, Variable
from .records import EvaluateJob, Form, Source, TrainJob


def train(e: Emitter) -> Emitter:
    """Run steps: the sums over the samples of a batch, the rule, the update; stop where one is not finite."""
    job = e.job(TrainJob[Integer])
    failed = e.argument_address(TrainJob._fields.index("failed"))
    with e.loop(job.steps) as step, e.when(e.integer(f"load i64, ptr {failed}"), "<", 0):
        with e.when(job.added, "==", 0):
            begin(e, job, step)
        add_up(e, job, step)
        with groups(e, job, step) as (form, _, _):
            e.run(form.epilogue, form.epilogue_lines, e.lanes)
        e.run(job.penalty_code, job.penalty_code_lines, e.lanes)
        e.run(job.gradients, job.gradients_lines, job.parameters)
        e.run(job.rule, job.rule_lines, e.lanes)
        e.run(job.update, job.update_lines, job.parameters)
        note_losses(e, job, step)
        finite = is_finite(e, job)
        with e.when(finite, "==", 1):
            with e.when(job.changed, "!=", job.current):
                copy_vectors(e, job.changed, job.current, job.changed_vectors)
            e.store_scalar(e.emit(f"fadd double {e.load_scalar(job.time)}, 1.0"), job.time)
        with e.when(finite, "==", 0):
            e.put(f"store i64 {step}, ptr {failed}")
    return e


def shares(e: Emitter) -> Emitter:
    """Take the next share of the samples of a step, until none is left, and write down its sums.

    Several threads do so at once, each in a workspace of its own.
    """
    job = e.job(TrainJob[Integer])
    with e.loop(job.steps):
        share = e.next_number(job.taken)
        with e.when(share, "<", job.steps):
            begin(e, job, share)
            add_up(e, job, share)
            first = e.double_at(job.share_sums, share * job.sums_vectors * e.lanes)
            with e.loop(job.sums_vectors) as i:
                e.store_to(e.load(job.sums, i * e.lanes), e.element(first, i * e.lanes))
    return e


def join_shares(e: Emitter) -> Emitter:
    """Add the sums of the shares up, in their order."""
    job = e.job(TrainJob[Integer])
    with e.when(job.added, "==", 0):
        zero_vectors(e, job.sums, job.sums_vectors)
    with e.loop(job.steps) as share:
        first = e.double_at(job.share_sums, share * job.sums_vectors * e.lanes)
        with e.loop(job.sums_vectors) as i:
            x = e.load_from(e.element(first, i * e.lanes))
            e.store(e.arithmetic("fadd", e.load(job.sums, i * e.lanes), x), job.sums, i * e.lanes)
    return e


def begin(e: Emitter, job: TrainJob[Integer], step: Integer) -> None:
    """Nothing is added up yet, and each sample counts for its part of the mean."""
    zero_vectors(e, job.sums, job.sums_vectors)
    samples = e.emit(f"sitofp i64 {e.number_at(job.bounds, step * 3 + 2)} to double")
    e.store_scalar(e.emit(f"fdiv double 1.0, {samples}"), job.weight)


def add_up(e: Emitter, job: TrainJob[Integer], step: Integer) -> None:
    """The sums over the samples of a step, or over a share of them."""
    fresh = e.select(step, "==", 0, 1, job.reload)  # one block that is the same in every step stays where it is
    with groups(e, job, step) as (form, first, end):
        e.run(form.prologue, form.prologue_lines, e.lanes)
        with blocks(e, first, end, form.block) as (start, count):
            with e.when(fresh, "!=", 0):
                load_samples(e, job, form, start, count)
                load_weights(e, job, form, count)
            e.run(form.body, form.body_lines, whole_vectors(e, count))


@contextmanager
def groups(e: Emitter, job: TrainJob[Integer], step: Integer) -> Iterator[tuple[Form[Integer], Integer, Integer]]:
    """A loop over the samples of a step by their forms: (form, first, end)."""
    start, stop = (e.number_at(job.bounds, step * 3 + i) for i in range(2))
    with e.loop(stop, start=start) as group:
        which, first, end = (e.number_at(job.groups, group * 3 + i) for i in range(3))
        yield e.record(Form[Integer], job.forms, which), first, end


def note_losses(e: Emitter, job: TrainJob[Integer], step: Integer) -> None:
    """Write down the objective and the loss of a step."""
    loss, penalty = e.load_scalar(job.loss), e.load_scalar(job.penalty)
    objective = e.emit(f"fadd double {loss}, {penalty}")
    e.put(f"store double {objective}, ptr {e.double_at(job.losses, step * 2)}")
    e.put(f"store double {loss}, ptr {e.double_at(job.losses, step * 2 + 1)}")


def is_finite(e: Emitter, job: TrainJob[Integer]) -> Integer:
    """1 if all sums and all changed parameters are finite, else 0."""
    check = Variable(e.constant(0.0))  # 0·x is 0 where x is finite, else nan; all their bits together, as none waits
    for start, vectors in ((job.sums, job.sums_vectors), (job.changed, job.changed_vectors)):
        with e.loop(vectors, check) as i:
            product = e.arithmetic("fmul", e.load(start, i * e.lanes), e.constant(0.0))
            check.value = e.any_bit(check.value, product)
    test = e.emit(f"fcmp oeq double {e.sum(check.value)}, 0.0")
    return e.integer(f"zext i1 {test} to i64")


def load_samples(e: Emitter, job: TrainJob[Integer], form: Form[Integer], start: Integer, count: Integer) -> None:
    """Fill the input rows with ``count`` samples of each table, one after the other or those that the order names."""
    with e.loop_if_any(form.tables) as k:
        source = e.record(Source[Integer], form.sources, k)
        with e.when(source.by_columns, "==", 1), e.loop(source.columns) as c:
            column = e.double_at(source.data, start * source.sample_stride + c * source.column_stride)
            read_column(e, column, source.sample_stride, count, source.row + c * form.row_stride)
        with e.when(source.by_columns, "==", 0), e.loop(whole_vectors(e, count), step=e.lanes) as i:
            last = start + count - 1
            places = [e.smaller(start + (i + lane), last) for lane in range(e.lanes)]
            read_samples(e, form, source, [sample_at(e, job, place) for place in places], i)


def sample_at(e: Emitter, job: TrainJob[Integer], place: Integer) -> Integer:
    """The sample at a place of the order, or, where they are taken as they stand, the place itself.

    Then there is no order, and what is read counts for nothing: the first of the arguments will do.
    """
    order = e.select(job.sequential, "==", 1, e.integer("ptrtoint ptr %args to i64"), job.order)
    at = e.select(job.sequential, "==", 1, 0, place)
    return e.select(job.sequential, "==", 1, place, e.number_at(order, at))


def read_samples(e: Emitter, form: Form[Integer], source: Source[Integer], samples: list[Integer], i: Integer) -> None:
    """Copy as many samples as there are lanes to place i of the input rows: columns that are neighbours in squares,
    which are transposed, the others one number at a time.  The last square may overlap the one before.
    """
    addresses = [e.double_at(source.data, sample * source.sample_stride) for sample in samples]
    neighbours = e.select(source.column_stride, "==", 1, source.columns, 0)
    together = e.select(source.columns, "<", e.lanes, 0, neighbours)
    with e.loop_if_any(together, step=e.lanes) as c:
        first = e.smaller(c, source.columns - e.lanes)
        square = [e.load_from(e.element(address, first)) for address in addresses]
        for more, vector in enumerate(e.transpose(square)):
            e.store(vector, source.row + (first + more) * form.row_stride, i)
    with e.loop_if_any(source.columns, start=together) as c:
        row = source.row + c * form.row_stride
        for lane, address in enumerate(addresses):
            x = e.emit(f"load double, ptr {e.element(address, c * source.column_stride)}")
            e.store_scalar(x, row, i + lane)


def load_weights(e: Emitter, job: TrainJob[Integer], form: Form[Integer], count: Integer) -> None:
    """The weight of each sample in the mean; 0 for the lanes past the last one."""
    weight, whole = e.load_scalar(job.weight), count & -e.lanes
    with e.loop_if_any(whole, step=e.lanes) as i:
        e.store(e.spread(weight), form.weights_row, i)
    with e.loop_if_any(whole_vectors(e, count), start=whole) as i:
        inside = e.emit(f"icmp slt i64 {i}, {count}")
        e.store_scalar(e.emit(f"select i1 {inside}, double {weight}, double 0.0"), form.weights_row, i)


def evaluate(e: Emitter) -> Emitter:
    """Run a program over columns, one block of samples after the other, and write columns of its outputs."""
    job = e.job(EvaluateJob[Integer])
    e.run(job.prologue, job.prologue_lines, e.lanes)
    with blocks(e, Integer(e, "0"), job.samples, job.block) as (start, count):
        with e.loop_if_any(job.columns) as c:
            stride = e.number_at(job.strides, c)
            source = e.double_at(e.number_at(job.addresses, c), start * stride)
            read_column(e, source, stride, count, job.first_row + c * job.row_stride)
        e.run(job.body, job.body_lines, whole_vectors(e, count))
        with e.loop(job.outputs) as o:
            row, target = e.table(job.output_rows, o), e.double_at(job.results, o * job.across + start)
            with e.loop(count) as i:
                e.put(f"store double {e.load_scalar(row, i)}, ptr {e.element(target, i)}")
    return e


@contextmanager
def blocks(e: Emitter, first: Integer, end: Integer, size: Integer) -> Iterator[tuple[Integer, Integer]]:
    """A loop over blocks of samples, if there are any, as (start, count); the last may be shorter."""
    with e.loop_if_any((end - first + size - 1) // size) as block:
        start = first + block * size
        yield start, e.smaller(size, end - start)


def read_column(e: Emitter, source: str, stride: Integer, count: Integer, row: Integer) -> None:
    """Copy ``count`` numbers that stand ``stride`` apart into a row.

    The lanes that are left of the last vector repeat the last number.
    """
    together = e.select(stride, "==", 1, count & -e.lanes, 0)
    with e.loop_if_any(together, step=e.lanes) as i:
        e.store(e.load_from(e.element(source, i)), row, i)
    with e.loop_if_any(whole_vectors(e, count), start=together) as i:
        at = e.smaller(i, count - 1) * stride
        e.store_scalar(e.emit(f"load double, ptr {e.element(source, at)}"), row, i)


def whole_vectors(e: Emitter, count: Integer) -> Integer:
    """A number of samples, rounded up to whole vectors."""
    return (count + (e.lanes - 1)) & -e.lanes


def zero_vectors(e: Emitter, start: Integer, vectors: Integer) -> None:
    with e.loop(vectors) as i:
        e.store("zeroinitializer", start, i * e.lanes)


def copy_vectors(e: Emitter, source: Integer, target: Integer, vectors: Integer) -> None:
    with e.loop(vectors) as i:
        e.store(e.load(source, i * e.lanes), target, i * e.lanes)
