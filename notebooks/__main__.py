"""Execute the notebooks and write them back: ``python -m notebooks``, or some: ``python -m notebooks 02``.

What is stored is the same on every run of the same code: no times, no counters of the machine.  Where an output is
an SVG inside HTML, a PNG of it, made by Chromium, is stored beside it, for pages that show no HTML.

A cell that only installs, plots or checks is folded away, and its output shown.  Its first line says which it is:
``# Installs ...``, ``# Plotting ...`` or ``# Check ...``; what folds it is written into it here.

It needs ``python -m pip install ".[dot,plot,browser]"``, and Chromium.
"""

from __future__ import annotations

import re
import shutil
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image  # matplotlib brings it

FOLDER = Path(__file__).parent
IMAGE = re.compile(r'<img [^>]*src="data:image/svg\+xml;base64,[^"]*">')
IN_A_CELL = re.compile(r"\S*ipykernel_\d+\S*: ")
ASIDE = re.compile(r"# (Installs|Plotting|Checks?)\b")
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}  # Colab; JupyterLab; Jupyter Book
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def notebooks(chosen: list[str]) -> list[Path]:
    """The notebooks whose names begin with one of these; all, where none is given."""
    found = sorted(FOLDER.glob("*.ipynb"))
    return [path for path in found if not chosen or any(path.name.startswith(start) for start in chosen)]


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def execute(notebook: Any) -> Any:
    """Run every cell anew; the first error ends it."""
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", coalesce_streams=True, resources=resources).execute()
    for cell in code_cells(notebook):
        cell.metadata = nbformat.from_dict(FOLDED if ASIDE.match(cell.source) else {})
        cell.outputs.sort(key=lambda output: output.get("name") != "stderr")  # which came first is chance
        for output in cell.outputs:
            if output.get("name") == "stderr":  # warnings: without the file that the cell was in this time
                output.text = IN_A_CELL.sub("", output.text)
            if "metadata" in output:
                output.metadata = {}
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: Any) -> Iterator[tuple[str, str]]:
    """(source, what it shows as text) of each code cell."""
    for cell in code_cells(notebook):
        shown = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        yield cell.source, "".join(text if text.endswith("\n") else f"{text}\n" for text in shown)


def add_pictures(notebook: Any, browser: Any) -> None:
    """Beside each HTML with an SVG a PNG of it; every PNG small."""
    page = browser.new_page(viewport={"width": 1600, "height": 1600})
    for cell in code_cells(notebook):
        for output in cell.outputs:
            html = output.get("data", {}).get("text/html", "")
            image = IMAGE.search(html)
            if image:
                # Boxes that open cost much room; their script runs in no notebook that was not run here anyway.
                output.data["text/html"] = re.sub(r"(?s)(?<=^<div>)(<img [^>]*></div>)\s*<script>.*", r"\1", html)
                page.set_content(f"<style>img {{ max-width: 900px }}</style>{image[0]}")
                output.data["image/png"] = small(page.locator("img").screenshot())
            elif "image/png" in output.get("data", {}):
                output.data["image/png"] = small(b64decode(output.data["image/png"]))
    page.close()


def small(png: bytes) -> str:
    """A picture of few colours, none of them far from what it was, as base64."""
    written = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(128, Image.Quantize.FASTOCTREE).save(written, "png", optimize=True)
    return b64encode(written.getvalue()).decode()


def main(chosen: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit(f"the pictures of the notebooks need one of {', '.join(CHROMIUM)} on the PATH")
    for path in notebooks(chosen):
        notebook = execute(read(path))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            add_pictures(notebook, browser)
            browser.close()
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(code_cells(notebook))} cells, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
