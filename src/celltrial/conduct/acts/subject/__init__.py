"""Subjects: consent, eligibility, enrolment, collection, lymphodepletion, infusion, exit."""
