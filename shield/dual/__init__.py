"""The Dual-LLM controller: a privileged model plans, a quarantined model reads, code decides.

The privileged model never sees untrusted text, the quarantined model has no tools, and a
deterministic controller runs the plan and passes labelled values between them.
"""
