"""The page of the step player: ``page.html`` with the places for ``player.css``, ``player.js``, the script and the video."""
