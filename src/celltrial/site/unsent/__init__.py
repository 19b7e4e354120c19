"""Forms that were typed and not sent: kept while somebody types, offered again after a log-out."""
