"""The ground of the house: errors, truth, doses, dates, results, intervals, chance, progress."""
