"""The composition root: where clock, files, ledger and pure rooms meet; handlers for every edge."""
