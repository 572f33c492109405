"""Texts for the staff page's actions: what a button did, what is safe, what to do."""

from __future__ import annotations

from typing import Any

from kiosk.desk.kept_ratings import RatingSafety
from kiosk.staff.kept_ratings_text import describe_unsent_ratings
from kiosk.staff.status_text import Banner
from translations import gettext as _
from translations import ngettext


def describe_action(code: str, values: dict[str, Any], promise: RatingSafety) -> Banner:
    """What a button of the staff page did: `code` names button and outcome, `values` its numbers and names; `promise`
    is what the store can vouch for now."""
    note = describe_unsent_ratings(promise)
    match code:
        case "send_ok" if values["sent"]:
            title = ngettext("%(n)s rating sent.", "%(n)s ratings sent.", values["sent"])
            return Banner("good", "check", title, _("The centre has signed for them."))
        case "send_ok":
            text = _("The centre has everything.") if promise.all_sent else note
            return Banner("good", "check", _("Nothing was waiting."), text)
        case "send_going_on":
            text = note + (" " + _("It goes on by itself.") if promise.sends else "")
            return Banner("wait", "refresh", _("Still sending."), text)
        case "send_offline":
            text = note + (" " + _("They are sent when the network is back.") if promise.sends and promise.kept else "")
            return Banner("wait", "offline", _("No connection."), text)
        case "send_failed" | "send_damaged":
            return Banner("bad", "warning", _("Sending did not work."), note + " " + _("Please try again (HL-500)."))
        case "send_forked" | "send_closed":
            text = note + " " + _("It takes nothing more from this ledger: please see the notice (HL-422).")
            return Banner("bad", "warning", _("The centre did not take the ratings."), text)
        case "send_stopped" | "send_refused" | "send_not_paired":
            text = note + " " + _("The centre does not take them now: please see the notice or call support (HL-403).")
            return Banner("bad", "warning", _("The centre did not take the ratings."), text)
        case "export_stick":
            text = _("File %(name)s, readable by the centre alone. You may take the USB stick out.", **_name(values))
            return Banner("good", "usb", _written(values["n"]), text)
        case "export_home":
            text = _("No USB stick was found, so the file %(name)s is kept on this machine.", **_name(values))
            return Banner("wait", "usb", _written(values["n"]), text + " " + _("Put a stick in and press again."))
        case "export_failed":
            reason = {
                "no_box": _("This machine has not received the centre's key yet: connect it to the network once."),
                "damaged": _("The ledger on this machine is damaged."),
                "not_paired": _("This machine is not paired yet."),
            }.get(values["code"], _("The USB stick may be full or write-protected: try another one."))
            return Banner("bad", "usb", _("Nothing was written."), note + " " + reason)
        case "network_started":
            return Banner("good", "check", _("The network settings are open."), _("They may lie behind this window."))
        case "network_keys":
            text = _("Leave kiosk mode, then open the network settings of this machine.")
            return Banner("wait", "offline", _("This machine has no button for that."), text)
        case "leave_started":
            return Banner("good", "check", _("Kiosk mode is ending."), _("Restart the machine to come back to it."))
        case _:
            text = _("Press Alt + F4 on its keyboard. Restart the machine to come back to kiosk mode.")
            return Banner("wait", "exit", _("This machine has no button for that."), text)


def _written(n: int) -> str:
    return ngettext("%(n)s rating written.", "%(n)s ratings written.", n)


def _name(values: dict[str, Any]) -> dict[str, str]:
    return {"name": str(values["name"])}
