"""Sync at the desk: enrolment, batches to the centre, recordings, the USB stick.

Knows no web framework.
"""
