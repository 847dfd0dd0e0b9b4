"""From a table in a CSV file to a network that predicts one of its columns, and back to a table."""

from .encoding import Number
from .learning import Learned, learn_table
from .model import TableModel, scores_of
from .reading import Table, listed

__all__ = ["Learned", "Number", "Table", "TableModel", "learn_table", "listed", "scores_of"]
