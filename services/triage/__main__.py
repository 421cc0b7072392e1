"""Run the service: python -m services.triage."""

from services.triage.app import create_app
from services.triage.settings import TriageSettings
from shared.service import serve

settings = TriageSettings()
serve(create_app(settings), settings)
