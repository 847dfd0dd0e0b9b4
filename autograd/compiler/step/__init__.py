"""A step of training as programs: of one sample its loss and gradient, of one parameter the optimiser's rule."""

from .parameter_rule import Rule, rule_programs
from .sample_sums import SampleSums

__all__ = ["Rule", "SampleSums", "rule_programs"]
