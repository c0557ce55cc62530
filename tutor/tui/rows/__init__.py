"""What the screens show, as rows of styled cells: pure functions of a session, without a screen library."""
