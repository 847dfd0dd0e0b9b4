"""The site: README, course, reference and changelog, where they lie in the checkout; CONTRIBUTING.md has the command.

Nothing is executed: the notebooks are shown as they are stored, and the reference comes from docstrings.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Template

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what is described is the checkout, whatever is installed

import autograd  # noqa: E402
from nn.command import main  # noqa: E402

URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]

project, copyright = "stepgrad", "2026, the stepgrad developers"
release = autograd.__version__
root_doc = "README"
include_patterns = ["*.md", "notebooks/*.md", "notebooks/*.ipynb", "docs/speed.md", "docs/reference/*.md"]
extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "myst_nb"]
myst_heading_anchors = 3
nb_execution_mode = "off"
autodoc_typehints = "none"  # the types of fit alone would fill a screen; mypy and editors read them in the source
autodoc_member_order = "bysource"
maximum_signature_line_length = 90
smartquotes = False
html_theme = "furo"
html_title = f"stepgrad {release}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # a page that was opened as a file may not read the others
html_theme_options = {"source_repository": URLS["Repository"], "source_branch": "main", "source_directory": ""}

# Beside README.md, which a reader of the repository sees without it.
CONTENTS = """
```{toctree}
:hidden:
:caption: Learn
notebooks/README
notebooks/tour
notebooks/lecture
notebooks/beyond-one-machine
```
```{toctree}
:hidden:
:caption: Reference
docs/reference/values
docs/reference/functions
docs/reference/derivatives
docs/reference/pictures
docs/reference/compiling
docs/reference/errors
docs/reference/modules
docs/reference/losses
docs/reference/training
docs/reference/data
docs/reference/plots
docs/reference/leaving
docs/reference/estimators
docs/reference/command
```
```{toctree}
:hidden:
:caption: Project
docs/speed
CHANGELOG
CONTRIBUTING
```
"""
NOTEBOOKS = """
```{toctree}
:hidden:
:glob:
[0-9]*
```
"""


def complete(app: Any, page: str, source: list[str]) -> None:
    """Add to a page what stands elsewhere: the contents, the rows of the table, the help of the command."""
    if page.startswith("docs/"):
        rows = {name: row for name, row in autograd.TABLE.items() if getattr(autograd, name) is row}
        source[0] = Template(source[0]).render(rows=rows, help_of=help_of)
    source[0] += {"README": CONTENTS, "notebooks/README": NOTEBOOKS}.get(page, "")


def help_of(*words: str) -> str:
    """What the command ``stepgrad ... -h`` prints."""
    os.environ.update(COLUMNS="90", NO_COLOR="1")
    text = StringIO()
    with redirect_stdout(text), suppress(SystemExit):
        main([*words, "-h"])
    return text.getvalue()


def arguments(app: Any, what: str, name: str, made: Any, options: Any, given: str | None, *rest: Any) -> Any:
    """The arguments as users write them: without what catches wrong ones, and those of a primitive by their names."""
    if isinstance(made, autograd.Primitive):
        given = f"({', '.join('xyz'[: len(made.domain)])})"
    return given and (re.sub(r"(, )?\*\*unknown", "", given), "")


def plain(app: Any, what: str, name: str, made: Any, options: Any, lines: list[str]) -> None:
    """A docstring as reStructuredText: there |x| would be a substitution, and of a constant its type would speak."""
    kept = r"^ *>>>.*|``.*?``"
    lines[:] = [re.sub(rf"({kept})|\|", lambda it: it[1] or r"\|", line) for line in lines if what != "data"]


def copy_first_page(app: Any, error: Exception | None) -> None:
    """The page that opens when none is named."""
    if error is None:
        shutil.copy(Path(app.outdir, "README.html"), Path(app.outdir, "index.html"))


def setup(app: Any) -> None:
    app.connect("source-read", complete)
    app.connect("autodoc-process-signature", arguments)
    app.connect("autodoc-process-docstring", plain)
    app.connect("build-finished", copy_first_page)
