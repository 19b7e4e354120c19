"""A whole virtual trial, driven through the same commands as a real one."""

from celltrial.simulation.twin.desk import Desk
from celltrial.simulation.twin.driver import TwinSummary, simulate_trial

__all__ = ["Desk", "TwinSummary", "simulate_trial"]
