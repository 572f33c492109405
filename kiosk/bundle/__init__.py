"""The bundle: one folder that installs, starts, guards and updates a desk's PC without the internet.

`make` gathers it where there is a network: our own wheel without the centre, the wheels it needs for the desk's system,
and `files/` and `watch`, which are installed beside Python: services, watchdog, screen. Its command is
`kiosk.cli.bundle`.
"""

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False
