"""The survey sheet (摸底表): an XLSX of an area's communities goes out, is filled in the field, comes back.

    fields       what may be asked of a community or a stand-alone building, its words, its limits
    sending      a survey begun: which units, with which values they go out
    sheet        the workbook, from plain values; sheet_style and legend beside it
    reading      what the child reads in a workbook that came back: cells, nothing else
    rows         cells to rows of the survey: header, code, answers, what cannot be read
    taking       rows into the store: what differs from what went out
    difference   three ways: what went out, what came back, what is there today
    progress     who has answered, by neighbourhood
    confirming   what was ticked, written as a change from a date; undoing takes it back as a whole

This file imports nothing on purpose: the child imports it before it closes its network.
"""
