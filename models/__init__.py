"""The shared kernel: what the desk and the centre must agree on. Tables, wire, vocabulary; no verbs."""

from __future__ import annotations

from functools import cache

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True


@cache
def version() -> str:
    """The version of the program, as `setup.cfg` says it: of the checkout, else of what was installed."""
    from pathlib import Path

    config_file = Path(__file__).resolve().parents[1] / "setup.cfg"
    if config_file.exists():
        import configparser

        (config := configparser.ConfigParser(interpolation=None)).read(config_file, encoding="utf-8")
        return config["metadata"]["version"].strip()
    import importlib.metadata

    return importlib.metadata.version("hailong")
