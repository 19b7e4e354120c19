"""Accounts in a trial: who may act in which role and where, copies that were made, reviews of the audit trail."""
