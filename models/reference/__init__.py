"""Reference data: questionnaires, their texts and opening hours, as the centre sends them to desks."""
