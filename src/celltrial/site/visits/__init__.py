"""One follow-up visit on one page: answers, late tests, growth, and what the subject has behind them."""
