"""The printing kit of the centre: page, text styles, fonts, symbols and QR codes.

The face reportlab falls back to must be named before any other part of reportlab is imported; otherwise its tables and
styles put an unembedded Helvetica, which has no Vietnamese letters, into every file.
"""

from reportlab import rl_config

#: The name under which the upright face of the papers is registered with reportlab.
FACE = "HailongSerif"

rl_config.canvas_basefontname = FACE
rl_config.invariant = 1

from reportlab.lib import fonts as _names  # noqa: E402

for _bold, _italic, _suffix in ((0, 0, ""), (1, 0, "-Bold"), (0, 1, "-Italic"), (1, 1, "-BoldItalic")):
    _names.addMapping(FACE, _bold, _italic, FACE + _suffix)
