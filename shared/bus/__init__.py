"""The one way in which every service hears, changes and tells.

One transaction holds the inbox rows, the effect and the outbox rows; then the message is
acknowledged; then the relay publishes. Handlers see a `Work` and nothing of this.
"""
