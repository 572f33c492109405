"""The bench: measures the journey of a response where it costs time, each figure beside a yardstick of the same run.

Absolute figures tell about the machine; the ratio to the yardstick tells about us. Nothing here is used by the product.
"""
