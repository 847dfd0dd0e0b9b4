"""Training over collections of Dask: dataframes, arrays and delayed parts, on the workers of its current client."""

from .clustered import clustered
from .lazily import measured, predicted

__all__ = ["clustered", "measured", "predicted"]
