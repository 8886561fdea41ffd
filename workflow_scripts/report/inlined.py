"""What stands in the page itself, so that it opens from disk: scripts, pictures, clouds, clips and JSON."""

import base64
import hashlib
import importlib.resources
import json

import markupsafe

PICTURES_MB = 8  # of the page, for figures; what does not fit lies beside it


def inline_script(text):
    """A script as it may stand in a page, and its source expression for a Content-Security-Policy.

    Raises ValueError if it holds what would end the element: no escape would leave its meaning alone.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError(
            "a script of the page holds </script or <!--, which would end it; write it otherwise"
        )
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return markupsafe.Markup(text), f"'sha256-{digest}'"


def plotly():
    """The script of Plotly, as its Python package carries it."""
    return importlib.resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text()


def inline_json(text):
    """JSON as it may stand in a script element of the page."""
    return markupsafe.Markup(text.replace("<", "\\u003c"))


def inline_caption(text):
    """A caption as HTML: one paragraph of plain text and ``code``."""
    parts = map(str, markupsafe.escape(" ".join(text.split())).split("``"))
    return markupsafe.Markup(
        "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))
    )


def base64_of(path):
    """The bytes of a file in base64."""
    return base64.b64encode(path.read_bytes()).decode()


def read_explored(folder):
    """What the explorer shows of a data set: its JSON, its clips, and the models that have a cloud."""
    text = (folder / "clouds.json").read_text()
    return {
        "json": inline_json(text),
        "clips": base64_of(folder / "clips.bin"),
        "models": list(json.loads(text)["models"]),
    }


def embed_pictures(datasets):
    """Put pictures in place of their paths while they fit the page.

    Figures go first, small ones before large ones; None stands for one that does not fit. Then the
    pictures of trust follow, all of them or none. datasets: list of dicts with `figures` and `trust`, each
    {name: path}; changed in place.
    """
    left = PICTURES_MB * 1e6
    sizes = [
        (path.stat().st_size, i, name) for i, d in enumerate(datasets) for name, path in d["figures"].items()
    ]
    for size, i, name in sorted(sizes):
        figures = datasets[i]["figures"]
        path, figures[name] = figures[name], None
        if size * 4 / 3 <= left:
            left -= size * 4 / 3
            figures[name] = base64_of(path)
    trust = sum(path.stat().st_size for d in datasets for path in d["trust"].values()) * 4 / 3
    for d in datasets:
        files = d["trust"].items() if trust <= left else ()
        d["trust"] = {model: base64_of(path) for model, path in files}
