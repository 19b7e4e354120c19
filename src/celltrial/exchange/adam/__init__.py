"""ADaM data sets of a trial: the analysis tables with what each row rests on."""

from celltrial.exchange.adam.tables import adam_standard, make_adam

__all__ = ["adam_standard", "make_adam"]
