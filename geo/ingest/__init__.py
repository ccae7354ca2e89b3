"""Files of an office (文件导入导出) into the store and out of it again.

    importer     import_file: one file in, an ImportReport out; the function that everybody calls
    formats      what a file really is, and what is hostile in it, before any parser sees it
    child        the process in which files are parsed, with limits and without a network
    readers      what the child does for each format
    reading      the parent's side of the child; a RawTable of plain values and shapes
    fields       every canonical field of every kind, its Chinese header, aliases, type and unit
    columns      which kind a table is, and which column is which field
    cells        one cell's text to one value
    shapes       geometry: limits, repair in a child, reprojection, orientation
    tables       a RawTable with its mapping to a ParsedTable
    checks       what is refused, repaired or suspicious in a ParsedTable
    parents      the checks that need what is already in the store
    load, undo   one transaction in, and out again
    export       the store's rows as GeoPackage, GeoJSON, XLSX or CSV
    templates    an empty sheet with the headers that the importer knows

This file imports nothing on purpose: the child imports it before it closes its network.
"""
