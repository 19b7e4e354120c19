"""The site: a trial run in a browser. An edge beside the command line: it asks the handlers of `app` and owns no rule.

One folder for each page, with its view, its template and its texts; `docs/explanation/site.md` says how one is added.
"""
