"""People (人员): who may sign in, what they may do and where, and what is on record about it.

roles       the seven roles and what an area covers
passwords   Argon2id, and what a password must be
sessions    signed-in browsers and bearer tokens
signing     signing in and out, lockout after repeated failure
register    the register of people, kept by the security administrator
links       one-time links: the demo's chooser, the first administrator, a new password
demo        the made-up people of the demo district
trail       the audit (审计)
"""
