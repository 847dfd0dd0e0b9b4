"""A figure that shows itself once, and where it comes from: matplotlib alone, or pyplot where a program imports it."""

from __future__ import annotations

import io
import sys
from typing import Any

from matplotlib import figure


class Figure(figure.Figure):
    """A matplotlib Figure that a notebook shows as a picture, with and without ``%matplotlib inline``, and once."""

    def _repr_png_(self) -> bytes:
        """What a notebook shows without pyplot, which would tell it how."""
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()

    def _ipython_display_(self) -> None:
        """Called before a notebook shows this here: inline, pyplot would show it again when the cell ends."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None and "inline" in pyplot.get_backend():
            pyplot.close(self)
        raise NotImplementedError  # to be shown as any other picture


def new_figure(**settings: Any) -> Any:
    """A figure; pyplot's current one where the program has imported pyplot, so that plt.savefig writes this."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return Figure(**settings) if pyplot is None else pyplot.figure(FigureClass=Figure, **settings)
