"""A simulated quarter: invented referrals and practitioners through the code that runs."""
