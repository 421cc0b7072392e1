"""Panels: meetings that hear cases by a rhythm, their agendas, actions and statuses."""
