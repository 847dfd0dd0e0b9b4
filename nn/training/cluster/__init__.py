"""Training over collections of Dask: dataframes, arrays and delayed parts, on the workers of its current client."""

from .clustered import run_on_cluster
from .lazily import measured, predicted

__all__ = ["measured", "predicted", "run_on_cluster"]
