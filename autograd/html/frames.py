"""The players: a walk or a training that plays, as a piece of HTML for a notebook or a page.

A player has places, shown one after the other.  In a walk each marks parts of a picture and writes into them: a part is
an element of the picture with its names in ``data-part``, separated by blanks; with ``data-from="3"`` it has the class
``todo`` in the places before step 3.  In a training each is an epoch.

Where scripts are removed, as in a notebook that is not trusted, images and a list of texts remain.
The scripts build their pictures from those images, and use the texts of that list, so that nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .document import FILM, WALK, asset, interactive_style, printed_script, script
from .markup import as_json, escape, image


def walk_player(
    title: str, texts: Sequence[str], picture: str | None, data: object, rows: str, apology: str = ""
) -> str:
    """The HTML of a player that computes its frames itself: ``live.js`` reads the data and calls the ``rows``.

    ``rows`` is a script of its own, "" where nothing can be computed anew.  Where there is no picture,
    the ``apology`` says why.
    """
    own = f"{printed_script(rows)}\n" if rows else ""
    content = f"<p>No picture: {escape(apology)}</p>" if picture is None else image(picture, title)
    return _player(title, texts, content, data, " walk", own + script(WALK))


def film_player(
    title: str, content: str, texts: Sequence[str], data: object, rows: Mapping[str, str], model: str
) -> str:
    """The HTML of a training that plays: ``film.js`` shows each epoch in the figures and the table of the content.

    ``model`` is a function of JavaScript that calls the ``rows``: of the parameters it gives a function of the inputs.
    """
    own = f"{printed_script(rows_script('film', rows, model))}\n" if model else ""
    return _player(title, texts, content, data, " film", own + script(FILM))


def rows_script(kind: str, rows: Mapping[str, str], model: str = "") -> str:
    """A script that gives the player in which it stands the ``rows`` that it calls, and the model.

    Some notebooks run scripts outside of the place where they stand: then the player is the first that has no rows yet.
    """
    known = f"\nbox.model = {model};" if model else ""
    inside = ",\n".join(f'"{key}": {text}' for key, text in rows.items())
    return f"""(() => {{
const owner = document.currentScript && document.currentScript.closest(".stepgrad-player");
const next = () => [...document.querySelectorAll(".stepgrad-player.{kind}:not([data-ready])")].find((box) => !box.rows);
{asset("arithmetic.js")}
const R = {{
{inside}
}}, box = owner || next();
box.rows = R;{known}
}})();"""


def _player(title: str, texts: Sequence[str], content: str, data: object, kind: str, scripts: str) -> str:
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    what = "epochs in words" if kind == " film" else "steps"
    return f"""<div class="stepgrad-player{kind}" role="group" aria-label="{escape(title)}" dir="ltr">
{content}
<details{" open" * content.startswith("<p>")}><summary>{len(texts)} {what}</summary>
<ol start="0">
{items}
</ol></details>
<script type="application/json">{as_json(data)}</script>
<style>{interactive_style("player.css")}{asset("film.css") if kind == " film" else ""}</style>
{scripts}
</div>"""
