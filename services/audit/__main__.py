"""Run the service: python -m services.audit."""

from services.audit.app import create_app
from services.audit.settings import AuditSettings
from shared.service import serve

settings = AuditSettings()
serve(create_app(settings), settings)
