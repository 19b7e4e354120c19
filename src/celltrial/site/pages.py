"""Every page of the site. A new page is a folder with a view that lists its `ROUTES`, and one line here."""

from __future__ import annotations

from typing import Final

from celltrial.site.accounts.view import ROUTES as ACCOUNTS
from celltrial.site.act.view import ROUTES as ACT
from celltrial.site.audit.view import ROUTES as AUDIT
from celltrial.site.bedside.view import ROUTES as BEDSIDE
from celltrial.site.bench.view import ROUTES as BENCH
from celltrial.site.board.view import ROUTES as BOARD
from celltrial.site.calculators.view import ROUTES as CALCULATORS
from celltrial.site.calendar.view import ROUTES as CALENDAR
from celltrial.site.daily.view import ROUTES as DAILY
from celltrial.site.documents.view import ROUTES as DOCUMENTS
from celltrial.site.dose.view import ROUTES as DOSE
from celltrial.site.events.view import ROUTES as EVENTS
from celltrial.site.follow_up.view import ROUTES as FOLLOW_UP
from celltrial.site.gate.view import ROUTES as GATE
from celltrial.site.home.view import ROUTES as HOME
from celltrial.site.log_in.view import ROUTES as LOG_IN
from celltrial.site.protocol.view import ROUTES as PROTOCOL
from celltrial.site.queries.view import ROUTES as QUERIES
from celltrial.site.routing import Route
from celltrial.site.safety.view import ROUTES as SAFETY
from celltrial.site.screening.view import ROUTES as SCREENING
from celltrial.site.search.view import ROUTES as SEARCH
from celltrial.site.signing.view import ROUTES as SIGNING
from celltrial.site.subjects.view import ROUTES as SUBJECTS
from celltrial.site.suspension.view import ROUTES as SUSPENSION
from celltrial.site.table.view import ROUTES as TABLE
from celltrial.site.today.view import ROUTES as TODAY
from celltrial.site.unsent.view import ROUTES as UNSENT
from celltrial.site.visits.view import ROUTES as VISITS

#: In the order in which the menu shows them.
ROUTES: Final[tuple[Route, ...]] = (
    *HOME,
    *LOG_IN,
    *ACCOUNTS,
    *CALCULATORS,
    *TODAY,
    *BOARD,
    *SIGNING,
    *SUBJECTS,
    *SCREENING,
    *GATE,
    *EVENTS,
    *DAILY,
    *CALENDAR,
    *BENCH,
    *BEDSIDE,
    *FOLLOW_UP,
    *VISITS,
    *SAFETY,
    *SUSPENSION,
    *DOSE,
    *QUERIES,
    *DOCUMENTS,
    *PROTOCOL,
    *ACT,
    *TABLE,
    *AUDIT,
    *SEARCH,
    *UNSENT,
)
