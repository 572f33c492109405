"""Device traffic at the centre: batches, reference data, pairing, and files carried by hand.

What reaches the centre from the desks is witnessed before it is counted.
"""
