"""Write the record of every verdict on every shipped protocol, and of what the review finds in published trials."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from page_writing import keep

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).resolve().parent / "validation"
NOTE = "<!-- Made by `make docs`; edit the code or the tables beside this page, not the page. -->\n"
STRONG = ("should", "consider", "may")
CLASSES = {
    "agree": "a reader of the paper agrees: what is found is so",
    "silent": "the sources read are silent: the protocol itself may state it",
    "disagree": "a reader of the paper disagrees",
}


def _reviews(folder: Path) -> dict[str, Any]:
    from celltrial.guideline.register import packaged_register
    from celltrial.guideline.review import review
    from celltrial.protocol import read_protocol

    files = sorted(folder.glob("*.yaml"))
    return {
        path.stem: review(read_protocol(path.read_text(encoding="utf-8"), path.name), packaged_register())
        for path in files
    }


def carried(reviews: dict[str, Any]) -> list[str]:
    """Return the clauses of strength should, consider or may that are computed or evidenced on some protocol."""
    worth = {
        verdict.clause.id
        for found in reviews.values()
        for verdict in found.verdicts
        if verdict.kind.value in {"computed", "evidenced"}
    }
    return [one.clause.id for one in next(iter(reviews.values())).verdicts if one.clause.id in worth and _strong(one)]


def _strong(verdict: Any) -> bool:
    return verdict.clause.strength.value in STRONG


def verdicts() -> Iterator[str]:
    """Yield the page of verdicts."""
    from celltrial.guideline.wording import ground_text
    from celltrial.locale import has, translate

    reviews = _reviews(ROOT / "examples")
    templates = _reviews(ROOT / "src" / "celltrial" / "protocol" / "templates")
    strong = [one for one in next(iter(reviews.values())).verdicts if _strong(one)]
    worth = carried(reviews)
    table = tomllib.loads((FOLDER / "not_computed.toml").read_text(encoding="utf-8"))
    excused = [clause for row in table.values() for clause in row["clauses"]]
    if set(excused) & set(worth) or {one.clause.id for one in strong} - set(excused) - set(worth):
        wrong = sorted(set(excused) & set(worth)), sorted({one.clause.id for one in strong} - set(excused) - set(worth))
        raise SystemExit(f"not_computed.toml: computed after all {wrong[0]}, without a reason {wrong[1]}")
    yield "# Verdicts on the shipped protocols\n"
    yield "For reviewers: what the review says of every clause on every example and template, and on what it rests. The kinds are"
    yield "those of `celltrial.guideline.verdict.Kind`. The page is made from the reviews; nobody has signed it.\n"
    yield f"Of {len(strong)} clauses of strength should, consider or may, {len(worth)} are computed or evidenced on at least one example.\n"
    for title, found in (("Examples", reviews), ("Templates", templates)):
        names = list(found)
        yield f"## {title}\n"
        yield "| clause | strength | " + " | ".join(names) + " |"
        yield "|---|---|" + "---|" * len(names)
        for one in next(iter(found.values())).verdicts:
            kinds = [found[name].by_clause[one.clause.id].kind.value.replace("_", " ") for name in names]
            yield f"| {one.clause.id} | {one.clause.strength.value} | " + " | ".join(kinds) + " |"
        yield ""
    yield "## What the verdicts rest on\n"
    yield "For each clause the example with most figures, in both languages.\n"
    for one in strong:
        best = max(reviews, key=lambda name: len(reviews[name].by_clause[one.clause.id].grounds))
        grounds = reviews[best].by_clause[one.clause.id].grounds
        if grounds:
            yield f"### {one.clause.id} ({best})\n"
            yield f"{one.clause.text('en')} / {one.clause.text('zh')}\n"
            for ground in grounds[:6]:
                texts = (ground_text(ground, language, translate=translate, has=has) for language in ("en", "zh"))
                yield f"- {' / '.join(texts)}"
            yield "" if len(grounds) <= 6 else f"- and {len(grounds) - 6} more of the kind\n"
    yield "## Clauses that are not computed, and why\n"
    yield "| reason | 理由 | clauses |"
    yield "|---|---|---|"
    for row in table.values():
        yield f"| {row['en']} | {row['zh']} | {', '.join(row['clauses'])} |"
    yield ""


def published() -> Iterator[str]:
    """Yield the page of published trials."""
    from celltrial.guideline.wording import finding_text
    from celltrial.locale import has, translate

    judged = tomllib.loads((FOLDER / "published_trials.toml").read_text(encoding="utf-8"))
    reviews = _reviews(ROOT / "examples" / "published")
    yield "# Published trials under the review\n"
    yield "For reviewers: three trials written in from their published facts (`examples/published/`, with the source of each field),"
    yield "what the review finds, and whether a reader of the paper would agree. The classes were given by whoever wrote this"
    yield "page against the abstracts, tables and registry records named in each file; no clinician has signed them.\n"
    for name, meaning in CLASSES.items():
        yield f"- **{name}**: {meaning}"
    yield ""
    for name, found in reviews.items():
        rows = judged[name]
        codes = {f"{v.clause.id} {one.code}" for v in found.verdicts for one in v.findings}
        stale = set(rows) - codes
        if stale:
            raise SystemExit(f"published_trials.toml, {name}: no longer found: {sorted(stale)}")
        counts = {key: sum(rows.get(code, {"class": "silent"})["class"] == key for code in codes) for key in CLASSES}
        yield f"## {name}\n"
        yield f"{len(codes)} findings: " + ", ".join(f"{count} {key}" for key, count in counts.items()) + ".\n"
        yield "| clause | severity | found | 发现 | class | why |"
        yield "|---|---|---|---|---|---|"
        for verdict in found.verdicts:
            for one in verdict.findings:
                row = rows.get(f"{verdict.clause.id} {one.code}", {"class": "silent", "why": ""})
                texts = [finding_text(one, lang, translate=translate, has=has).found for lang in ("en", "zh")]
                cells = [verdict.clause.id, one.severity.value, *texts, row["class"], row["why"]]
                yield "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
        yield ""


PAGES = {"verdicts.md": verdicts, "published-trials.md": published}


def main(*, check: bool) -> int:
    """Write or check both pages; return an exit code."""
    return max(
        keep(FOLDER / name, NOTE + "\n".join(lines()).rstrip() + "\n", check=check) for name, lines in PAGES.items()
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    sys.exit(main(check="--check" in sys.argv))
