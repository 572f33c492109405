"""The rehearsal: what becomes of answers when the cable is out, the power goes, the clock is wrong, the disk is full.

`course` holds the six steps, once; `hands` walks them with a person at the real desk, `machine` by itself with real
means that touch neither cable nor clock. `citizen` taps as people do, `evidence` reads the store, `journal` remembers
durably what was thanked for, `report` is the signed record that is kept. Everything tapped here is practice
(`kiosk.desk.practice`): it goes the whole way and counts nowhere.
"""
