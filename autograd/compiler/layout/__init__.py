"""Where the numbers of a program lie: places in one array of doubles, and the samples that come into them."""

from .costs import Cost
from .feeding import Part, parts
from .sample_loop import Loop
from .shares import Shares
from .side_by_side import fewest
from .step_layout import Backend, FormLayout, RulePrograms, SamplePlans, StepLayout, StepPlaces, TrainingSteps
from .workspace import Places, Section, Workspace, address, row_stride

__all__ = [
    "Backend", "Cost", "FormLayout", "Loop", "Part", "Places", "RulePrograms", "SamplePlans", "Section", "Shares",
    "StepLayout", "StepPlaces", "TrainingSteps", "Workspace", "address", "fewest", "parts", "row_stride",
]  # fmt: skip
