"""The API: the same trials, records and acts for programs, by the same handlers; `docs/how-to/run-the-site.md` has an example."""
