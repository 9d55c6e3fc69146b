"""What a look at own data is called for readers: columns of its table, findings in lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hydrotl.data.findings import Finding

#: Columns of the check that are shown, and what they are called.
HEADS = {
    "years": "years",
    "flow_years": "with flow",
    "flow_gaps": "gaps flow",
    "weather_gaps": "gaps weather",
    "prcp": "P mm/yr",
    "pet": "PET mm/yr",
    "flow": "Q mm/yr",
    "tmean": "T degC",
    "runoff_ratio": "Q/P",
    "budyko": "Budyko",
    "lag": "lag d",
    "zero_flow": "zero Q",
    "flat_days": "flat d",
    "unusual": "unusual",
}


def grouped(findings: Sequence[Finding]) -> Iterator[tuple[str, str, str]]:
    """Grade, text and remedy of each kind of finding; likewise findings elsewhere are counted."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for number, one in enumerate(findings):
        alone = str(number) if one.kind == "guess" else one.variable
        groups.setdefault((one.grade, one.kind, alone), []).append(one)
    for (grade, _, _), alike in groups.items():
        word = "ERROR" if grade == "impossible" else "doubt"
        others = [one.basin for one in alike[1:] if one.basin]
        also = f" (likewise {', '.join(others[:5])}{', ...' if len(others) > 5 else ''})"
        yield word, f"{alike[0].text}{also if others else ''}", alike[0].remedy
