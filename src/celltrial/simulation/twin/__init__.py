"""A whole virtual trial, driven through the same commands as a real one."""

from celltrial.simulation.twin.desk import Desk
from celltrial.simulation.twin.driver import FIRST_DAY, TwinSummary, simulate_trial

__all__ = ["FIRST_DAY", "Desk", "TwinSummary", "simulate_trial"]
