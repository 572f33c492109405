"""The phone page behind the QR on a slip."""
