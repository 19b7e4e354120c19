"""Documents on record: what was filed about what, by the hash of its bytes; the bytes lie beside the ledger or elsewhere."""
