"""The addresses of the site, as Django reads them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from celltrial.site.api.routes import api
from celltrial.site.house import the_house
from celltrial.site.pages import ROUTES
from celltrial.site.rendering import ASSETS, FOLDER, asset_address, page
from celltrial.site.routing import guarded, language_of
from celltrial.site.visit import Visit


def asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:  # noqa: ARG001
    """Return a file that pages use; its address names its content, so it is kept for good."""
    if name not in ASSETS:
        raise Http404
    file, kind = ASSETS[name]
    response = HttpResponse((FOLDER / file).read_bytes(), content_type=kind)
    response["Cache-Control"] = (
        "public, max-age=31536000, immutable" if request.path == asset_address(name) else "no-cache"
    )
    return response


def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say that the process answers; nothing of what it holds."""
    return HttpResponse("ok\n", content_type="text/plain")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Say that there is no such page: also of what is another site's."""
    return _bare(request, 404)


def refused(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Say that a form was not sent from this site."""
    return _bare(request, 403)


def failed(request: HttpRequest) -> HttpResponse:
    """Say that the site failed; what went wrong is in its log."""
    return _bare(request, 500)


def _bare(request: HttpRequest, status: int) -> HttpResponse:
    visit = Visit(request, the_house(), language_of(request))
    return page(visit, "frame/status.html", status=status, code=status)


urlpatterns = [
    path("assets/<str:digest>/<str:name>", asset),
    path("healthz", health),
    path("api/v1/", api.urls),
    *[path(route.path, guarded(route), name=route.name) for route in ROUTES],
]
handler404, handler403, handler500 = not_found, refused, failed
