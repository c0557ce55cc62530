"""The screen, and the only folder that imports textual.

`rows` says in cells what is to be seen, `widgets` and `screens` show it; `training` and `marking` are the processes
beside it, for all that takes time or NumPy.
"""
