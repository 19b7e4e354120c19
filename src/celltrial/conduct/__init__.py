"""Conduct: what the approved protocol allows, and what has happened.

`decide(state, request, now=...)` answers with facts to remember or with every
condition that failed; `evolve(state, event)` folds facts into state. Both are
pure and total. The tables are visible: `events.EVENTS`, `commands.COMMANDS`,
`roles.ROLES`.
"""
