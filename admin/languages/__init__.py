"""The languages citizens may choose: found in folders, complete, and confirmed by the province."""

from admin.languages.availability import offered as offered
