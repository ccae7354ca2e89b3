"""Papers of a round to hand in (招标文件附件): lot schedule (XLSX), annex (DOCX) and map book (PDF), in Chinese.

Plain values go in, bytes come out; no database, no browser, no font of the reader's machine. Text is only ever text:
no cell begins a formula with it and no markup is read from it.
"""

from __future__ import annotations

from maps.documents.papers import Ground, PaperPackage, PaperUnit, RoundPaper

__all__ = ["Ground", "PaperPackage", "PaperUnit", "RoundPaper"]
