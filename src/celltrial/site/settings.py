"""Django as the site uses it: no database, no accounts of its own, no JavaScript build, headers that trust nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from celltrial.app.documents import MOST_BYTES

#: What a page may load and where it may send: this site only; no script or style in the page itself.
CONTENT: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
PERMISSIONS: Final = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"


def configure(key: str, *, hosts: list[str], secure: bool, origins: list[str] | None = None) -> None:
    """Set Django up once in this process.

    key:     secret that signs cookies.
    hosts:   names under which the site is reached.
    secure:  whether it is reached through TLS.
    origins: whole addresses from which forms come, where a proxy is before the site.
    """
    if settings.configured:
        return
    settings.configure(
        **{
            "SECRET_KEY": key,
            "DEBUG": False,
            "ALLOWED_HOSTS": hosts,
            "ROOT_URLCONF": "celltrial.site.urls",
            "MIDDLEWARE": [
                "django.middleware.security.SecurityMiddleware",
                "celltrial.site.settings.headers",
                "celltrial.site.api.routes.renewed",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.middleware.clickjacking.XFrameOptionsMiddleware",
            ],
            "INSTALLED_APPS": [],
            "DATABASES": {},
            "TEMPLATES": [],
            "USE_I18N": False,
            "USE_TZ": True,
            "APPEND_SLASH": False,
            "CSRF_FAILURE_VIEW": "celltrial.site.urls.refused",
            "CSRF_TRUSTED_ORIGINS": origins or [],
            "DATA_UPLOAD_MAX_MEMORY_SIZE": 8 * 1024 * 1024,
            "DATA_UPLOAD_MAX_NUMBER_FIELDS": 5000,
            "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],
            "FILE_UPLOAD_MAX_MEMORY_SIZE": MOST_BYTES + 64 * 1024,
            **_security(secure=secure),
            "LOGGING_CONFIG": None,
        }
    )
    django.setup()


def _security(*, secure: bool) -> dict[str, Any]:
    return {
        "SECURE_SSL_REDIRECT": secure,
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$"],
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_HSTS_PRELOAD": secure,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CSRF_COOKIE_NAME": "__Host-celltrial-form" if secure else "celltrial-form",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
    }


def headers(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Put on every answer what a browser may do with it, and that no copy of it is kept."""

    def with_headers(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT)
        response["Permissions-Policy"] = PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return with_headers
