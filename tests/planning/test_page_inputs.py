"""What the rule that renders the report depends on: its config, its parts, and the tables it reads."""

import yaml
from planning import page

CONFIG = {"run": {"models": ["b", "a"]}, "models": {"a": {"note": "Größe"}}}


def test_the_config_is_a_file_named_by_its_content_and_written_once(tmp_path):
    path = page.config_file(CONFIG, tmp_path / "configs")
    with open(path) as file:
        assert yaml.safe_load(file) == CONFIG
    (written,) = (tmp_path / "configs").iterdir()
    before = written.stat()
    assert page.config_file(dict(CONFIG), tmp_path / "configs") == path
    assert written.stat().st_mtime_ns == before.st_mtime_ns  # so that a second run has nothing to do
    assert written.stat().st_ino == before.st_ino
    assert page.config_file(CONFIG | {"seed": 1}, tmp_path / "configs") != path


def test_files_that_declare_headings_and_texts_are_inputs():
    names = {"/".join(path.split("/")[-2:]) for path in page.declaring_files()}
    assert {"analyse/knn.py", "compare/draw_isomap.py", "synthesize/check_sounds.py"} <= names


def test_parts_of_the_page_are_inputs_but_no_captions():
    names = {"/".join(path.split("/")[-2:]) for path in page.parts()}
    assert {"page/page.html.j2", "page/page.css", "sections/gate.html.j2", "scripts/clouds.js"} <= names
    assert not any(name.startswith("captions/") for name in names)
