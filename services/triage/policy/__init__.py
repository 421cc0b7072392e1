"""The partnership's policy: what a catalogue may say, and what follows from it for a referral."""
