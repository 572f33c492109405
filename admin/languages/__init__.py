"""The languages citizens may choose: found in folders, complete, and confirmed by the province."""

from admin.languages.availability import list_offered_languages as list_offered_languages
