"""The rehearsal: answers with the cable out, the power off, the clock wrong and the disk full.

`exercises` holds the six steps, once; `attended` walks them with a person at the real desk, `unattended` by itself with
real means that touch neither cable nor clock. `citizen` taps as people do, `store_check` reads the store, `journal`
remembers durably what was thanked for, `report` is the signed record that is kept. Everything tapped here is practice
(`kiosk.desk.practice`): it goes the whole way and counts nowhere.
"""

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False
