"""What leaves the desk and comes back: enrolment, the sync with the centre, the USB stick. Knows no web framework."""
