"""The dashboard of the province: overview, alerts, and the coverage of its agencies.

How are we, is it changing, who needs help.
"""
