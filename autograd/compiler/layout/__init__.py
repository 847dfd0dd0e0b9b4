"""Where the numbers of a program lie: places in one array of doubles, and the samples that come into them."""

from .feeding import Part, parts
from .sample_loop import Loop
from .side_by_side import fewest
from .step_layout import Backend, FormLayout, RulePrograms, SamplePlans, StepLayout, StepPlaces, TrainingSteps
from .workspace import Places, Section, Workspace, row_stride

__all__ = [
    "Backend", "FormLayout", "Loop", "Part", "Places", "RulePrograms", "SamplePlans", "Section", "StepLayout",
    "StepPlaces", "TrainingSteps", "Workspace", "fewest", "parts", "row_stride",
]  # fmt: skip
