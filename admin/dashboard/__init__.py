"""The province at a glance: how are we, is it changing, who needs help."""
