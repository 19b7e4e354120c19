"""Data sets for a submission: specifications, checks, XPT, Dataset-JSON, Define-XML; what the tables hold is others' business."""
