"""What may go on: suspension, evaluation, resumption, quality halt."""
