"""What kernels and drivers are told when they are called: 64-bit numbers, in the order of the fields.

Each record is declared here alone.  Whoever writes a kernel reads its fields as ``record[Integer]``, the names of
the numbers in the code; whoever calls it fills them in as ``record[int]``.  A field that ends in ``_lines`` says
how many lines the section of code in the field before it has.  Places are offsets in the workspace, tables
offsets in the array of tables, both in elements; addresses are those of memory.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

N = TypeVar("N")


class PieceArguments(NamedTuple, Generic[N]):
    """The table has a column for each row, scalar and output of a template, with one place for each unit."""

    units: N
    table: N


class MatVecArguments(NamedTuple, Generic[N]):
    """The weights are read where they lie: the weight of a unit and an input is so many steps from the first."""

    tiles: N
    inputs: N  # how many
    weights: N  # place
    unit_step: N  # from the weight of one unit to that of the next
    input_step: N  # and of one input
    biases: N  # place
    bias_step: N
    input_rows: N  # table
    output_rows: N  # table
    other_rows: N  # table: a column for each row that an epilogue reads beside the sum, with one place for each unit


class RowDotArguments(NamedTuple, Generic[N]):
    units: N
    terms: N  # of each unit
    left_rows: N  # tables
    right_rows: N
    output_rows: N
    adding: N  # 1: to what stands there already


class LogSumExpArguments(NamedTuple, Generic[N]):
    units: N
    terms: N  # of each unit
    input_rows: N  # tables
    output_rows: N


class GatherArguments(NamedTuple, Generic[N]):
    """The table of choices has for each of them a place for each unit: a sample reads neighbours."""

    units: N
    choices: N  # of each unit
    counter: N  # place of a row: which of the choices each sample takes
    choice_places: N  # table
    output_rows: N  # table
    step: N  # from one sample's number to the next: 1 where the choices are rows, 0 where they are scalars


class ScatterArguments(NamedTuple, Generic[N]):
    """The table of sums has for each of the choices a place for each unit."""

    units: N
    choices: N  # of each unit
    counter: N  # place of a row: which of the choices each sample takes
    gradient_rows: N  # table
    sum_places: N  # table


class OuterArguments(NamedTuple, Generic[N]):
    """A tile in the table is some rows, some others, and the places of the sums of all their products.

    Where these lie side by side, of those of each row the first.
    """

    tiles: N
    table: N


class PackArguments(NamedTuple, Generic[N]):
    numbers: N  # how many
    sources: N  # table
    target: N  # place
    step: N  # from one target to the next


class RepeatArguments(NamedTuple, Generic[N]):
    numbers: N  # how many
    sources: N  # table
    target: N  # place
    times: N  # how often each of them comes, one after the other


class TurnArguments(NamedTuple, Generic[N]):
    """The numbers of each row are neighbours; there are as many rows and columns as lanes, or more."""

    rows: N  # how many
    columns: N
    source: N  # place
    step: N  # from one row to the next
    target: N  # place: there the numbers of each column are neighbours, and one column follows the other


Arguments = (
    PieceArguments[N] | MatVecArguments[N] | RowDotArguments[N] | LogSumExpArguments[N] | GatherArguments[N]
    | ScatterArguments[N] | OuterArguments[N] | PackArguments[N] | RepeatArguments[N]
    | TurnArguments[N]
)  # fmt: skip


class Source(NamedTuple, Generic[N]):
    """A table of float64 in memory: number c of sample s stands at data[s · sample_stride + c · column_stride]."""

    data: N  # address
    sample_stride: N
    column_stride: N
    columns: N
    row: N  # place of the row in the workspace that takes the first column
    by_columns: N  # 1: it is read column after column; 0: sample after sample


class Form(NamedTuple, Generic[N]):
    """Samples of one form: how they stand in the workspace, what is computed of them, and the tables they come from."""

    # A row for each column, then one for the weights of the samples in the mean.
    row_stride: N
    block: N  # samples that go through together
    weights_row: N  # place
    # The code: before the samples of a step, for every block of them, and after them.
    prologue: N
    prologue_lines: N
    body: N
    body_lines: N
    epilogue: N
    epilogue_lines: N
    # One call.
    sources: N  # a record of each table
    tables: N  # how many


class TrainJob(NamedTuple, Generic[N]):
    """Steps of training; or shares of the samples of one, which count as steps there, whose sums are written down."""

    weight: N  # place of 1 / samples
    # The code after the samples, of a step and for all parameters.
    penalty_code: N
    penalty_code_lines: N
    gradients: N
    gradients_lines: N
    rule: N
    rule_lines: N
    update: N
    update_lines: N
    # The numbers of a step in the workspace.
    sums: N  # what is added up over the samples
    sums_vectors: N
    parameters: N  # how many, as whole vectors
    current: N  # parameters and states
    changed: N  # the same after the step; where they were, or in a place of their own, from which they are copied
    changed_vectors: N
    time: N  # place of t
    loss: N  # place
    penalty: N  # place
    # One call: addresses of 64-bit numbers, and what is said about them.
    forms: N  # a record of each form of samples
    sequential: N  # 1: the samples as they stand; 0: those that the order names
    order: N
    groups: N  # of samples of one form: which, first, end
    bounds: N  # of each step: its first group, their end, and how many samples the mean is over
    steps: N
    added: N  # 0: the sums over the samples begin at 0; 1: some are there, and of a step all
    losses: N  # of each step: objective, data loss
    reload: N  # 0: all steps take the same samples, in one block
    failed: N  # written: the step that was not finite
    taken: N  # address of the number of shares that some thread has taken
    share_sums: N  # address of the sums of each share


class EvaluateJob(NamedTuple, Generic[N]):
    """A program over columns of numbers."""

    columns: N
    first_row: N  # place
    row_stride: N
    block: N  # samples that go through together
    prologue: N
    prologue_lines: N
    body: N
    body_lines: N
    outputs: N
    output_rows: N  # table
    # One call.
    addresses: N  # of the address of each column
    strides: N  # address of each column's stride: 0 where it is one number
    samples: N
    results: N  # address of the numbers of the first output
    across: N  # from there to those of the next one
