"""Running it: log, figures, live events, traces, backups, the support bundle."""
