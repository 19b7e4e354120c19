"""Plan, run, analyse and follow a trial of an immune cell therapy."""

__version__ = "0.1.0"
