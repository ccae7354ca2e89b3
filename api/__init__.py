"""Front doors: HTTP, pages and the command line. Knows maps and geo; no SQL, no geometry maths, no HTML here."""
