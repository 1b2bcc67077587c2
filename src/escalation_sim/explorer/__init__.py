"""A local web page to explore one scenario: one trajectory step by step, and a quick ensemble beside it.

What the page shows is made by functions that know no browser: `numbers` (what a slider may move), `trajectory` (frames
of a Mesa model), `quick` (a small ensemble), and, as markup, `network`, `charts` and `markup`. `server`, `page` and
`panels` put them on the screen with NiceGUI.
"""
