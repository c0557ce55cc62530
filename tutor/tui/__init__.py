"""The screen, and the only folder that imports textual.

`rows` says in cells what is to be seen, `widgets` and `screens` show it.
"""
