"""What cards and pages show: frozen values, so that nobody who draws them sees a database row.

A `…View` holds the plain facts of one thing under the names of its row, and is made with `of`. A
`…Card` holds all that one card or page tells: views, and what was found out for it.
"""
