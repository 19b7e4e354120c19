"""The documentation site: every page of this folder and a page for each public module, made by `make docs`."""

from celltrial import __version__

project = "celltrial"
version = release = __version__
copyright = "celltrial contributors, Apache-2.0"  # noqa: A001 - the name is Sphinx's
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.apidoc"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["images/README.md"]
html_theme = "alabaster"
html_theme_options = {"description": "Trials of immune cell therapies", "fixed_sidebar": True, "show_powered_by": False}
html_static_path: list[str] = []
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure", "toc.not_included", "docutils", "ref.python"]
autodoc_default_options = {"members": True, "show-inheritance": False, "undoc-members": False}
autodoc_typehints = "description"
apidoc_modules = [{"path": "../src/celltrial", "destination": "api", "separate_modules": True, "module_first": True}]
