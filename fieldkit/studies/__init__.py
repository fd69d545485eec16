"""The built-in studies: guide, scripts, forms, help card and coded values, Chinese and English side by side."""

from __future__ import annotations

from fieldkit.studies.builtin import load_study
from fieldkit.studies.shape import (
    CardLine,
    Fact,
    Form,
    FormParts,
    GateText,
    Guide,
    Item,
    Kin,
    Line,
    Pair,
    Probe,
    Question,
    Section,
    Study,
    Term,
    form_parts,
)

__all__ = [
    "CardLine",
    "Fact",
    "Form",
    "FormParts",
    "GateText",
    "Guide",
    "Item",
    "Kin",
    "Line",
    "Pair",
    "Probe",
    "Question",
    "Section",
    "Study",
    "Term",
    "form_parts",
    "load_study",
]
