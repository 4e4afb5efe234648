"""The dashboard: server-rendered pages with a little JavaScript. See docs/dashboard.md."""
