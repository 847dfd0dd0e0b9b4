"""Networks as estimators of scikit-learn: for its pipelines, searches and scores."""

from .perceptrons import StepClassifier, StepRegressor

__all__ = ["StepClassifier", "StepRegressor"]
