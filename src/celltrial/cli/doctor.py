"""`celltrial doctor`: numbered findings about this installation."""

from __future__ import annotations

from celltrial.cli.options import LanguageChoice, LanguageOption


def doctor(lang: LanguageOption = LanguageChoice.EN) -> int:
    """Check the installation and print numbered findings; exit 1 where one is an error."""
    from celltrial.app.doctor import examine
    from celltrial.locale import translate

    findings = examine()
    for item in findings:
        print(f"{item.id} [{item.level}] {translate(item.id, lang.language, **item.params)}")
    return 1 if any(item.level == "error" for item in findings) else 0
