"""Why: rules in conflict, rules that bind, units left out, and the change that would be enough (理由)."""
