"""The bench: a response's journey measured where it costs time, each figure beside a yardstick.

Figure and yardstick are of the same run. Absolute figures tell about the machine; the ratio to the yardstick tells
about us. Nothing here is used by the product.
"""
