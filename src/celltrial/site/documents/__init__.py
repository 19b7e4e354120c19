"""Documents: what is on record about a subject, batch, site or the trial, and the form that files one more."""
