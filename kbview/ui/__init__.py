"""Panels and screens. Only `app` and what it alone imports know Textual; the rest draws plain rows."""
